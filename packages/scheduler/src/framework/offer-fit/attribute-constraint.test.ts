import type { Attribute } from "@cke/mesos";
import { expect, test } from "vitest";
import type { AttributeConstraint } from "../../workload/records/workload-spec.ts";
import { attributeProblem, matchesPattern } from "./attribute-constraint.ts";

const attributes: readonly Attribute[] = [
  { name: "rack", type: "TEXT", text: { value: "row1-a" } },
  { name: "level", type: "SCALAR", scalar: { value: 3 } },
  { name: "speed", type: "SCALAR", scalar: { value: 2.5 } },
  {
    name: "vlans",
    type: "RANGES",
    ranges: {
      range: [
        { begin: 10, end: 20 },
        { begin: 40, end: 40 },
      ],
    },
  },
  { name: "disks", type: "SET", set: { item: ["ssd", "nvme0"] } },
  { name: "zone", type: "TEXT", text: { value: "z1" } },
  { name: "zone", type: "TEXT", text: { value: "z2" } },
];

test.each<readonly [string, string, AttributeConstraint["operator"], string | undefined]>([
  ["rack", "row1-a", undefined, undefined],
  ["rack", "Row1-A", undefined, "has rack=row1-a, not Row1-A"],
  ["Rack", "row1-a", undefined, "has no attribute Rack"],
  ["level", "3", undefined, undefined],
  ["level", "3.0", undefined, undefined],
  ["level", "4", undefined, "has level=3, not 4"],
  ["level", "", undefined, "has level=3, not "],
  ["speed", "2.50", undefined, undefined],
  ["vlans", "15", undefined, undefined],
  ["vlans", "40", undefined, undefined],
  ["vlans", "30", undefined, "has vlans=10-20,40-40, not 30"],
  ["vlans", "10-20,40-40", undefined, undefined],
  ["disks", "ssd", undefined, undefined],
  ["disks", "hdd", undefined, "has disks=ssd,nvme0, not hdd"],
  ["zone", "z2", undefined, undefined],
  ["zone", "z3", undefined, "has zone=z1,z2, not z3"],
  ["rack", "row1-*", "LIKE", undefined],
  ["rack", "row2-*", "LIKE", "has rack=row1-a, not like row2-*"],
  ["rack", "row2-*|row1-?", "LIKE", undefined],
  ["disks", "nvme?", "LIKE", undefined],
  ["gpu", "*", "LIKE", "has no attribute gpu"],
  ["rack", "row1-*", "UNLIKE", "has rack=row1-a, which is like row1-*"],
  ["rack", "row2-*", "UNLIKE", undefined],
  ["gpu", "*", "UNLIKE", undefined],
])("attribute %s with value %j and operator %s", (name, value, operator, problem) => {
  const constraint = { name, value, ...(operator === undefined ? {} : { operator }) };
  expect(attributeProblem(constraint, attributes)).toBe(problem);
});

test.each<readonly [string, string, boolean]>([
  ["*", "", true],
  ["", "", true],
  ["?", "", false],
  ["a*c", "abcabc", true],
  ["a*c", "abcab", false],
  ["*b*", "abc", true],
  ["a.c", "abc", false],
  ["(a)", "(a)", true],
  ["a|b", "b", true],
  [`${"*a".repeat(40)}b`, "a".repeat(5_000), false],
])("the pattern %s on %s", (pattern, text, matches) => {
  expect(matchesPattern(pattern, text)).toBe(matches);
});
