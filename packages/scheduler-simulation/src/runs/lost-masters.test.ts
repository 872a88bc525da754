import { expect, test } from "vitest";
import { skipsNamed } from "./lost-masters.ts";

const way = (skips: string) =>
  `the masters are being changed already (add masters: m4, m5), and only one such plan goes on at a time: wait until it is complete; GET …/state shows it. If it waits for a host that is lost for good: ${skips} gives up what is left of it; then replace the master of that host first, and "m4" after it`;

test.each([
  ["one join", way('POST …/plan/skip {"node": "m4"}'), ["m4"]],
  ["two", way('POST …/plan/skip {"node": "m4"} and POST …/plan/skip {"node": "m5"}'), ["m4", "m5"]],
  ["a plan that no skip ends", "the masters are being changed already (remove: m4): wait until it is complete", []],
  ["another refusal", '"m1" cannot be replaced now: etcd has no majority', []],
])("a refusal names %s", (_title, refusal, nodes) => {
  expect(skipsNamed(refusal)).toEqual(nodes);
});
