// Which domain on a host is the one of a launch.
import { describe, expect, test } from "vitest";
import { decideAdoption, type FoundDomain } from "./adoption.ts";

const wanted = { name: "cke-vm1-6f1c1d1e", uuid: "u1", vm: "vm1", instance: "i1", frameworkId: "f1" };
const labels = (framework = "f1", instance = "i1") => ({
  "cke.framework": framework,
  "cke.instance": instance,
  "cke.workload": "vm1",
});
const found = (more: Partial<FoundDomain> = {}): FoundDomain => ({
  name: wanted.name,
  uuid: "u1",
  active: true,
  labels: labels(),
  ...more,
});

describe("decides", () => {
  test.each<[string, FoundDomain | undefined, FoundDomain | undefined, string, RegExp?]>([
    ["nothing is there", undefined, undefined, "create"],
    ["its guest runs", found(), found(), "adopt"],
    ["it is defined and has no guest", found({ active: false }), undefined, "restart"],
    ["it was renamed", found({ name: "other" }), undefined, "adopt"],
    [
      "another framework's",
      found({ labels: labels("f2") }),
      undefined,
      "foreign",
      /belongs to framework f2.*virsh destroy/,
    ],
    [
      "another framework's, without a guest",
      found({ labels: labels("f2"), active: false }),
      undefined,
      "foreign",
      /\(virsh undefine/,
    ],
    ["another instance's", found({ labels: labels("f1", "i0") }), undefined, "foreign", /belongs to instance i0/],
    ["one without labels", found({ labels: undefined }), undefined, "foreign", /was not made by CKE/],
    ["one whose labels say nothing", found({ labels: {} }), undefined, "foreign", /framework \(none\)/],
    [
      "its name with another uuid",
      undefined,
      found({ uuid: "u2" }),
      "foreign",
      /has the name of this VM's domain and the uuid u2/,
    ],
    ["its name is CKE's own of another uuid", undefined, found({ uuid: "u2", active: false }), "foreign", /uuid u2/],
  ])("%s", (_what, byUuid, byName, kind, words) => {
    const decision = decideAdoption(wanted, byUuid, byName);
    expect(decision.kind).toBe(kind);
    if (decision.kind === "foreign") expect(decision.words).toMatch(words ?? /^$/);
  });
});
