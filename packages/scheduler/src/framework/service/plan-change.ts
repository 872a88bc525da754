// Carries out an operator's command for a plan: workload/plans/plan-control decides the change, this file stores it and
// writes it to the workload's log.
import type { Clock } from "@cke/foundation";
import { assertNever } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import {
  describeMark,
  type PlanAction,
  PlanRefusedError,
  type PlanTarget,
  pauseOf,
  removalWaits,
  retryNow,
  skipProcess,
  skipUnit,
} from "../../workload/plans/plan-control.ts";
import { processTry } from "../../workload/plans/tries.ts";
import { retryPlans, skipInPlans } from "../../workload/plans/unit-plan-retry.ts";
import { planPause, plansOf } from "../../workload/plans/workload-steps.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { isTerminal, type Mark, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import { isBeingRemoved, isBeingReplaced } from "../../workload/records/removal-state.ts";
import type { KindWords } from "../../workload/records/unit-rules.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PlanActions } from "../steps/plan-actions.ts";
import type { OrphanRemovals } from "../tasks/orphan-removals.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

/** What such a change needs. */
export interface ChangeParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  readonly orphanRemovals: OrphanRemovals;
  readonly orphanTimer: OrphanTimer;
  readonly planActions: Pick<PlanActions, "retry">;
}

interface Change {
  readonly parts: ChangeParts;
  readonly workload: WorkloadRecord;
  readonly words: KindWords;
  /** The unit in question; undefined for all. */
  readonly unit: UnitRecord | undefined;
  readonly process: string | undefined;
  readonly mark: Mark;
}

/** Makes the change and returns what was done. Throws PartNotFoundError or PlanRefusedError. */
export async function changePlan(
  parts: ChangeParts,
  workload: WorkloadRecord,
  action: PlanAction,
  target: PlanTarget,
  by: string,
): Promise<string> {
  const change = {
    parts,
    workload,
    words: wordsOf(parts, workload),
    unit: unitOf(parts, workload, target),
    process: target.process,
    mark: { sinceMs: parts.clock.now(), by },
  };
  switch (action) {
    case "pause":
      return await pause(change);
    case "resume":
      return await resume(change);
    case "retry":
      return await retry(change);
    case "skip":
      return await skip(change);
    default:
      return assertNever(action);
  }
}

function unitOf(parts: ChangeParts, workload: WorkloadRecord, target: PlanTarget): UnitRecord | undefined {
  const { spec } = workload;
  const words = wordsOf(parts, workload);
  if (target.unit === undefined) {
    if (target.process === undefined) return undefined;
    throw new PlanRefusedError(`which ${words.unit}'s ${target.process} is meant? say "${words.unit}" too`, 422);
  }
  const record = parts.ledger.unit(spec.name, target.unit);
  const names = spec.units.map(({ name }) => name);
  if (record === undefined)
    throw new PartNotFoundError(words.unit, `${words.workload} "${spec.name}"`, target.unit, names);
  const processes = processesOf(parts, workload, record).map(({ name }) => name);
  if (target.process !== undefined && !processes.includes(target.process))
    throw new PartNotFoundError("process", `${words.unit} "${record.unit}"`, target.process, processes);
  return record;
}

const wordsOf = ({ kinds }: Pick<ChangeParts, "kinds">, workload: WorkloadRecord) => kinds.of(workload).rules.words;

const processesOf = (parts: ChangeParts, workload: WorkloadRecord, record: UnitRecord) =>
  parts.kinds.outline(workload, record.unit)?.processes ?? [];

function whole({ process, words }: Change, verb: string): void {
  if (process === undefined) return;
  throw new PlanRefusedError(`a process alone cannot be ${verb}: say its ${words.unit}, or skip the process`, 422);
}

const nameOf = ({ workload, unit, words }: Change) =>
  unit === undefined
    ? `the plan of ${words.workload} "${workload.spec.name}"`
    : `the plan of ${words.unit} "${unit.unit}"`;

/** Stores the change and writes it to the log. */
async function done(
  change: Change,
  records: { workload?: WorkloadRecord; units?: readonly UnitRecord[] },
  words: string,
) {
  const { parts, workload, unit, mark } = change;
  await parts.ledger.commit(records);
  const fields = unit === undefined ? {} : { unit: unit.unit };
  parts.logs.line("info", workload.spec.name, `${words}${mark.by === "" ? "" : ` (asked for by ${mark.by})`}`, fields);
  return words;
}

async function pause(change: Change): Promise<string> {
  whole(change, "paused");
  const { workload, unit, mark } = change;
  if (workload.deleting)
    throw new PlanRefusedError(`the ${change.words.workload} is being deleted, which cannot be paused`, 409);
  const before = unit === undefined ? workload.paused : unit.paused;
  // A pause that is older than the plan does not hold the plan: the new one does.
  const holds = unit !== undefined || plansOf(workload).every((plan) => planPause(workload, plan) !== "");
  if (before !== undefined && holds) return `${nameOf(change)} was paused already, ${describeMark(before)}`;
  const words = `${nameOf(change)} is paused: nothing is launched, what runs goes on`;
  if (unit === undefined) return await done(change, { workload: { ...workload, paused: mark } }, words);
  return await done(change, { units: [{ ...unit, paused: mark }] }, words);
}

async function resume(change: Change): Promise<string> {
  whole(change, "resumed");
  const { workload, unit } = change;
  const words = `${nameOf(change)} goes on`;
  if (unit === undefined) {
    if (workload.paused === undefined) return `${nameOf(change)} was not paused`;
    return await done(change, { workload: { ...workload, paused: undefined } }, words);
  }
  if (unit.paused === undefined) {
    if (workload.paused === undefined) return `${nameOf(change)} was not paused`;
    throw new PlanRefusedError(
      `${pauseOf(workload, unit, change.words)}: resume it without "${change.words.unit}"`,
      409,
    );
  }
  return await done(change, { units: [{ ...unit, paused: undefined }] }, words);
}

async function retry(change: Change): Promise<string> {
  const { parts, workload, unit, process, mark } = change;
  const planned = process === undefined ? retryPlans(workload, unit?.unit, mark.sinceMs) : workload;
  const waitedFor = planned !== workload;
  if (process === undefined) parts.planActions.retry(workload.spec.name, unit?.unit);
  const records = unit === undefined ? parts.ledger.units(workload.spec.name) : [unit];
  const changed = records.flatMap((record) => {
    const fresh = retryNow(record, process, mark.sinceMs);
    return fresh === record ? [] : [fresh];
  });
  if (waitedFor && changed.length === 0)
    return await done(
      change,
      { workload: planned },
      `${nameOf(change)} waits again for what was skipped or had failed`,
    );
  if (changed.length === 0) return nothingToRetry(change, records);
  for (const record of changed) parts.orphanTimer.forget(record.workload, record.unit);
  const what = process === undefined ? "" : `${process} of `;
  const held = changed.map((record) => pauseOf(workload, record, change.words)).find((text) => text !== "");
  const words = `${what}${changed.map((record) => `${change.words.unit} "${record.unit}"`).join(", ")}: tried again at once`;
  return await done(
    change,
    waitedFor ? { workload: planned, units: changed } : { units: changed },
    held === undefined ? words : `${words}, as soon as it is resumed: ${held}`,
  );
}

/** A process that fails inside a unit is started again by the wrapper, so there is nothing to retry. */
function nothingToRetry(change: Change, records: readonly UnitRecord[]): string {
  const restarting = records.flatMap((record) =>
    (record.launch?.tasks ?? []).flatMap((task) => {
      const { nextMs } = processTry(task, change.mark.sinceMs);
      if (task.process === "" || nextMs === 0 || isTerminal(task)) return [];
      return `${task.process} of ${change.words.unit} "${record.unit}" is started again by its wrapper at ${new Date(nextMs).toISOString()}`;
    }),
  );
  return `${nameOf(change)}: ${restarting.length === 0 ? "nothing had failed or waits for its next try" : restarting.join("; ")}`;
}

async function skip(change: Change): Promise<string> {
  const { parts, workload, unit, process, mark } = change;
  if (unit !== undefined && process !== undefined) {
    const found = processesOf(parts, workload, unit).find(({ name }) => name === process);
    if (found === undefined) throw new PartNotFoundError("process", `${change.words.unit} "${unit.unit}"`, process, []);
    const skipped = skipProcess(unit, found, mark, change.words);
    const words = `${process} of ${change.words.unit} "${unit.unit}" is given up until a retry is asked for`;
    return skipped === unit ? words : await done(change, { units: [skipped] }, words);
  }
  const { rules, revocable = new Set<string>(), undone = new Map<string, string>() } = parts.kinds.of(workload);
  const passed =
    unit === undefined || workload.deleting ? undefined : skipInPlans(workload, unit.unit, mark, revocable);
  if (passed !== undefined) {
    const plan = nameOf({ ...change, unit: undefined });
    const left = undone.get(passed.action);
    const words = passed.stays
      ? `${change.words.unit} "${passed.what}" stays: what ${plan} had left to do with it is given up, and a retry does not take that back`
      : `nobody waits for ${change.words.unit} "${passed.what}" in ${plan}${left === undefined ? "" : `: ${left}`}`;
    return passed.workload === workload ? words : await done(change, { workload: passed.workload }, words);
  }
  if (unit === undefined && !workload.deleting)
    throw new PlanRefusedError(
      `a ${change.words.workload} cannot be skipped: say which "${change.words.unit}" and "process" to give up`,
      422,
    );
  const records = unit === undefined ? parts.ledger.units(workload.spec.name).filter(removalWaits) : [unit];
  if (records.length === 0)
    throw new PlanRefusedError(`the removal of the ${change.words.workload} waits for nothing to skip`, 409);
  const given = records.map((before) => {
    const deleting = isBeingRemoved(workload, before.unit);
    const replacing = isBeingReplaced(workload, before.unit);
    return { before, ...skipUnit(before, { deleting, replacing, rules }) };
  });
  // What is given up was deleted: if it comes back, it is removed with its data.
  for (const { before, record } of given) {
    const left = launchesOf(record);
    await parts.orphanRemovals.add(
      record.instance,
      launchesOf(before).filter((launch) => !left.includes(launch)),
    );
  }
  for (const { record, words } of given)
    for (const text of words) parts.logs.line("warning", record.workload, text, { unit: record.unit });
  const words = given.flatMap((one) => one.words).join("; ");
  return await done(change, { units: given.map(({ record }) => record) }, words);
}
