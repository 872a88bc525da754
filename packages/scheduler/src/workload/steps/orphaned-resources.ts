// Orphaned resources: hosts where a unit may have left data because it was stopped there and launched elsewhere, and
// perhaps what it ran, because its executor died. A delete launches the unit there once more, as a clean-up
// incarnation, whose kill removes everything. It waits for one host after the other, each for a limited time; a host that was
// given up is cleaned up all the same when it returns while something else is still waited for. Pure.

import {
  isTerminal,
  type LaunchRecord,
  type OrphanedResources,
  reportOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import { awaitedOrphans, unendedOrphans } from "../records/removal-state.ts";
import type { UnitRules } from "../records/unit-rules.ts";
import { backoffMs, classifyFailure, type RetryDelays } from "../tasks/retry-policy.ts";
import type { Step, StepContext } from "./step.ts";

type Moment = Pick<StepContext, "now" | "rules">;

/** A delete waits this long for a host to be cleaned up, with failed attempts. */
const cleanupLimitMs = 600_000;
/**
 * For a host whose agent Mesos has removed: it waits only for an agent that registers anew at once. Another instance of a unit does not
 * wait longer for a host that offers nothing: what is left there is noted, and goes with the unit.
 */
export const silentHostMs = 30_000;
const cleanupRetry: RetryDelays = { baseMs: 2_000, maxMs: 60_000 };
/** An executor that is still in its first step after this time is killed all the same. */
export const claimTimeoutMs = 60_000;

/**
 * True when the executor ended because it removed the unit with its data. Its last report says so. Executors of earlier
 * versions say nothing about data; they have removed it whenever they end as KILLED after a report.
 */
export function wasRemoved(launch: LaunchRecord): boolean {
  const unitTask = unitTaskOf(launch);
  if (unitTask?.state !== "TASK_KILLED" || unitTask.report === "") return false;
  const report = reportOf(unitTask);
  return report?.kind === "unit" && report.value.data !== "kept";
}

/** False only for an executor that certainly did nothing: it has reported nothing, and Mesos says that it has ended. */
function mayHaveActed(launch: LaunchRecord): boolean {
  const unitTask = unitTaskOf(launch);
  return unitTask === undefined || !isTerminal(unitTask) || launch.tasks.some(({ report }) => report !== "");
}

/** The hosts to clean up after this launch, whose tasks are over, is forgotten. */
export function orphanedResourcesAfter(
  record: UnitRecord,
  launch: LaunchRecord,
  now: number,
  rules: UnitRules,
): readonly OrphanedResources[] {
  const { hostname } = launch;
  const unitTask = unitTaskOf(launch);
  const before = orphanedOf(record, launch);
  const others = record.orphaned.filter((one) => one !== before);
  if (wasRemoved(launch) || unitTask?.state === "TASK_GONE_BY_OPERATOR") return others;
  if (before === undefined && !mayHaveActed(launch)) return others;
  const agentRemoved = unitTask?.reason === "REASON_AGENT_REMOVED";
  const runs = runsAfter(launch, before, rules);
  if (!launch.cleanup || (launch.keepsData === true && runs.mayRun === undefined))
    return [...others, { ...instanceOf(record, launch), hostname, agentRemoved, attempts: 0, retryAtMs: 0, ...runs }];
  const attempts = before?.attempts ?? 0;
  if (classifyFailure(launch, rules) === "lost-offer")
    return [...others, { ...before, hostname, agentRemoved, attempts, retryAtMs: now }];
  const retryAtMs = now + backoffMs(cleanupRetry, attempts);
  const there = runs.mayRun === undefined ? {} : { mayRun: { agentId: launch.agentId } };
  return [...others, { ...before, ...there, hostname, agentRemoved, attempts: attempts + 1, retryAtMs }];
}

/** Whether the unit may run on, as an entry has it. */
type Runs = Pick<OrphanedResources, "mayRun" | "ended">;
const ended: Runs = { ended: true };

/**
 * The agent under which what the launch ran may run on. Only the word of an executor says that it does not: what Mesos says of tasks
 * whose executor is gone says nothing of what that has left.
 */
function runsAfter(launch: LaunchRecord, before: OrphanedResources | undefined, rules: UnitRules): Runs {
  const unitTask = unitTaskOf(launch);
  if (rules.withoutExecutor !== "runs") return {};
  const unchanged = before === undefined ? {} : runsOf(before);
  if (unitTask === undefined) return unchanged;
  const unended = leavesRunning(unitTask, rules);
  // One that failed before it ran may have found what runs, and left it.
  if (isWordOfExecutor(unitTask) && !unended && (unitTask.state === "TASK_KILLED" || unitTask.startedAtMs > 0))
    return ended;
  const left = unended || (isWordOfExecutor(unitTask) ? hadMade(unitTask, rules) : mayHaveActed(launch));
  if (left && !launch.cleanup) return { mayRun: { agentId: launch.agentId } };
  return before === undefined && isWordOfExecutor(unitTask) && !unended ? ended : unchanged;
}

function runsOf({ mayRun, ended: isOver }: OrphanedResources): Runs {
  if (mayRun !== undefined) return { mayRun };
  return isOver === undefined ? {} : ended;
}

/** True when the last report of a launch that failed before it ran says that its container was made: earlier versions do not say that it is left. */
function hadMade(task: TaskRecord, { isOnHost }: UnitRules): boolean {
  const report = reportOf(task);
  return report?.kind === "unit" && isOnHost(report.value);
}

/** True for an end that the executor has reported itself. */
export const isWordOfExecutor = ({ source }: TaskRecord) => source === "SOURCE_EXECUTOR";

/** True when its executor has said that it could not end what runs. */
export function leavesRunning(task: TaskRecord, { leftRunning }: UnitRules): boolean {
  const report = reportOf(task);
  return isWordOfExecutor(task) && report?.kind === "unit" && leftRunning(report.value);
}

/**
 * Steps of a unit that is not to run, and has no launch: an executor ends what may run on a host without one. A plan that has stopped it
 * looks itself whether anything of it runs.
 */
export function stoppedSteps(record: UnitRecord, { now, heldBy, rules }: StepContext, why: string): readonly Step[] {
  const { mayRunOn, lastFailure } = record;
  const left = [
    ...(mayRunOn === undefined ? [] : [{ hostname: mayRunOn, retryAtMs: record.retryAtMs, attempts: 0 }]),
    ...unendedOrphans(record),
  ];
  const [first] = left;
  if (first === undefined || heldBy !== undefined) return [{ kind: "wait", explanation: why }];
  const hosts = left.map(({ hostname }) => hostname).join(", ");
  const what = `${why}, and its executor on ${hosts} ended without a word, so that the ${rules.words.unit} may still run there`;
  const [due, ...more] = left.filter(({ retryAtMs }) => retryAtMs <= now);
  if (due === undefined) {
    const failed = first.attempts > 0 ? `; the last one failed: ${lastFailure}` : "";
    const untilMs = Math.min(...left.map(({ retryAtMs }) => retryAtMs));
    return [{ kind: "wait", untilMs, explanation: `${what}: an executor ends it later${failed}` }];
  }
  const explanation = `${what}: an executor is launched there to end it; its data stays`;
  const alsoAt = more.map(({ hostname }) => hostname);
  return [{ kind: "clean-up-unit", hostname: due.hostname, alsoAt, keepsData: true, explanation }];
}

/** For an entry about what this launch has left or cleaned up. */
const instanceOf = ({ instance: own }: UnitRecord, { instance = own }: LaunchRecord) =>
  instance === own ? {} : { instance };

/**
 * What the launch is about: a clean-up, what it cleans up; another one, what its own instance has left on its host.
 */
function orphanedOf({ orphaned, instance: own }: UnitRecord, launch: LaunchRecord): OrphanedResources | undefined {
  const here = orphaned.filter(({ hostname }) => hostname === launch.hostname);
  // A clean-up of an earlier version does not say which instance it removes: it was the first one.
  if (launch.instance === undefined && launch.cleanup && launch.keepsData !== true) return here[0];
  const { instance = own } = launch;
  return here.find((one) => (one.instance ?? own) === instance);
}

/**
 * The instance that a clean-up on this host is for: that of the first entry that is waited for, whose launch is not over before it is
 * gone; then of those that were given up. One that keeps data ends what may run: first what was not tried, or failed longest ago.
 */
export function cleanedInstance(record: UnitRecord, hostname: string, keepsData: boolean): string {
  const here = keepsData ? unendedOrphans(record) : [...awaitedOrphans(record), ...record.orphaned];
  const [first] = here
    .filter((one) => one.hostname === hostname)
    .toSorted((a, b) => (keepsData ? a.retryAtMs - b.retryAtMs : 0));
  return first?.instance ?? record.instance;
}

/**
 * True while a KILL would come too early: a new executor must first look at its host and take over from the dead one,
 * or it removes nothing of what that one made.
 */
export function isTakingOver(record: UnitRecord, launch: LaunchRecord, { now, rules }: Moment): boolean {
  if (launch.keepsData !== true && !record.orphaned.some(({ hostname }) => hostname === launch.hostname)) return false;
  const unitTask = unitTaskOf(launch);
  if (unitTask === undefined || isTerminal(unitTask) || unitTask.state === "TASK_RUNNING") return false;
  const report = reportOf(unitTask);
  const looking = report?.kind !== "unit" || rules.looksAtHost(report.value);
  return looking && now - launch.createdAtMs < claimTimeoutMs;
}

/** The text about what is left on the host. */
export function describeOrphanedResources(
  record: UnitRecord,
  { hostname }: OrphanedResources,
  rules: UnitRules,
): string {
  return `host ${hostname} may still hold ${rules.remains(record)}, which no executor has removed`;
}

/**
 * Steps of a unit without a launch whose workload is being deleted. `cleanupSinceMs`: since when it waits for its first
 * host.
 */
export function cleanupSteps(
  record: UnitRecord,
  {
    now,
    rules,
    cleanupSinceMs: sinceMs,
    replacing = false,
  }: Moment & Pick<StepContext, "cleanupSinceMs" | "replacing">,
): readonly Step[] {
  const [first] = awaitedOrphans(record);
  const returned = record.orphaned.filter(({ givenUp, retryAtMs }) => givenUp === true && retryAtMs <= now);
  const alsoAt = [...new Set(returned.map(({ hostname }) => hostname))];
  if (first === undefined) return lateCleanup(record, returned, alsoAt, rules);
  const { hostname, agentRemoved, attempts, retryAtMs } = first;
  const what = describeOrphanedResources(record, first, rules);
  const limitMs = agentRemoved || (replacing && attempts === 0) ? silentHostMs : cleanupLimitMs;
  if (sinceMs !== undefined && now - sinceMs >= limitMs) {
    const why = attempts === 0 ? "that host offered nothing" : `${attempts} attempts failed: ${record.lastFailure}`;
    const commands = cleanupCommands(record, hostname, rules).join("; ");
    const explanation = `${what}, and could not be cleaned up within ${limitMs / 1000} s (${why}): run on ${hostname}: ${commands}`;
    return [{ kind: "abandon-orphaned", hostname, explanation }];
  }
  if (retryAtMs > now) {
    const explanation = `${what}; clean-up ${attempts} failed: ${record.lastFailure}`;
    return [{ kind: "wait", untilMs: retryAtMs, explanation }];
  }
  const explanation = `${what}: it is launched there once more to be removed (given up after ${limitMs / 1000} s, or by plan/skip)`;
  return [{ kind: "clean-up-unit", hostname, alsoAt, explanation }];
}

/** What removes all that is waited for on the host: a command for each instance, for a host is given up as a whole. */
function cleanupCommands(record: UnitRecord, hostname: string, rules: UnitRules): readonly string[] {
  const here = awaitedOrphans(record).filter((one) => one.hostname === hostname);
  const instances = new Set(here.map(({ instance = record.instance }) => instance));
  return [...instances].map((instance) => rules.cleanupCommand({ ...record, instance }));
}

/** Nothing waits for these hosts. They are cleaned up when one of them returns before the records go. */
function lateCleanup(
  record: UnitRecord,
  [first]: readonly OrphanedResources[],
  [hostname, ...alsoAt]: readonly string[],
  rules: UnitRules,
): readonly Step[] {
  if (first === undefined || hostname === undefined) return [];
  const what = describeOrphanedResources(record, first, rules);
  const explanation = `${what}, and it is not waited for: should it return before all else is removed, it is cleaned up`;
  return [{ kind: "clean-up-unit", hostname, alsoAt, explanation }];
}
