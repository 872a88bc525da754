import { expect, test } from "vitest";
import { rangeProblem } from "./cluster-ranges.ts";

const store = (ranges: Readonly<Record<string, string | undefined>>) =>
  new Map<string, unknown>([
    ...Object.entries(ranges).map(([name, podCidr]): [string, unknown] => [
      `workloads/${name}`,
      { kind: "kubernetes", spec: { podCidr } },
    ]),
    ["workloads/vm", { kind: "vm", spec: { podCidr: "10.192.0.0/16" } }],
    ["units/a/m", {}],
  ]);

test.each([
  ["no range", { a: undefined, b: undefined }, true, ""],
  ["the first one", { a: "10.192.0.0/16" }, true, ""],
  ["the next one", { a: "10.193.0.0/16", b: "10.192.0.0/16" }, true, ""],
  ["one that was left out", { a: "10.194.0.0/16", b: "10.192.0.0/16" }, true, "10.193.0.0/16 is free"],
  ["one below it that became free later", { a: "10.194.0.0/16", b: "10.192.0.0/16" }, false, ""],
  ["another one's", { a: "10.192.0.0/16", b: "10.192.0.0/16" }, false, "which workloads/b has too"],
  ["a part of another one's", { a: "10.192.16.0/20", b: "10.192.0.0/16" }, false, "which workloads/b has too"],
])("%s", (_what, ranges, isNew, words) => {
  const values = store(ranges);
  const problem = rangeProblem({ key: "workloads/a", value: values.get("workloads/a") }, values, isNew);
  if (words === "") expect(problem).toBe("");
  else expect(problem).toContain(words);
});
