// Decides from the records what to do next for a workload as a whole: begin a plan, advance it, end it, or remove the
// workload. Pure; a step that was carried out is not decided again.

import type { PlanStage, WorkloadPlan } from "../records/plan-record.ts";
import { isOutOfReach, isTerminal, type UnitRecord, type WorkloadRecord } from "../records/records.ts";
import { describeMark } from "./plan-control.ts";
import { newWorkloadPlan, outlookOf, type PlanOutlook, type UnitProgress } from "./workload-plan.ts";

export type WorkloadStep =
  /** The workload is to stop and has no plan for that, because an older version stored the request. */
  | { readonly kind: "begin-plan"; readonly plan: WorkloadPlan; readonly explanation: string }
  /** Units whose turn has come, and units that have reached the goal. */
  | {
      readonly kind: "advance-plan";
      readonly begin: readonly string[];
      readonly reached: readonly string[];
      readonly explanation: string;
    }
  | { readonly kind: "end-plan"; readonly explanation: string }
  /** Reservations are given back; when nothing is left of any unit, the records are removed. */
  | { readonly kind: "remove-workload"; readonly explanation: string };

/** How far a unit is from having stopped. */
export function stopProgress(record: UnitRecord | undefined): UnitProgress {
  const launch = record?.launch;
  if (launch === undefined) return { state: "reached" };
  const left = launch.tasks.filter((task) => !isTerminal(task));
  if (left.length > 0 && left.every(isOutOfReach))
    return { state: "away", reason: `its agent ${launch.hostname} is out of reach` };
  return { state: "open", reason: `still on ${launch.hostname}` };
}

/** Why nothing of the plan may begin; "" when it may. A pause holds a plan that was asked for before it. */
export function planPause({ paused }: Pick<WorkloadRecord, "paused">, plan: WorkloadPlan): string {
  return paused === undefined || paused.sinceMs < plan.sinceMs ? "" : `the plan is paused ${describeMark(paused)}`;
}

/** The state of the workload's plan; undefined when it has none, or is being removed. */
export function planOutlook(workload: WorkloadRecord, units: readonly UnitRecord[]): PlanOutlook | undefined {
  const { plan, deleting } = workload;
  if (plan === undefined || deleting) return undefined;
  const records = new Map(units.map((record) => [record.unit, record]));
  return outlookOf(plan, (unit) => stopProgress(records.get(unit)), planPause(workload, plan));
}

/** `stopStages`: the order in which the units of this workload stop. */
export function workloadSteps(
  workload: WorkloadRecord,
  units: readonly UnitRecord[],
  stopStages: () => readonly PlanStage[],
): readonly WorkloadStep[] {
  const { plan, deleting, spec } = workload;
  if (deleting) return [{ kind: "remove-workload", explanation: "the removal of all of it was asked for" }];
  if (plan === undefined) {
    const stops = spec.expect !== "RUN" && units.some((record) => stopProgress(record).state !== "reached");
    if (!stops) return [];
    const unasked = newWorkloadPlan("stop", stopStages(), { sinceMs: 0, by: "" });
    return [{ kind: "begin-plan", plan: unasked, explanation: "it is not to run (expect)" }];
  }
  const outlook = planOutlook(workload, units);
  if (outlook === undefined) return [];
  const { begin, reached, finished } = outlook;
  // A stop ends when every unit has stopped, also those for which the plan does not wait.
  if (finished && units.every((record) => stopProgress(record).state === "reached"))
    return [{ kind: "end-plan", explanation: "the cluster is stopped: its data, addresses and keys stay" }];
  if (begin.length === 0 && reached.length === 0) return [];
  const turns = begin.length === 0 ? [] : [`the turn of ${begin.join(", ")} has come`];
  const ends = reached.length === 0 ? [] : [`${reached.join(", ")} stopped`];
  return [{ kind: "advance-plan", begin, reached, explanation: [...ends, ...turns].join("; ") }];
}
