// How far a unit is from the goal of each of the framework's own actions. Pure.
import { launchesOf } from "../records/launches.ts";
import { destinationOption, instanceOption, sourceOption, type WorkloadPlan } from "../records/plan-record.ts";
import { isOutOfReach, isTerminal, type LaunchRecord, type UnitRecord } from "../records/records.ts";
import { awaitedOrphans, remainsToReplace, unendedOrphans } from "../records/removal-state.ts";
import type { UnitProgress } from "./workload-plan.ts";

/** The launches of which a task may run that can be reached. */
export function liveLaunches(record: UnitRecord): readonly LaunchRecord[] {
  return launchesOf(record).filter(({ tasks }) => tasks.some((task) => !isTerminal(task) && !isOutOfReach(task)));
}

/** The launches of which nothing runs any more. What they have left on their hosts is not in `orphaned` before they are retired. */
function endedLaunches(record: UnitRecord): readonly LaunchRecord[] {
  return launchesOf(record).filter(({ tasks }) => tasks.every(isTerminal));
}

/** How far a unit is from having stopped. `planId`: "" when all of its workload stops. */
export function stopProgress(record: UnitRecord | undefined, planId: string): UnitProgress {
  const launch = record?.launch;
  if (launch === undefined) {
    // Plans of single units look themselves whether anything of the unit runs.
    return record === undefined || planId !== "" ? { state: "reached" } : unendedProgress(record);
  }
  const left = launch.tasks.filter((task) => !isTerminal(task));
  if (left.length > 0 && left.every(isOutOfReach))
    return { state: "away", reason: `its agent ${launch.hostname} is out of reach` };
  return { state: "open", reason: `still on ${launch.hostname}` };
}

/** Of a unit without a launch. What is on a host that may not come back is waited for by nobody else. */
function unendedProgress(record: UnitRecord): UnitProgress {
  const { mayRunOn, superseded } = record;
  const left = unendedOrphans(record);
  const hosts = [...(mayRunOn === undefined ? [] : [mayRunOn]), ...left.map(({ hostname }) => hostname)];
  const reason = [
    ...(hosts.length === 0 ? [] : [`it may still run on ${hosts.join(", ")}, where an executor is to end it`]),
    ...superseded.map(({ hostname }) => `an earlier one may still run on ${hostname}`),
  ].join("; ");
  if (reason === "") return { state: "reached" };
  const isNear = mayRunOn !== undefined || left.some(({ agentRemoved }) => !agentRemoved);
  return { state: isNear || liveLaunches(record).length > 0 ? "open" : "away", reason };
}

/** How far a unit is from having ended for good, with its data, on every host. */
export function removalProgress(record: UnitRecord | undefined): UnitProgress {
  if (record === undefined) return { state: "reached" };
  const { launch, superseded, reservations } = record;
  const left = [
    ...(launch === undefined ? [] : [`still on ${launch.hostname}`]),
    ...superseded.map(({ hostname }) => `an earlier one is still on ${hostname}`),
    ...(launch === undefined ? awaitedOrphans(record).map(({ hostname }) => `${hostname} is being cleaned up`) : []),
    ...(launch === undefined ? reservations.map(({ hostname }) => `still reserved on ${hostname}`) : []),
  ];
  return left.length === 0 ? { state: "reached" } : { state: "open", reason: left.join("; ") };
}

/** What is waited for where a unit is stopped that is to run first. */
export const stoppedWords = 'it is stopped: start it (PATCH {"expect": "RUN"})';

/** How far a unit is from being another instance. What is out of reach is not waited for. `expected`: it is to run. */
export function replacementProgress(
  record: UnitRecord | undefined,
  { options }: Pick<WorkloadPlan, "options">,
  expected: boolean,
): UnitProgress {
  if (record === undefined || record.instance === options[instanceOption]) return { state: "reached" };
  const left = waitsOfReplacement(record);
  const next = expected ? "another instance begins" : `${stoppedWords}, and then another instance begins`;
  return { state: "open", reason: left.length === 0 ? next : left.join("; ") };
}

/** What is waited for before another instance of the unit begins, in words. */
export function waitsOfReplacement(record: UnitRecord): readonly string[] {
  return [
    ...liveLaunches(record).map(({ hostname }) => `it is still on ${hostname}, where its executor is told to end it`),
    ...endedLaunches(record).map(({ hostname }) => `it has ended on ${hostname}, and what it has left there is noted`),
    ...remainsToReplace(record).map(({ hostname }) => `${hostname} is being cleaned up`),
  ];
}

/** How far a unit is from running again after its stop. One that has run and has ended by itself ran. */
export function startProgress(record: UnitRecord | undefined): UnitProgress {
  if (record === undefined || record.finishedAtMs !== undefined) return { state: "reached" };
  const { launch, lastFailure } = record;
  if (launch !== undefined && launch.readyAtMs > 0) return { state: "reached" };
  const last = lastFailure === "" ? "" : `; the last launch ended: ${lastFailure}`;
  const where = launch === undefined ? `it waits to be launched on ${record.home}` : `it starts on ${launch.hostname}`;
  return { state: "open", reason: `${where}${last}` };
}

const destinationOf = ({ options }: Pick<WorkloadPlan, "options">, units: readonly UnitRecord[]) =>
  units.find(({ unit }) => unit === options[destinationOption]);

/**
 * How far its move is: it is done by its step alone, or when there is nothing to move any more, because the hosts of the unit and of its
 * destination are both gone for good.
 */
export function moveProgress(
  plan: Pick<WorkloadPlan, "options">,
  record: UnitRecord | undefined,
  units: readonly UnitRecord[],
): UnitProgress {
  const on = record === undefined ? [] : launchesOf(record).map(({ hostname }) => hostname);
  // Nothing of it may run anywhere, as far as its executors have reported: it is never launched a second time on one set of data.
  if (on.length > 0) return { state: "open", reason: `it has not ended on ${on.join(", ")}` };
  const third = runsElsewhere(plan, record, units);
  if (third !== undefined)
    return {
      state: "open",
      reason: `it may still run on ${third}, whose executor ended without a word: give its move up to have it launched there again`,
    };
  const { home = "", dataLost } = destinationOf(plan, units) ?? {};
  if (home !== "") return { state: "open", reason: "it is about to be launched there" };
  if (record?.dataLost !== undefined && dataLost !== undefined) return { state: "reached" };
  return { state: "open", reason: "no host has its data yet" };
}

/** The host that it is launched on from now on; undefined while it may not be launched there. */
export function moveTarget(
  plan: Pick<WorkloadPlan, "options">,
  record: UnitRecord,
  units: readonly UnitRecord[],
): string | undefined {
  const home = destinationOf(plan, units)?.home ?? "";
  const busy = launchesOf(record).length > 0 || runsElsewhere(plan, record, units) !== undefined;
  return home === "" || busy ? undefined : home;
}

/** A host where it may run on without an executor, and where the unit that gives its data away is not: nobody there has said that it has ended. */
function runsElsewhere(
  { options }: Pick<WorkloadPlan, "options">,
  record: Pick<UnitRecord, "mayRunOn"> | undefined,
  units: readonly UnitRecord[],
): string | undefined {
  const source = units.find(({ unit }) => unit === options[sourceOption]);
  const mayRunOn = record?.mayRunOn;
  return source === undefined || mayRunOn === (source.launch?.hostname ?? source.home) ? undefined : mayRunOn;
}
