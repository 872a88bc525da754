// A workload's plan as the API shows it. Pure.

import type { WorkloadPlan } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import type { PlanUnitView } from "./workload-plan.ts";
import { planOutlook, planPause } from "./workload-steps.ts";

export interface WorkloadPlanView {
  /** What happens to every node: stop. */
  readonly goal: WorkloadPlan["goal"];
  /** When it was asked for, ISO 8601, and by whom; "" when that is not known. */
  readonly since: string;
  readonly by: string;
  /** going; waiting: it goes on by itself, but not now; paused; failed: an operator must ask for a retry or a skip. */
  readonly status: "going" | "waiting" | "paused" | "failed";
  /** Why it does not go on; "" while it does. */
  readonly reason: string;
  /** In order: a stage begins when the stage before it is complete. */
  readonly stages: readonly { readonly name: string; readonly units: readonly PlanUnitView[] }[];
}

/** Null when the workload has no plan. */
export function workloadPlanView(workload: WorkloadRecord, units: readonly UnitRecord[]): WorkloadPlanView | null {
  const { plan } = workload;
  const outlook = planOutlook(workload, units);
  if (plan === undefined || outlook === undefined) return null;
  const { stages, waits } = outlook;
  const has = (status: PlanUnitView["status"]) =>
    stages.some((stage) => stage.units.some((unit) => unit.status === status));
  const held = planPause(workload, plan) !== "" && has("waiting");
  const status = held ? "paused" : has("going") ? "going" : has("failed") ? "failed" : "waiting";
  const since = plan.sinceMs === 0 ? "" : new Date(plan.sinceMs).toISOString();
  return { goal: plan.goal, since, by: plan.by, status, reason: waits, stages };
}
