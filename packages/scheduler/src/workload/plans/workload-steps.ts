// Decides from the records what to do next for a workload as a whole: begin a plan, advance it, end it, take a removed
// unit out, or remove the workload. Pure; a step that was carried out is not decided again.

import {
  entryKey,
  type FrameworkAction,
  instanceOption,
  isFrameworkAction,
  type PlanEntry,
  type PlanStage,
  type WorkloadPlan,
} from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import { goesOnAtRest, hasEnded, isExpected } from "../records/removal-state.ts";
import { describeMark } from "./plan-control.ts";
import {
  moveProgress,
  moveTarget,
  removalProgress,
  replacementProgress,
  startProgress,
  stopProgress,
  waitsOfReplacement,
} from "./unit-progress.ts";
import { goingEntries, newWorkloadPlan, outlookOf, type PlanOutlook, type UnitProgress } from "./workload-plan.ts";

export type WorkloadStep =
  /** The workload is to stop and has no plan for that, because an older version stored the request. */
  | { readonly kind: "begin-plan"; readonly plan: WorkloadPlan; readonly explanation: string }
  /** Entries whose turn has come, and entries that have reached their goal. `plan`: its id. */
  | {
      readonly kind: "advance-plan";
      readonly plan: string;
      readonly begin: readonly PlanEntry[];
      readonly reached: readonly PlanEntry[];
      readonly explanation: string;
    }
  | { readonly kind: "end-plan"; readonly plan: string; readonly explanation: string }
  /** A unit that is being removed has ended: what is reserved for it is given back. */
  | { readonly kind: "release-unit"; readonly unit: string; readonly explanation: string }
  /** The unit is removed: it leaves the workload, with its records. */
  | { readonly kind: "forget-unit"; readonly unit: string; readonly explanation: string }
  /** Nothing of the unit can be reached any more, or nothing runs: another instance of it begins. */
  | {
      readonly kind: "replace-unit";
      readonly plan: string;
      readonly unit: string;
      readonly instance: string;
      readonly explanation: string;
    }
  /** The unit has ended, and its data is on another host: that is where it is launched from now on. */
  | {
      readonly kind: "move-unit";
      readonly plan: string;
      readonly unit: string;
      /** The host that has its data now. */
      readonly hostname: string;
      readonly explanation: string;
    }
  /** No stateful unit has data any more: all of them begin anew, decided in one commit. */
  | { readonly kind: "begin-anew"; readonly explanation: string }
  /** Reservations are given back; when nothing is left of any unit, the records are removed. */
  | { readonly kind: "remove-workload"; readonly explanation: string };

/** The progress of actions that the kind carries out. */
export type ActionProgress = (plan: WorkloadPlan, entry: PlanEntry) => UnitProgress;

function move(plan: WorkloadPlan, record: UnitRecord, units: readonly UnitRecord[]): readonly WorkloadStep[] {
  const { unit } = record;
  const hostname = moveTarget(plan, record, units);
  if (hostname === undefined) return [];
  const explanation = `${unit}: its data is on ${hostname} from now on, where it is launched`;
  return [{ kind: "move-unit", plan: plan.id, unit, hostname, explanation }];
}

/** All plans of the workload, that of all of it first. */
export function plansOf({ plan, plans = [] }: Pick<WorkloadRecord, "plan" | "plans">): readonly WorkloadPlan[] {
  return plan === undefined ? plans : [plan, ...plans];
}

/** The workload with another plan in the place of the one with this id, or without it. */
export function withPlan(workload: WorkloadRecord, id: string, next: WorkloadPlan | undefined): WorkloadRecord {
  if (workload.plan?.id === id) {
    const { plan: _, ...rest } = workload;
    return next === undefined ? rest : { ...rest, plan: next };
  }
  return { ...workload, plans: (workload.plans ?? []).flatMap((one) => (one.id !== id ? [one] : (next ?? []))) };
}

/** Why nothing of the plan may begin; "" when it may. A pause suspends a plan that was asked for before it. */
export function planPause({ paused }: Pick<WorkloadRecord, "paused">, plan: WorkloadPlan): string {
  return paused === undefined || paused.sinceMs < plan.sinceMs ? "" : `the plan is paused ${describeMark(paused)}`;
}

/** Why nothing of the plan may go on for this unit; "" when it may. */
export function planSuspension(workload: WorkloadRecord, plan: WorkloadPlan, record: UnitRecord | undefined): string {
  const paused = planPause(workload, plan);
  if (paused !== "" || plan.id === "") return paused;
  if (workload.spec.expect !== "RUN" && !goesOnAtRest(plan))
    return "it goes on when all of it is started again (expect)";
  if (record?.paused === undefined || record.paused.sinceMs < plan.sinceMs) return "";
  return `its plan is paused ${describeMark(record.paused)}`;
}

/** Actions of plans of single units whose goal a unit can seem to have reached long before. */
const turns: ReadonlySet<FrameworkAction> = new Set(["stop", "remove", "start"]);

/** The state of a plan; undefined while the workload is being removed. */
export function planOutlook(
  workload: WorkloadRecord,
  plan: WorkloadPlan,
  units: readonly UnitRecord[],
  progress: ActionProgress,
): PlanOutlook | undefined {
  if (workload.deleting) return undefined;
  const records = new Map(units.map((record) => [record.unit, record]));
  const progressOf = (entry: PlanEntry): UnitProgress => {
    const { action, unit } = entry;
    const record = records.get(unit);
    if (!isFrameworkAction(action)) {
      const suspension = planSuspension(workload, plan, record);
      return suspension === "" ? progress(plan, entry) : { state: "open", reason: suspension };
    }
    // What a unit is before its turn says nothing: it may be launched, or run, for what comes before.
    if (plan.id !== "" && turns.has(action) && !plan.begun.includes(entryKey(entry)))
      return { state: "open", reason: "its turn has not come" };
    switch (action) {
      case "stop":
        return stopProgress(record, plan.id);
      case "remove":
        return removalProgress(record);
      case "forget":
        return record === undefined ? { state: "reached" } : { state: "open", reason: "its records are still there" };
      case "replace":
        return replacementProgress(record, plan, isExpected(workload, unit));
      case "move":
        return moveProgress(plan, record, units);
      case "start":
        // It stays stopped on its new host, as it was.
        return workload.spec.expect !== "RUN" && goesOnAtRest(plan) ? { state: "reached" } : startProgress(record);
    }
  };
  return outlookOf(plan, progressOf, (unit) => planSuspension(workload, plan, records.get(unit)));
}

export interface PlanFacts {
  /** The order in which the units of this workload stop. */
  readonly stopStages: () => readonly PlanStage[];
  readonly progress: ActionProgress;
  /** Stateful units that begin anew now, because none of them has data any more (beginning-without-data.ts). */
  readonly begins: readonly string[];
}

export function workloadSteps(
  workload: WorkloadRecord,
  units: readonly UnitRecord[],
  { stopStages, progress, begins }: PlanFacts,
): readonly WorkloadStep[] {
  const { plan, deleting, spec } = workload;
  if (deleting) return [{ kind: "remove-workload", explanation: "the removal of all of it was asked for" }];
  const begun = [
    ...plansOf(workload).flatMap((one) => [...advance(workload, one, units, progress), ...consequences(one, units)]),
    // After what plans have reached: who begins anew depends on what is still open.
    ...beginning(begins),
  ];
  if (plan !== undefined) return begun;
  const stops =
    spec.expect !== "RUN" &&
    units.some((record) => !isExpected(workload, record.unit) && stopProgress(record, "").state !== "reached");
  if (!stops) return begun;
  const unasked = newWorkloadPlan("stop", stopStages(), { sinceMs: 0, by: "" });
  return [{ kind: "begin-plan", plan: unasked, explanation: "it is not to run (expect)" }, ...begun];
}

function beginning(names: readonly string[]): readonly WorkloadStep[] {
  if (names.length === 0) return [];
  return [{ kind: "begin-anew", explanation: `${names.join(", ")}: no data is left, and all begin anew together` }];
}

/** What a plan did, when it has ended. */
function ending(plan: WorkloadPlan): string {
  if (plan.id === "") return "everything is stopped: its data, addresses and keys stay";
  const units = [...new Set(plan.stages.flatMap((stage) => stage.units))].join(", ");
  return `${units}: the plan is complete (${plan.goal})`;
}

function advance(
  workload: WorkloadRecord,
  plan: WorkloadPlan,
  units: readonly UnitRecord[],
  progress: ActionProgress,
): readonly WorkloadStep[] {
  const outlook = planOutlook(workload, plan, units, progress);
  if (outlook === undefined) return [];
  const { begin, reached, finished } = outlook;
  // A stop ends when every unit has stopped, also those for which the plan does not wait.
  const stopped = plan.id !== "" || units.every((record) => stopProgress(record, "").state === "reached");
  if (finished && stopped) return [{ kind: "end-plan", plan: plan.id, explanation: ending(plan) }];
  if (begin.length === 0 && reached.length === 0) return [];
  const turns = begin.map((entry) => `${describeEntry(plan, entry)} begins`);
  const ends = reached.map((entry) => `${describeEntry(plan, entry)} is done`);
  return [{ kind: "advance-plan", plan: plan.id, begin, reached, explanation: [...ends, ...turns].join("; ") }];
}

function describeEntry({ stages }: WorkloadPlan, { action, unit }: PlanEntry): string {
  const name = stages.find((stage) => (stage.action ?? "stop") === action && stage.units.includes(unit))?.name;
  return `${unit}: ${action === "stop" ? "stop" : (name ?? action)}`;
}

/** What follows from entries with the framework's own actions that have begun. */
function consequences(plan: WorkloadPlan, units: readonly UnitRecord[]): readonly WorkloadStep[] {
  return goingEntries(plan).flatMap((entry): readonly WorkloadStep[] => {
    const record = units.find(({ unit }) => unit === entry.unit);
    if (record === undefined) return [];
    const { unit } = entry;
    if (entry.action === "forget") return [{ kind: "forget-unit", unit, explanation: `${unit} is removed` }];
    if (entry.action === "replace") return replacement(plan, record);
    if (entry.action === "move") return move(plan, record, units);
    if (entry.action !== "remove" || !hasEnded(record) || record.reservations.length === 0) return [];
    return [{ kind: "release-unit", unit, explanation: "what is reserved for it is given back" }];
  });
}

function replacement({ id, options }: WorkloadPlan, record: UnitRecord): readonly WorkloadStep[] {
  const { unit } = record;
  const instance = options[instanceOption];
  if (typeof instance !== "string" || record.instance === instance) return [];
  if (waitsOfReplacement(record).length > 0) return [];
  return [{ kind: "replace-unit", plan: id, unit, instance, explanation: `${unit} is replaced` }];
}
