// Changes of the records for a start or a stop. What is stopped ends in order and keeps its data, its addresses and its
// keys; its resources go back to Mesos. Pure.

import { entriesOf, entryKey, entryOf, isOpen, type PlanStage, type WorkloadPlan } from "../records/plan-record.ts";
import type { Mark, UnitRecord, WorkloadRecord } from "../records/records.ts";
import type { KindWords } from "../records/unit-rules.ts";
import type { Expectation } from "../records/workload-spec.ts";
import { PlanRefusedError } from "./plan-control.ts";
import { newWorkloadPlan } from "./workload-plan.ts";

/** The values that a request may have. A workload that is to be gone (FINISHED) is deleted instead. */
export const askedExpectations = ["RUN", "STOP"] as const satisfies readonly Expectation[];
export type AskedExpectation = (typeof askedExpectations)[number];

export interface ExpectationChange {
  readonly workload: WorkloadRecord;
  /** The records that change with it. */
  readonly units: readonly UnitRecord[];
  /** Units whose replacement is given up by it. */
  readonly stay?: readonly string[];
}

/** Who asked for it and when, and in which order the units stop. */
export interface AskedStop {
  readonly now: number;
  readonly by: string;
  readonly stopStages: readonly PlanStage[];
  /** Actions that are still to be done for a unit whose replacement is given up: they undo what came before it. */
  readonly undoing: ReadonlySet<string>;
}

/**
 * The record as if it had never been launched: a start is no retry of earlier launches, and a stop that was asked for
 * is no failure.
 */
export function afresh(record: UnitRecord, now: number): UnitRecord {
  const { failure: _failure, finishedAtMs: _finished, ...rest } = record;
  return { ...rest, failures: 0, retryAtMs: now, lastFailure: "", blocked: false, needsHelp: false, servedAtMs: 0 };
}

/** The record after a start. A launch that a stop has begun to end may still end by that. */
function started(record: UnitRecord, now: number, isEnding: boolean): UnitRecord {
  const { launch, ...rest } = afresh(record, now);
  if (launch === undefined || launch.cleanup || !isEnding) return { ...rest, launch };
  return { ...rest, launch: { ...launch, stopBegan: true } };
}

/**
 * The change of a workload and all of its units, except those that are stopped by themselves. Undefined when nothing
 * changes.
 */
export function expectWorkload(
  { workload, units }: ExpectationChange,
  expect: AskedExpectation,
  { now, by, stopStages, undoing }: AskedStop,
  words: KindWords,
): ExpectationChange | undefined {
  if (workload.deleting) throw new PlanRefusedError(`${words.workload} "${workload.spec.name}" is being deleted`, 409);
  const isOver = units.some(({ finishedAtMs }) => finishedAtMs !== undefined);
  if (workload.spec.expect === expect && !(expect === "RUN" && isOver)) return undefined;
  const { plan: _, ...rest } = workload;
  const next = { ...rest, spec: { ...workload.spec, expect } };
  const plan = expect === "RUN" ? undefined : newWorkloadPlan("stop", stopStages, { sinceMs: now, by });
  const turns = workload.plan?.begun ?? [];
  const starting = units.map((record) => started(record, now, turns.includes(record.unit)));
  if (plan === undefined) return { workload: next, units: starting };
  const { plans = [] } = workload;
  const stay = plans.flatMap(revocableReplacements);
  const left = plans.map((one) => withoutReplacements(one, { sinceMs: now, by }, undoing));
  return { workload: { ...next, plan, ...(stay.length === 0 ? {} : { plans: left }) }, units: [], stay };
}

/** Units of a plan that are to be replaced, and of which nothing is given away yet: neither their data nor their place among others. */
function revocableReplacements(plan: WorkloadPlan): readonly string[] {
  // What takes it out of what the others share may be done already, and not be noted as done.
  const kept = plan.stages.filter(({ keeps }) => keeps === true).map(({ action = "stop" }) => action);
  return entriesOf(plan)
    .filter((entry) => entry.action === "replace" && isOpen(plan, entry))
    .map(({ unit }) => unit)
    .filter((unit) => ["replace", ...kept].every((action) => !plan.begun.includes(entryKey({ action, unit }))));
}

/** A stop ends these units with their data kept, so that no end of them could remove it afterwards. */
function withoutReplacements(plan: WorkloadPlan, mark: Mark, undoing: ReadonlySet<string>): WorkloadPlan {
  const units = revocableReplacements(plan);
  const given = entriesOf(plan).filter(
    (entry) => units.includes(entry.unit) && !undoing.has(entry.action) && isOpen(plan, entry),
  );
  const skips = given.map(({ action, unit }) => ({ action, unit, ...mark, stays: true }));
  return skips.length === 0 ? plan : { ...plan, skipped: [...plan.skipped, ...skips] };
}

/** True until another instance of the unit has begun. */
export const isToBeReplaced = ({ plans = [] }: Pick<WorkloadRecord, "plans">, unit: string) =>
  plans.some((plan) => {
    const entry = entryOf(plan, "replace", unit);
    return entry !== undefined && isOpen(plan, entry);
  });

/**
 * The change of one unit that is not stateful. A stateful one is stopped with its workload only, because the other
 * units need its data.
 */
export function expectUnit(
  { workload, units }: ExpectationChange,
  unit: string,
  expect: AskedExpectation,
  now: number,
  words: KindWords,
): ExpectationChange | undefined {
  const { spec } = workload;
  if (workload.deleting) throw new PlanRefusedError(`${words.workload} "${spec.name}" is being deleted`, 409);
  const own = spec.units.find(({ name }) => name === unit);
  if (own?.stateful === true && expect === "STOP") {
    throw new PlanRefusedError(
      `${words.unit} "${unit}" is not stopped alone, for the others need its data: stop the ${words.workload} (POST …/stop)`,
      422,
    );
  }
  if (own === undefined || own.expect === expect) return undefined;
  if (expect === "STOP" && isToBeReplaced(workload, unit)) {
    const text = `${words.unit} "${unit}" is being replaced, and a stop would keep the data that is to go: wait until another instance of it has begun (GET …/state shows it); POST …/plan/skip {"${words.unit}": "${unit}"} gives up what is waited for before that`;
    throw new PlanRefusedError(text, 409);
  }
  const changed = spec.units.map((one) => (one === own ? { ...one, expect } : one));
  return {
    workload: { ...workload, spec: { ...spec, units: changed } },
    units:
      expect === "RUN"
        ? units.filter((record) => record.unit === unit).map((record) => started(record, now, true))
        : [],
  };
}
