// A plan of a workload: stages of units in order, an action for each stage, a limited number of units at the same time,
// and a condition after each stage. Pure: from the stored plan and the progress of each entry it decides what begins now,
// what is done, and why the rest waits. What has begun and what is done are stored before anything acts on them, so that
// a scheduler that dies goes on at the same place.
import { memoize } from "../records/memoize.ts";
import {
  actionOf,
  entriesOf,
  entryKey,
  isOpen,
  isSkipped,
  type PlanEntry,
  type PlanStage,
  type WorkloadPlan,
} from "../records/plan-record.ts";

/** The progress of a unit towards the goal of a stage. */
export type UnitProgress =
  /** On its way, or not begun. */
  | { readonly state: "open"; readonly reason: string }
  | { readonly state: "reached" }
  /** It does not go on by itself: an operator must ask for a retry or a skip. */
  | { readonly state: "failed"; readonly reason: string }
  /** Out of reach: the others do not wait for it, but the plan does not end without it. */
  | { readonly state: "away"; readonly reason: string };

export type PlanUnitStatus = "waiting" | "going" | "done" | "failed" | "away" | "skipped";

export interface PlanUnitView {
  readonly unit: string;
  readonly status: PlanUnitStatus;
  /** Why it is not done; "" when it is. */
  readonly reason: string;
}

export interface PlanStageView {
  readonly name: string;
  /** What happens to its units: stop, or another action. */
  readonly action: string;
  readonly units: readonly PlanUnitView[];
}

export interface PlanOutlook {
  /** Entries that begin now. */
  readonly begin: readonly PlanEntry[];
  /** Entries that have reached their goal and are not yet stored as done. */
  readonly reached: readonly PlanEntry[];
  /** Every entry has reached its goal or is skipped. */
  readonly finished: boolean;
  /** By stage, in order. */
  readonly stages: readonly PlanStageView[];
  /** Why the plan does not go on; "" while an entry is on its way, and when every entry has reached its goal. */
  readonly waits: string;
}

export function newWorkloadPlan(
  goal: string,
  stages: readonly PlanStage[],
  asked: { readonly sinceMs: number; readonly by: string },
  more: Partial<Pick<WorkloadPlan, "id" | "options">> = {},
): WorkloadPlan {
  const begun = { begun: [], begunAtMs: {}, done: [], skipped: [] };
  return {
    id: "",
    goal,
    stages: stages.filter(({ units }) => units.length > 0),
    options: {},
    ...more,
    ...asked,
    ...begun,
  };
}

/**
 * Decides what is next. `progressOf`: the progress of an entry; that of a unit which does not exist any more has reached
 * every goal. `suspended`: why nothing may begin for a unit; "" when it may. What has begun goes on meanwhile.
 */
export function outlookOf(
  plan: WorkloadPlan,
  progressOf: (entry: PlanEntry) => UnitProgress,
  suspended: (unit: string) => string,
): PlanOutlook {
  const done = new Set(plan.done);
  const begun = new Set(plan.begun);
  const begin: PlanEntry[] = [];
  const reached: PlanEntry[] = [];
  /** Entries of earlier stages that are not done, in words. No later stage begins while there are any. */
  let before: readonly string[] = [];
  const stages = plan.stages.map((stage): PlanStageView => {
    const { name, atOnce } = stage;
    const action = actionOf(stage);
    const entries = stage.units.map((unit) => ({ action, unit, key: entryKey({ action, unit }) }));
    const progress = new Map(entries.map((one) => [one.key, done.has(one.key) ? reachedOnce : progressOf(one)]));
    const isWaitedFor = (one: (typeof entries)[number]) => {
      const state = progress.get(one.key)?.state;
      return !isSkipped(plan, one) && (state === "open" || state === "failed");
    };
    const atWork = entries.filter((one) => begun.has(one.key) && isWaitedFor(one));
    const free = before.length > 0 ? 0 : Math.max(0, (atOnce ?? entries.length) - atWork.length);
    const idle = entries.filter(
      (one) =>
        !begun.has(one.key) && !isSkipped(plan, one) && suspended(one.unit) === "" && isIdle(progress.get(one.key)),
    );
    const next = idle.slice(0, free);
    begin.push(...next.map(({ unit }) => ({ action, unit })));
    const going = new Set([...atWork, ...next]);
    const label = ({ unit }: PlanEntry) => (action === "stop" ? unit : `${unit} (${name})`);
    const after = (before.length > 0 ? before : [...going].map(label)).join(", ");
    const units = entries.map((one): PlanUnitView => {
      const { unit, key } = one;
      const now = progress.get(key) ?? reachedOnce;
      if (now.state === "reached") {
        if (!done.has(key)) reached.push({ action, unit });
        return { unit, status: "done", reason: "" };
      }
      if (isSkipped(plan, one))
        return {
          unit,
          status: "skipped",
          reason: staysIn(plan, unit) ? staying : `nobody waits for it (plan/skip), ${now.reason}`,
        };
      if (now.state === "away") return { unit, status: "away", reason: now.reason };
      if (going.has(one)) return { unit, status: now.state === "failed" ? "failed" : "going", reason: now.reason };
      return { unit, status: "waiting", reason: suspended(unit) || `it waits for ${after}` };
    });
    before = [...before, ...entries.filter(isWaitedFor).map(label)];
    return { name, action, units };
  });
  const all = stages.flatMap(({ units }) => units);
  const finished = all.every(({ status }) => status === "done" || status === "skipped");
  const moving = all.some(({ status }) => status === "going");
  const stuck = all.filter(({ status }) => status === "failed" || status === "away" || status === "skipped");
  const suspensions = [...new Set(all.map(({ unit }) => suspended(unit)))].filter((words) => words !== "");
  const waits = moving ? "" : [...suspensions, ...stuck.map(({ unit, reason }) => `${unit}: ${reason}`)].join("; ");
  return { begin, reached, finished, stages, waits };
}

const staysIn = ({ skipped }: WorkloadPlan, unit: string) =>
  skipped.some((one) => one.unit === unit && one.stays === true);

const staying = "it stays: the plan was given up for it (plan/skip), and a retry does not take that back";

const reachedOnce: UnitProgress = { state: "reached" };

const isIdle = (progress: UnitProgress | undefined) => progress?.state === "open" || progress?.state === "failed";

/** The plan after entries began and others reached their goals; the same object when nothing changed. */
export function advanced(
  plan: WorkloadPlan,
  { begin, reached }: Pick<PlanOutlook, "begin" | "reached">,
  now: number,
): WorkloadPlan {
  if (begin.length === 0 && reached.length === 0) return plan;
  const keys = begin.map(entryKey);
  const begunAtMs = { ...plan.begunAtMs, ...Object.fromEntries(keys.map((key) => [key, now])) };
  return { ...plan, begun: [...plan.begun, ...keys], begunAtMs, done: [...plan.done, ...reached.map(entryKey)] };
}

/** The plan without a wait for this entry; the same object when there was none. */
export function skipInPlan(
  plan: WorkloadPlan,
  { action, unit }: PlanEntry,
  mark: { readonly sinceMs: number; readonly by: string },
): WorkloadPlan {
  const known = entriesOf(plan).some((one) => one.action === action && one.unit === unit);
  if (!known || !isOpen(plan, { action, unit })) return plan;
  const skip = { unit, ...(action === "stop" ? {} : { action }), ...mark };
  return { ...plan, skipped: [...plan.skipped, skip] };
}

/** The plan that does nothing more with the unit, which stays: for good. What was skipped of it before is given up with the rest. */
export function withdrawnFrom(
  plan: WorkloadPlan,
  unit: string,
  mark: { readonly sinceMs: number; readonly by: string },
): WorkloadPlan {
  const left = entriesOf(plan).filter((entry) => entry.unit === unit && !plan.done.includes(entryKey(entry)));
  const skips = left.map(({ action }) => ({ unit, ...(action === "stop" ? {} : { action }), ...mark, stays: true }));
  return { ...plan, skipped: [...plan.skipped.filter((one) => one.unit !== unit), ...skips] };
}

/**
 * The plan with a wait for skipped units again: for one unit, or for all; not for those that stay, for their end would be ordered
 * unasked. The same object when nothing changes.
 */
export function unskipInPlan(plan: WorkloadPlan, unit: string | undefined): WorkloadPlan {
  const skipped = plan.skipped.filter((one) => one.stays === true || (unit !== undefined && one.unit !== unit));
  return skipped.length === plan.skipped.length ? plan : { ...plan, skipped };
}

/** Entries that have begun, and are neither done nor skipped. */
export const goingEntries = memoize((plan: WorkloadPlan): readonly PlanEntry[] => {
  const [begun, done] = [new Set(plan.begun), new Set(plan.done)];
  return entriesOf(plan).filter((entry) => {
    const key = entryKey(entry);
    return begun.has(key) && !done.has(key) && !isSkipped(plan, entry);
  });
});

/** Why the unit's turn to stop has not come; "" when it has, and for a unit that is not in the plan. */
export function turnReason(plan: WorkloadPlan, { stages }: Pick<PlanOutlook, "stages">, unit: string): string {
  const entry = { action: "stop", unit };
  if (plan.begun.includes(entryKey(entry)) || isSkipped(plan, entry)) return "";
  const view = stages.flatMap(({ units }) => units).find((one) => one.unit === unit);
  return view?.status === "waiting" || view?.status === "going" ? view.reason : "";
}
