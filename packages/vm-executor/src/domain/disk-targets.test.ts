// Names of disks in a domain: each has one, and keeps it.
import { expect, test } from "vitest";
import { assignTargets, busOf } from "./disk-targets.ts";

const disk = (name: string, role = "data", bus = "virtio") => ({ name, role, bus });

test.each([
  ["the system disk is the first", [disk("b"), disk("s", "system")], {}, { s: "vda", b: "vdb" }],
  [
    "buses that share a prefix share its letters",
    [disk("a", "data", "scsi"), disk("c", "cdrom", "")],
    {},
    { a: "sda", c: "sdb" },
  ],
  ["a disk keeps its own when another goes", [disk("c")], { a: "vda", b: "vdb", c: "vdc" }, { c: "vdc" }],
  ["a new one takes the first that is free", [disk("c"), disk("n")], { c: "vdc" }, { c: "vdc", n: "vda" }],
  [
    "a new one does not take that of the seed, which is no disk of the definition",
    [disk("s", "system"), disk("n")],
    { s: "vda", "cke-seed": "vdb" },
    { s: "vda", n: "vdc" },
  ],
])("%s", (_what, disks, previous, expected) => {
  expect(Object.fromEntries(assignTargets(disks, new Map(Object.entries(previous))))).toEqual(expected);
});

test("more disks than letters", () => {
  const disks = Array.from({ length: 28 }, (_, index) => disk(`d${index}`));
  const targets = [...assignTargets(disks).values()];
  expect(new Set(targets).size).toBe(28);
  expect(targets.slice(24)).toEqual(["vdy", "vdz", "vdaa", "vdab"]);
});

test("a disc is never on the bus that has none", () => {
  expect([busOf(disk("c", "cdrom", "virtio")), busOf(disk("c", "cdrom", "ide")), busOf(disk("d", "data", ""))]).toEqual(
    ["sata", "ide", "virtio"],
  );
});
