import { describe, expect, test } from "vitest";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { countProblem, endWords, joinStages, leaveStages, planProblem, replaceStages } from "./master-plans.ts";

const short = (stages: ReturnType<typeof joinStages>) =>
  stages.map(({ action, units }) => `${action} ${units.join(",")}`);

describe("the number of masters", () => {
  test.each([
    [0, false, "a cluster needs a master: to remove the last one, delete the cluster"],
    [0, true, "a cluster needs a master: to remove the last one, delete the cluster"],
    [1, false, ""],
    [2, false, /^a cluster has 1, 3 or 5 masters, and it would have 2, .* than 1: .*\?even=true$/],
    [2, true, ""],
    [3, false, ""],
    [4, false, /it would have 4/],
    [4, true, ""],
    [5, false, ""],
    [6, true, "a cluster has at most 5 masters, not 6"],
    [7, false, "a cluster has at most 5 masters, not 7"],
  ])("%i, even asked for: %s", (count, even, expected) => {
    const words = countProblem(count, even);
    if (typeof expected === "string") expect(words).toBe(expected);
    else expect(words).toMatch(expected);
  });
});

describe("the stages", () => {
  test("of 1 to 3: the first one elects leaders before the second one has any", () => {
    expect(short(joinStages(["m1"], ["m2", "m3"]))).toEqual(["elect-leaders m1", "join-etcd m2", "join-etcd m3"]);
  });
  test("of 3 to 5: one after the other", () => {
    expect(short(joinStages(["m1", "m2", "m3"], ["m4", "m5"]))).toEqual(["join-etcd m4", "join-etcd m5"]);
  });
  test("of 3 to 1: one is gone before the next one leaves etcd", () => {
    expect(short(leaveStages(["m3", "m2"]))).toEqual([
      ...["leave-etcd m3", "remove m3", "forget m3"],
      ...["leave-etcd m2", "remove m2", "forget m2"],
    ]);
  });
  test("of a replacement", () => {
    expect(short(replaceStages("m1", true))).toEqual(["leave-etcd m1", "replace m1", "join-etcd m1"]);
    expect(short(replaceStages("w", false))).toEqual(["replace w"]);
  });
});

test("only one plan changes masters at a time", () => {
  const plan = (stages: ReturnType<typeof joinStages>) =>
    newWorkloadPlan("grow", stages, { sinceMs: 0, by: "" }, { id: "1" });
  expect(planProblem({})).toBe("");
  expect(planProblem({ plans: [plan(replaceStages("w", false))] })).toBe("");
  expect(planProblem({ plans: [plan(joinStages(["m1"], ["m2", "m3"]))] })).toContain("(grow: m1, m2, m3)");
});

describe("why what runs of a master may end", () => {
  const of = (goal: string, begun: readonly string[], done: readonly string[] = []) => {
    const stages = goal === "remove" ? leaveStages(["m2"]) : replaceStages("m2", true);
    const plan = newWorkloadPlan(goal, stages, { sinceMs: 1, by: "" }, { id: "p" });
    return { deleting: false, plans: [{ ...plan, begun: [...begun], done: [...done] }] };
  };
  test.each([
    ["before its turn, while its vote counts", of("remove", []), ""],
    ["when its turn has come", of("remove", ["m2:leave-etcd"]), "it leaves etcd"],
    ["when it has left etcd", of("remove", ["m2:leave-etcd"], ["m2:leave-etcd"]), "it is being removed"],
    [
      "when it has left etcd to be replaced",
      of("replace", ["m2:leave-etcd"], ["m2:leave-etcd"]),
      "it is being replaced",
    ],
    [
      "when another instance of it begins",
      of("replace", ["m2:leave-etcd", "m2:replace"], ["m2:leave-etcd", "m2:replace"]),
      "",
    ],
    ["when its cluster is deleted", { ...of("remove", []), deleting: true }, "it is being removed"],
  ])("%s", (_title, workload, expected) => {
    expect(endWords(workload, "m2")).toBe(expected);
    expect(endWords({ ...workload, deleting: false }, "m1")).toBe("");
  });
});
