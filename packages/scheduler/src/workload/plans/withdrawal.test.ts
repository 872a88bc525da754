// Units that stay, because an operator has given up what a plan had left to do with them.
import { expect, test } from "vitest";
import { type WorkloadPlan, workloadPlanSchema } from "../records/plan-record.ts";
import { newWorkloadPlan, outlookOf, skipInPlan, unskipInPlan, withdrawnFrom } from "./workload-plan.ts";

const asked = { sinceMs: 1, by: "ann" };
const look = (of: WorkloadPlan) =>
  outlookOf(
    of,
    () => ({ state: "open", reason: "runs" }),
    () => "",
  );

test("a unit that stays is given up for good, with what was skipped of it before; what is done stays done", () => {
  const list = ["drain", "leave", "remove"].map((action) => ({ name: action, action, units: ["m"] }));
  const stages = [...list, { name: "end", action: "remove", units: ["n"] }];
  const begun = { ...newWorkloadPlan("remove", stages, asked), done: ["m:drain"] };
  const before = skipInPlan(begun, { action: "leave", unit: "m" }, { sinceMs: 0, by: "" });
  const left = withdrawnFrom(before, "m", asked);
  const stays = { unit: "m", ...asked, stays: true };
  expect(left.skipped).toEqual([
    { ...stays, action: "leave" },
    { ...stays, action: "remove" },
  ]);
  expect(unskipInPlan(left, undefined)).toBe(left);
  expect(unskipInPlan(left, "m")).toBe(left);
  const other = skipInPlan(left, { action: "remove", unit: "n" }, asked);
  expect(unskipInPlan(other, undefined)).toEqual(left);
  expect(workloadPlanSchema.parse(left)).toEqual(left);
  const [, leave, remove] = look(left).stages.flatMap(({ units }) => units);
  const reason = "it stays: the plan was given up for it (plan/skip), and a retry does not take that back";
  expect([leave, remove]).toEqual([1, 2].map(() => ({ unit: "m", status: "skipped", reason })));
});
