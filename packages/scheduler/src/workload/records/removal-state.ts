// Whether a unit is to go, by the record of its workload: all of the workload is deleted, or a plan removes the unit. And the
// hosts for which its removal waits. Pure.
import { memoize } from "./memoize.ts";
import { actionOf, atRestOption, entryKey, isOpen, type WorkloadPlan } from "./plan-record.ts";
import type { OrphanedResources, UnitRecord, WorkloadRecord } from "./records.ts";

type Plans = Pick<WorkloadRecord, "deleting" | "plans">;

/** Actions that end a unit, or this instance of it, for good. */
const ends = new Set(["remove", "replace"]);

/** By plan, because all units are asked for all the time. */
const leavingBy = memoize((plan: WorkloadPlan) => {
  const [removed, leaving] = [new Set<string>(), new Set<string>()];
  const asked = new Set<string>();
  for (const stage of plan.stages) {
    const action = actionOf(stage);
    if (!ends.has(action) && action !== "forget") continue;
    for (const unit of stage.units) {
      if (!isOpen(plan, { action, unit })) continue;
      leaving.add(unit);
      asked.add(unit);
      if (ends.has(action) && plan.begun.includes(entryKey({ action, unit }))) removed.add(unit);
    }
  }
  // What must be done first, and for which they must run, is not done yet.
  for (const stage of plan.stages)
    if (stage.keeps === true)
      for (const unit of stage.units) if (isOpen(plan, { action: actionOf(stage), unit })) leaving.delete(unit);
  return { removed, leaving, asked };
});

/** True from the moment on when the unit, or this instance of it, is ended for good, with its data. */
export function isBeingRemoved({ deleting, plans = [] }: Plans, unit: string): boolean {
  return deleting || plans.some((plan) => leavingBy(plan).removed.has(unit));
}

/** True while this instance of the unit ends, so that another one can begin. */
export function isBeingReplaced({ deleting, plans = [] }: Plans, unit: string): boolean {
  const key = entryKey({ action: "replace", unit });
  return !deleting && plans.some((plan) => plan.begun.includes(key) && isOpen(plan, { action: "replace", unit }));
}

const renewedBy = memoize((plan: WorkloadPlan): ReadonlySet<string> => {
  const units = plan.stages.flatMap((stage) => (actionOf(stage) === "replace" ? stage.units : []));
  return new Set(units.filter((unit) => isOpen(plan, { action: "replace", unit })));
});

/** True while this instance of the unit goes, or is about to, and another one that is to run has not begun. */
export function awaitsAnother(workload: Pick<WorkloadRecord, "spec" | "deleting" | "plans">, unit: string): boolean {
  const { plans = [] } = workload;
  return plans.some((plan) => renewedBy(plan).has(unit)) && isLeaving(workload, unit) && isExpected(workload, unit);
}

/**
 * True from the request on: it may still run, and is not launched again when it ends. Not so while others count on it,
 * before a stage of the plan has taken it out of what they share.
 */
export function isLeaving({ deleting, plans = [] }: Plans, unit: string): boolean {
  return deleting || plans.some((plan) => leavingBy(plan).leaving.has(unit));
}

/** True from the request on, also while others still count on it: it, or this instance of it, is to go when its turn comes. */
export function isToLeave({ plans = [] }: Pick<Plans, "plans">, unit: string): boolean {
  return plans.some((plan) => leavingBy(plan).asked.has(unit));
}

/**
 * The plan that has stopped the unit and has not moved it or begun to start it again: nothing of the unit is launched meanwhile.
 * Undefined when there is none.
 */
export function holdingPlan({ plans = [] }: Pick<WorkloadRecord, "plans">, unit: string): WorkloadPlan | undefined {
  return plans.find((plan) => heldBy(plan).has(unit));
}

/** By plan, for the same reason. */
const heldBy = memoize((plan: WorkloadPlan): ReadonlySet<string> => {
  const [begun, done] = [new Set(plan.begun), new Set(plan.done)];
  // A stop is named by its unit alone.
  return new Set(
    plan.begun.filter(
      (unit) => !done.has(entryKey({ action: "move", unit })) && !begun.has(entryKey({ action: "start", unit })),
    ),
  );
});

/** True for a plan that goes on while its workload is not to run. */
export const goesOnAtRest = ({ options }: Pick<WorkloadPlan, "options">): boolean => options[atRestOption] === true;

const unitsOf = memoize(
  ({ units }: WorkloadRecord["spec"]) => new Map(units.map((unit) => [unit.name, unit] as const)),
);

/** True for a unit that is to run as far as `expect` is concerned: with its workload, or added to it for a plan that goes on without that. */
export function isExpected({ spec, plans = [] }: Pick<WorkloadRecord, "spec" | "plans">, unit: string): boolean {
  const own = unitsOf(spec).get(unit);
  if (own?.expect !== "RUN" || spec.expect === "RUN") return own?.expect === "RUN";
  const names = ({ stages }: WorkloadPlan) => stages.some(({ units }) => units.includes(unit));
  return own.late === true && plans.some((plan) => goesOnAtRest(plan) && names(plan));
}

/**
 * The hosts that are to be cleaned up before the unit is gone, in the order in which they are waited for: first those of its present
 * instance.
 */
export function awaitedOrphans({ orphaned }: Pick<UnitRecord, "orphaned">): readonly OrphanedResources[] {
  return orphaned
    .filter(({ givenUp }) => givenUp !== true)
    .toSorted((left, right) => Number(isOfEarlier(left)) - Number(isOfEarlier(right)));
}

/** True for what an instance before the present one has left. */
const isOfEarlier = ({ instance }: OrphanedResources) => instance !== undefined;

/**
 * The hosts that are to be cleaned up before another instance of the unit begins. An agent that Mesos has removed is not waited for,
 * nor what earlier instances have left. Nor is anything, while there is a launch: when that is in reach its end is waited for first, and when
 * it is out of reach another instance begins at once, beside what is left elsewhere, as that launch did; it goes with the unit.
 */
export function remainsToReplace({ launch, orphaned }: UnitRecord): readonly OrphanedResources[] {
  if (launch !== undefined) return [];
  return awaitedOrphans({ orphaned }).filter((left) => !left.agentRemoved && !isOfEarlier(left));
}

/** The hosts on which an executor ended without having ended what it ran: the unit may run on there. */
export function unendedOrphans({ orphaned }: Pick<UnitRecord, "orphaned">): readonly OrphanedResources[] {
  return orphaned.filter(({ mayRun }) => mayRun !== undefined);
}

/** True when something of a unit without a launch may run: nobody who is on that host has said that it has ended. */
export function mayRunOnWithoutLaunch(record: UnitRecord): boolean {
  return record.mayRunOn !== undefined || record.superseded.length > 0 || unendedOrphans(record).length > 0;
}

/** True when nothing of the unit is left that must end before it is gone, but for what is reserved for it. */
export function hasEnded(record: UnitRecord): boolean {
  return record.launch === undefined && record.superseded.length === 0 && awaitedOrphans(record).length === 0;
}

/** The record of a unit whose removal waits no longer for these hosts. */
export function givingUp(record: UnitRecord, isGivenUp: (left: OrphanedResources) => boolean): UnitRecord {
  const orphaned = record.orphaned.map((left) => (isGivenUp(left) ? { ...left, givenUp: true } : left));
  return { ...record, orphaned };
}
