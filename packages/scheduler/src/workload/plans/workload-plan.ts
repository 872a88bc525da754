// A plan of a whole workload: stages of units in order, a limited number of units at the same time, and a gate after
// each stage. Pure: from the stored plan and the progress of each unit it decides what begins now, what is done, and
// why the rest waits. What has begun and what is done are stored before anything acts on them, so that a scheduler that
// dies goes on at the same place.
import type { PlanStage, WorkloadPlan } from "../records/plan-record.ts";

/** The progress of a unit towards the goal of the plan, by its records. */
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

export interface PlanOutlook {
  /** Units that begin now. */
  readonly begin: readonly string[];
  /** Units that have reached the goal and are not yet stored as done. */
  readonly reached: readonly string[];
  /** Every unit has reached the goal or is skipped. */
  readonly finished: boolean;
  /** By stage, in order. */
  readonly stages: readonly { readonly name: string; readonly units: readonly PlanUnitView[] }[];
  /** Why the plan does not go on; "" while a unit is on its way, and when every unit has reached the goal. */
  readonly waits: string;
}

export function newWorkloadPlan(
  goal: WorkloadPlan["goal"],
  stages: readonly PlanStage[],
  asked: { readonly sinceMs: number; readonly by: string },
): WorkloadPlan {
  return { goal, stages: stages.filter(({ units }) => units.length > 0), ...asked, begun: [], done: [], skipped: [] };
}

/**
 * Decides what is next. `progressOf`: the progress of a unit; one that does not exist any more has reached every goal.
 * `paused`: why nothing may begin; "" when it may. What has begun goes on during a pause.
 */
export function outlookOf(plan: WorkloadPlan, progressOf: (unit: string) => UnitProgress, paused: string): PlanOutlook {
  const stored = {
    done: new Set(plan.done),
    begun: new Set(plan.begun),
    skipped: new Map(plan.skipped.map((one) => [one.unit, one])),
  };
  const begin: string[] = [];
  const reached: string[] = [];
  /** Units of earlier stages that are not done. No later stage begins while there are any. */
  let before: readonly string[] = [];
  const stages = plan.stages.map(({ name, units, atOnce }) => {
    const progress = new Map(units.map((unit) => [unit, stored.done.has(unit) ? reachedOnce : progressOf(unit)]));
    const isWaitedFor = (unit: string) => {
      const state = progress.get(unit)?.state;
      return !stored.skipped.has(unit) && (state === "open" || state === "failed");
    };
    const atWork = units.filter((unit) => stored.begun.has(unit) && isWaitedFor(unit));
    const room = paused !== "" || before.length > 0 ? 0 : Math.max(0, (atOnce ?? units.length) - atWork.length);
    const idle = units.filter(
      (unit) => !stored.begun.has(unit) && !stored.skipped.has(unit) && isIdle(progress.get(unit)),
    );
    const next = idle.slice(0, room);
    begin.push(...next);
    const going = [...atWork, ...next];
    const views = units.map((unit): PlanUnitView => {
      const now = progress.get(unit) ?? reachedOnce;
      if (now.state === "reached") {
        if (!stored.done.has(unit)) reached.push(unit);
        return { unit, status: "done", reason: "" };
      }
      if (stored.skipped.has(unit))
        return { unit, status: "skipped", reason: `nobody waits for it (plan/skip), ${now.reason}` };
      if (now.state === "away") return { unit, status: "away", reason: now.reason };
      const mayGo = going.includes(unit);
      if (mayGo) return { unit, status: now.state === "failed" ? "failed" : "going", reason: now.reason };
      const after = before.length > 0 ? before : going;
      return { unit, status: "waiting", reason: paused === "" ? `it waits for ${after.join(", ")}` : paused };
    });
    before = [...before, ...units.filter(isWaitedFor)];
    return { name, units: views };
  });
  const all = stages.flatMap(({ units }) => units);
  const finished = all.every(({ status }) => status === "done" || status === "skipped");
  const moving = all.some(({ status }) => status === "going");
  const stuck = all.filter(({ status }) => status === "failed" || status === "away" || status === "skipped");
  const reasons = stuck.map(({ unit, reason }) => `${unit}: ${reason}`);
  const waits = moving ? "" : [...(paused === "" ? [] : [paused]), ...reasons].join("; ");
  return { begin, reached, finished, stages, waits };
}

const reachedOnce: UnitProgress = { state: "reached" };

const isIdle = (progress: UnitProgress | undefined) => progress?.state === "open" || progress?.state === "failed";

/** The plan after units began and others reached the goal; the same object when nothing changed. */
export function advanced(plan: WorkloadPlan, { begin, reached }: Pick<PlanOutlook, "begin" | "reached">): WorkloadPlan {
  if (begin.length === 0 && reached.length === 0) return plan;
  return { ...plan, begun: [...plan.begun, ...begin], done: [...plan.done, ...reached] };
}

/** The plan without a wait for this unit; the same object when there was none. */
export function skipInPlan(
  plan: WorkloadPlan,
  unit: string,
  mark: { readonly sinceMs: number; readonly by: string },
): WorkloadPlan {
  const isOpen = plan.stages.some(({ units }) => units.includes(unit)) && !plan.done.includes(unit);
  if (!isOpen || plan.skipped.some((one) => one.unit === unit)) return plan;
  return { ...plan, skipped: [...plan.skipped, { unit, ...mark }] };
}

/** The plan with a wait for skipped units again: for one unit, or for all. The same object when none was skipped. */
export function unskipInPlan(plan: WorkloadPlan, unit: string | undefined): WorkloadPlan {
  const skipped = plan.skipped.filter((one) => unit !== undefined && one.unit !== unit);
  return skipped.length === plan.skipped.length ? plan : { ...plan, skipped };
}

/** Why the unit's turn has not come; "" when it has, and for a unit that is not in the plan. */
export function turnReason(plan: WorkloadPlan, { stages }: Pick<PlanOutlook, "stages">, unit: string): string {
  if (plan.begun.includes(unit) || plan.skipped.some((one) => one.unit === unit)) return "";
  const view = stages.flatMap(({ units }) => units).find((one) => one.unit === unit);
  return view?.status === "waiting" || view?.status === "going" ? view.reason : "";
}
