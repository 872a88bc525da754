// A workload's plans as the API shows them. Pure.

import { isFrameworkAction, type WorkloadPlan } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import type { PlanStageView, PlanUnitView } from "./workload-plan.ts";
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

/** Why a plan of single units does not go on with this one before an operator asks for a retry or a skip; "" while it does. */
export function failureOfPlans(
  workload: WorkloadRecord,
  units: readonly UnitRecord[],
  progress: ActionProgress,
  unit: string,
): string {
  for (const plan of workload.plans ?? []) {
    const stages = planOutlook(workload, plan, units, progress)?.stages ?? [];
    const failed = stages.flatMap((stage) => stage.units).find((one) => one.unit === unit && one.status === "failed");
    if (failed !== undefined) return failed.reason;
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
