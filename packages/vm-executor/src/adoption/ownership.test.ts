// What carries not all labels of a VM is not the VM's.
import { expect, test } from "vitest";
import { directoryProblem, type FoundDirectory, foreignness, ownerOf } from "./ownership.ts";

const owner = { vm: "vm1", instance: "i1", frameworkId: "f1" };
const labels = (more: Record<string, string> = {}) => ({
  "cke.framework": "f1",
  "cke.workload": "vm1",
  "cke.instance": "i1",
  note: "x",
  ...more,
});

test.each<[string, Record<string, string> | undefined, RegExp | undefined]>([
  ["all three", labels(), undefined],
  ["none", undefined, /not made by CKE/],
  ["nothing in them", {}, /framework \(none\)/],
  ["another framework", labels({ "cke.framework": "f2" }), /belongs to framework f2/],
  ["another instance", labels({ "cke.instance": "i2" }), /belongs to instance i2/],
  ["another VM", labels({ "cke.workload": "vm2" }), /belongs to VM vm2/],
])("%s", (_what, found, words) => {
  const problem = foreignness(owner, found);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(words);
});

test("labels name their owner", () => {
  expect(ownerOf(labels())).toEqual(owner);
  expect(ownerOf({})).toEqual({ vm: "", instance: "", frameworkId: "" });
});

test.each<[string, FoundDirectory, RegExp | undefined]>([
  ["nothing", { kind: "none" }, undefined],
  ["its own", { kind: "labelled", labels: labels() }, undefined],
  [
    "another's",
    { kind: "labelled", labels: labels({ "cke.instance": "i2" }) },
    /\/d belongs to instance i2.*not needed/,
  ],
  ["nobody's", { kind: "unlabelled" }, /\/d does not say whose it is/],
])("a directory: %s", (_what, found, words) => {
  const problem = directoryProblem(owner, "/d", found);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(words);
});
