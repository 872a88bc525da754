// A disk that was taken out has its content still: no other disk gets it by its name without a word.
import { expect, test } from "vitest";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import type { VmSpec } from "../body/vm-spec.ts";
import { sampleVmContext, sampleVmSpec } from "../testing/sample-vms.ts";
import { readVmChange } from "./vm-change.ts";

const system = { image: "debian.qcow2" };
const disks = (...data: readonly object[]) => ({ disk: { system, data } });
const first = sampleVmSpec(disks({ name: "data0", size: 128 }, { size: 16 }));
const at = (home: string) => ({ ...newUnitRecord("web", "vm", "i1"), home });
const change = (spec: VmSpec, body: object, home = "a") =>
  readVmChange(body, false, { spec, record: at(home), secrets: new Map() }, sampleVmContext);
const taken = (home = "a") => change(first, disks({ name: "data0", size: 128 }), home);

function problem(spec: VmSpec, body: object): string {
  try {
    change(spec, body);
  } catch (error) {
    if (error instanceof SpecInvalidError) return error.message;
    throw error;
  }
  return "";
}

test("what is taken out is told and noted", () => {
  const { spec, kept } = taken();
  expect(kept).toContain("data1) is kept on a with its content");
  expect(spec.keptDisks).toEqual([{ name: "data1", sizeMib: 16, format: "qcow2", uuid: first.uuid, host: "a" }]);
  expect(change(spec, { cpus: 2 }).spec.keptDisks).toEqual(spec.keptDisks);
});

test.each([
  ["a disk without a name of its own, which would get that one", { size: 200 }],
  ["the same size without the name", { size: 16 }],
  ["a smaller one by name", { name: "data1", size: 8 }],
  ["a larger one by name", { name: "data1", size: 200 }],
  ["one of an image by name", { name: "data1", image: "debian.qcow2", size: 16 }],
])("%s is refused", (_title, disk) => {
  const words = problem(taken().spec, disks({ name: "data0", size: 128 }, disk));
  expect(words).toContain('a disk "data1" was taken out of this VM, and is kept on a with its content');
  expect(words).toContain('{"name": "data1", "size": 16, "format": "qcow2"}');
});

test("by its name and as it is, it is taken up again; another name is free", () => {
  const { spec } = taken();
  const again = change(spec, disks({ name: "data0", size: 128 }, { name: "data1", size: 16 }));
  expect(again.spec.keptDisks).toBeUndefined();
  expect(again.spec.disks.map(({ name }) => name)).toEqual(["system", "data0", "data1"]);
  expect(problem(spec, disks({ name: "data0", size: 128 }, { name: "fresh", size: 200 }))).toBe("");
});

test("nothing is kept where nothing was made, on a host that it has left, and of another instance", () => {
  expect(taken("").spec.keptDisks).toBeUndefined();
  const { spec } = taken();
  const more = disks({ name: "data0", size: 128 }, { size: 200 });
  expect(change(spec, more, "b").spec.keptDisks).toBeUndefined();
  expect(problem({ ...spec, uuid: "00000000-0000-4000-8000-000000000001" }, more)).toBe("");
});
