// A workload's plans as the API shows them. Pure.

import { isFrameworkAction, type WorkloadPlan } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import { goingEntries, type PlanStageView, type PlanUnitView } from "./workload-plan.ts";
import { type ActionProgress, planOutlook, planSuspension } from "./workload-steps.ts";

export interface WorkloadPlanView {
  /** Unique among all plans; "" for a stop. */
  readonly id: string;
  /** What the plan is for: stop, remove, … */
  readonly goal: string;
  /** When it was asked for, ISO 8601, and by whom; "" when that is not known. */
  readonly since: string;
  readonly by: string;
  /** going; waiting: it goes on by itself, but not now; paused; failed: an operator must ask for a retry or a skip. */
  readonly status: "going" | "waiting" | "paused" | "failed";
  /** Why it does not go on; "" while it does. */
  readonly reason: string;
  /** In order: a stage begins when the stage before it is complete. */
  readonly stages: readonly PlanStageView[];
}

/**
 * Units with which a plan of single units does not go on before an operator asks for a retry or a skip, and why. What the framework
 * does itself never fails so, and nothing of the kind's fails before it has begun: each entry that is going is looked at once.
 */
export function failuresOfPlans(
  workload: WorkloadRecord,
  units: readonly UnitRecord[],
  progress: ActionProgress,
): ReadonlyMap<string, string> {
  const { plans = [], deleting } = workload;
  const failures = new Map<string, string>();
  if (plans.length === 0 || deleting) return failures;
  const records = new Map(units.map((record) => [record.unit, record]));
  for (const plan of plans)
    for (const entry of goingEntries(plan)) {
      const { action, unit } = entry;
      if (isFrameworkAction(action) || failures.has(unit)) continue;
      if (planSuspension(workload, plan, records.get(unit)) !== "") continue;
      const now = progress(plan, entry);
      if (now.state === "failed") failures.set(unit, now.reason);
    }
  return failures;
}

/** Of the plans that are shown: the first step with this unit that is not done, and why; "" when there is nothing to say. */
export function waitOfUnit(plans: readonly WorkloadPlanView[], unit: string): string {
  for (const { stages } of plans)
    for (const { name, units } of stages) {
      const own = units.find((one) => one.unit === unit && one.status !== "done" && one.status !== "skipped");
      if (own !== undefined) return own.reason === "" ? "" : `(${name}): ${own.reason}`;
    }
  return "";
}

/** Undefined while the workload is being removed. */
export function workloadPlanView(
  workload: WorkloadRecord,
  plan: WorkloadPlan,
  units: readonly UnitRecord[],
  progress: ActionProgress,
): WorkloadPlanView | undefined {
  const outlook = planOutlook(workload, plan, units, progress);
  if (outlook === undefined) return undefined;
  const { stages, waits } = outlook;
  const has = (status: PlanUnitView["status"]) =>
    stages.some((stage) => stage.units.some((one) => one.status === status));
  const recordOf = (name: string) => units.find(({ unit }) => unit === name);
  // What the framework has begun itself goes on during a pause.
  const isPaused = stages.some((stage) =>
    stage.units.some(({ unit, status }) => {
      const stands = status === "waiting" || (status === "going" && !isFrameworkAction(stage.action));
      return stands && planSuspension(workload, plan, recordOf(unit)) !== "";
    }),
  );
  const status = isPaused ? "paused" : has("going") ? "going" : has("failed") ? "failed" : "waiting";
  const since = plan.sinceMs === 0 ? "" : new Date(plan.sinceMs).toISOString();
  return { id: plan.id, goal: plan.goal, since, by: plan.by, status, reason: waits, stages };
}
