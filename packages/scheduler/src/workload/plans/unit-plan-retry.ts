// An operator's retry and skip in the plans of a workload. Pure.
import {
  actionOf,
  entriesOf,
  entryKey,
  isFrameworkAction,
  isOpen,
  type PlanEntry,
  type WorkloadPlan,
} from "../records/plan-record.ts";
import type { Mark, WorkloadRecord } from "../records/records.ts";
import { goingEntries, skipInPlan, unskipInPlan, withdrawnFrom } from "./workload-plan.ts";
import { plansOf, withPlan } from "./workload-steps.ts";

/**
 * The workload in which plans wait again for what was skipped, but not for units that stay, and in which the time of actions that have begun counts
 * anew. `unit`: undefined for all. The same object when nothing changes.
 */
export function retryPlans(workload: WorkloadRecord, unit: string | undefined, now: number): WorkloadRecord {
  return plansOf(workload).reduce((current, plan) => {
    const next = restarted(unskipInPlan(plan, unit), unit, now);
    return next === plan ? current : withPlan(current, plan.id, next);
  }, workload);
}

function restarted(plan: WorkloadPlan, unit: string | undefined, now: number): WorkloadPlan {
  const keys = goingEntries(plan)
    .filter((entry) => entry.action !== "stop" && (unit === undefined || entry.unit === unit))
    .map(entryKey);
  if (keys.length === 0) return plan;
  return { ...plan, begunAtMs: { ...plan.begunAtMs, ...Object.fromEntries(keys.map((key) => [key, now])) } };
}

/** The end of a unit with its data is not skipped as a whole: what it waits for is given up (plan-control.ts). */
const unskippable: ReadonlySet<string> = new Set(["remove", "forget", "replace"]);

function isKept(plan: WorkloadPlan, { action, unit }: PlanEntry): boolean {
  return plan.stages.some((stage) => stage.keeps === true && actionOf(stage) === action && stage.units.includes(unit));
}

/** Nor is what must be done while others count on the unit. */
const canBeSkipped = (plan: WorkloadPlan, entry: PlanEntry) => !unskippable.has(entry.action) && !isKept(plan, entry);

/** What an operator may skip of a plan for this unit: what has begun, and the kind's action that comes next for it, before its turn. */
function skippable(plan: WorkloadPlan, unit: string): readonly PlanEntry[] {
  const own = entriesOf(plan).filter((entry) => entry.unit === unit);
  const next = own.find((entry) => isOpen(plan, entry));
  return own
    .filter((entry) => plan.begun.includes(entryKey(entry)) || (entry === next && !isFrameworkAction(entry.action)))
    .filter((entry) => canBeSkipped(plan, entry));
}

/**
 * The plan from which a unit can be withdrawn, for it has not touched the unit for good. Undefined when there is none, or when
 * something goes on with the unit that can be skipped alone.
 */
function revocablePlan(
  workload: WorkloadRecord,
  unit: string,
  revocable: ReadonlySet<string>,
): WorkloadPlan | undefined {
  for (const plan of plansOf(workload)) {
    const open = entriesOf(plan).filter((entry) => entry.unit === unit && isOpen(plan, entry));
    if (!open.some(({ action }) => revocable.has(action))) continue;
    if (open.some((entry) => plan.begun.includes(entryKey(entry)) && canBeSkipped(plan, entry))) continue;
    return plan;
  }
  return undefined;
}

/** `workload`: after a skip. */
export interface SkippedInPlans {
  readonly workload: WorkloadRecord;
  /** What nobody waits for any more, in words. */
  readonly what: string;
  /** The action that was skipped; "" when all that a plan had left to do with the unit was given up. */
  readonly action: string;
  /** All that a plan had left to do with the unit is given up for good. */
  readonly stays: boolean;
}

/**
 * The workload in which no plan waits for what this unit does now, or does next, and what that is. `revocable`: as of its kind. The same object when nobody waits
 * any more; undefined when no plan has such a thing to do with the unit.
 */
export function skipInPlans(
  workload: WorkloadRecord,
  unit: string,
  mark: Mark,
  revocable: ReadonlySet<string>,
): SkippedInPlans | undefined {
  const withdrawn = revocablePlan(workload, unit, revocable);
  if (withdrawn !== undefined) {
    return {
      workload: withPlan(workload, withdrawn.id, withdrawnFrom(withdrawn, unit, mark)),
      what: unit,
      action: "",
      stays: true,
    };
  }
  const found = plansOf(workload).flatMap((plan) => skippable(plan, unit).map((entry) => ({ plan, entry })));
  const chosen = found.find(({ plan, entry }) => isOpen(plan, entry));
  const { plan, entry } = chosen ?? found.at(-1) ?? {};
  if (plan === undefined || entry === undefined) return undefined;
  if (chosen === undefined && plan.id !== "") return undefined;
  const name = plan.stages.find((stage) => actionOf(stage) === entry.action)?.name ?? entry.action;
  const what = plan.id === "" ? unit : `${unit}: ${name}`;
  const skipped = skipInPlan(plan, entry, mark);
  const next = skipped === plan ? workload : withPlan(workload, plan.id, skipped);
  return { workload: next, what, action: entry.action, stays: false };
}
