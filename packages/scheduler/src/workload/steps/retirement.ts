// Changes of a unit's record when its launch has ended, and when a scheduler starts. Pure.
import { assertNever } from "@cke/foundation";
import {
  isTerminal,
  type LaunchRecord,
  reportOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import type { UnitRules } from "../records/unit-rules.ts";
import type { Relaunch } from "../records/workload-spec.ts";
import { refusalOn, releaseAll } from "../reservations/reservation-changes.ts";
import { launchFailureOf } from "../tasks/failure.ts";
import {
  classifyFailure,
  describeEnd,
  type FailureKind,
  isRefused,
  retryDelayMs,
  settledAfterMs,
} from "../tasks/retry-policy.ts";
import { isWordOfExecutor, leavesRunning, orphanedResourcesAfter, wasRemoved } from "./orphaned-resources.ts";
import type { StepContext } from "./step.ts";

type RetirementContext = Pick<StepContext, "now" | "rules"> & {
  /** Its data belongs to its workload. */
  readonly stateful: boolean;
  /** Absent: always. */
  readonly relaunch?: Relaunch | undefined;
};

/**
 * The record at the start of a scheduler: a unit or process that Mesos refused as invalid gets one more try, because
 * this program or its configuration may be right. The same object when nothing was refused.
 */
export function unblock(record: UnitRecord, now: number): UnitRecord {
  const { launch } = record;
  if (!record.blocked && launch?.tasks.some(isRefused) !== true) return record;
  const free = record.blocked ? { ...record, blocked: false, retryAtMs: now } : record;
  if (launch === undefined) return free;
  const tasks = launch.tasks.map((task) => (isRefused(task) ? { ...task, retryAtMs: now } : task));
  return { ...free, launch: { ...launch, tasks } };
}

/**
 * The record at the start of a scheduler: a version before this one did not note that what a dead executor ran may run on. So that is
 * taken for true where a unit that failed was last and no executor has said something else since. The same object when nothing is to be noted.
 */
export function doubtUnended(record: UnitRecord, { withoutExecutor }: UnitRules): UnitRecord {
  const { launch, last, failures, orphaned } = record;
  if (withoutExecutor !== "runs" || launch !== undefined || last === undefined || failures === 0) return record;
  const { agentId, hostname } = last;
  const doubted = orphaned.map((left) =>
    left.hostname === hostname && left.instance === undefined && left.mayRun === undefined && left.ended !== true
      ? { ...left, mayRun: { agentId } }
      : left,
  );
  return doubted.some((left, at) => left !== orphaned[at]) ? { ...record, orphaned: doubted } : record;
}

/** Reservations are gone with their agent. A unit that gives its place up keeps none. */
function reservationsLeft(
  { reservations }: UnitRecord,
  { agentId, evicted }: LaunchRecord,
  gone: boolean,
  now: number,
) {
  if (gone) return reservations.filter((one) => one.agentId !== agentId);
  return evicted === "" ? reservations : releaseAll(reservations, now);
}

function endedLaunchOf({ executorId, agentId, hostname }: LaunchRecord, now: number): UnitRecord["last"] {
  return { executorId, agentId, hostname, endedAtMs: now };
}

/** True when the unit ended as it may, so that it is not launched again by itself. What took its place away is no end of its own. */
function isItsEnd(task: TaskRecord | undefined, kind: FailureKind, relaunch: Relaunch): boolean {
  if (task === undefined || relaunch === "always" || kind === "lost-offer" || kind === "moved") return false;
  if (task.state === "TASK_FINISHED") return true;
  return relaunch === "never" && task.startedAtMs > 0;
}

/** True when this launch was the first that reached the host, and failed before it had made data there. */
function hasMadeNothing({ home, homeSinceMs }: UnitRecord, launch: LaunchRecord, rules: UnitRules): boolean {
  const unitTask = unitTaskOf(launch);
  if (rules.madeNoData === undefined || home !== launch.hostname || homeSinceMs < launch.createdAtMs) return false;
  // One that has ever run has data, whatever is said later.
  if (unitTask?.state !== "TASK_FAILED" || unitTask.startedAtMs > 0 || !isWordOfExecutor(unitTask)) return false;
  const report = reportOf(unitTask);
  return report?.kind === "unit" && rules.madeNoData(report.value);
}

/**
 * True when the agent of this launch, which an operator has marked gone, may have had data of the unit. No report of it need have come
 * before: a kind whose units know each other by their data takes a launch for data, so that no second unit of that name begins beside
 * those that know the first.
 */
const mayHaveHadData = ({ home }: UnitRecord, launch: LaunchRecord, { withoutData }: UnitRules): boolean =>
  home === launch.hostname || (withoutData.begins && !launch.cleanup);

/** True when its executor says that it has ended what runs. */
const isEndedByExecutor = (task: TaskRecord | undefined) => task?.state === "TASK_KILLED" && isWordOfExecutor(task);

/**
 * The host where the unit may run on, because its executor died there or is not known there any more; undefined when nothing of it does.
 * An agent that comes back under a new id has its tasks ended by Mesos, while executors and what they run live on. So only the word of
 * an executor, or that of an operator who has marked the agent gone, says that nothing runs.
 */
function mayRunAfter(
  record: UnitRecord,
  launch: LaunchRecord,
  kind: FailureKind,
  rules: UnitRules,
): string | undefined {
  const unitTask = unitTaskOf(launch);
  if (launch.keepsData === true && launch.hostname === record.mayRunOn && isEndedByExecutor(unitTask)) return undefined;
  if (rules.withoutExecutor !== "runs-alone" || launch.cleanup || kind === "lost-offer") return record.mayRunOn;
  if (unitTask === undefined || !isTerminal(unitTask) || unitTask.state === "TASK_GONE_BY_OPERATOR") return undefined;
  if (isWordOfExecutor(unitTask) && !leavesRunning(unitTask, rules))
    // One that failed before it ran may have found what runs, and left it.
    return unitTask.state === "TASK_FAILED" && unitTask.startedAtMs === 0 ? record.mayRunOn : undefined;
  return record.home === launch.hostname ? launch.hostname : record.mayRunOn;
}

/**
 * The record after all tasks of its launch have ended: without the launch, and with the time of the next try.
 * `stateful`: the unit is launched only where its data is, however long that takes.
 */
export function retire(
  record: UnitRecord,
  { now, stateful, rules, relaunch = "always" }: RetirementContext,
): UnitRecord {
  const { launch, ...rest } = record;
  if (launch === undefined) return record;
  const unitTask = unitTaskOf(launch);
  const ended = launch.evicted === "" ? classifyFailure(launch, rules) : "moved";
  // Without its reservation a task asks for more than there is. So Mesos has refused the reservation and not the task.
  const refusal = ended === "invalid" ? refusalOn(record.reservations, launch.agentId) : undefined;
  const kind = refusal === undefined ? ended : "configuration";
  const settled = launch.readyAtMs > 0 && now - launch.readyAtMs > settledAfterMs;
  const before = settled ? 0 : record.failures;
  const gone = unitTask?.state === "TASK_GONE_BY_OPERATOR";
  // The old place has no data of the unit, or is not for it now: a unit that may begin anew elsewhere does not wait for
  // that host, but where it may run on. A stateful unit is ended on purpose only when its workload never had a quorum
  // (framework/placement/quorum-yield.ts).
  const mayRunOn = mayRunAfter(record, launch, ended, rules);
  const isFree = mayRunOn === undefined || mayRunOn !== launch.hostname;
  const leaves = gone || wasRemoved(launch) || (isFree && (launch.evicted !== "" || (kind === "moved" && !stateful)));
  const lost = gone && stateful && mayHaveHadData(record, launch, rules);
  const unmade = !leaves && hasMadeNothing(record, launch, rules);
  // It was given this host when it was created, because what it is made of is there. Until it has run, no launch takes that from it.
  const given = record.homeSinceMs === 0 && record.home !== "" && !gone;
  const base = {
    ...rest,
    ...(lost ? { dataLost: { hostname: launch.hostname, atMs: now } } : {}),
    home: (leaves || unmade) && !given && record.home === launch.hostname ? "" : record.home,
    mayRunOn: leaves ? undefined : mayRunOn,
    orphaned: orphanedResourcesAfter(record, launch, now, rules),
    reservations: reservationsLeft(record, launch, gone, now),
    lastFailure: refusal ?? (unitTask === undefined ? "" : describeEnd(unitTask)),
    failure: launchFailureOf(launch),
    // A clean-up is no place where the unit has run.
    last: launch.cleanup ? (record.last ?? endedLaunchOf(launch, now)) : endedLaunchOf(launch, now),
    needsHelp: kind === "configuration" || kind === "invalid",
  };
  if (!launch.cleanup && isItsEnd(unitTask, kind, relaunch))
    return { ...base, failures: 0, retryAtMs: now, finishedAtMs: now };
  switch (kind) {
    case "lost-offer":
    case "moved":
      return { ...base, failures: before, retryAtMs: now };
    case "ordinary": {
      // The time for which it ran well is part of the backoff: what is ended now and then from outside comes back at once, and what
      // ends by itself again and again is launched no more often than that.
      // A clock may have been set back since.
      const since = launch.readyAtMs > 0 ? Math.min(launch.readyAtMs, now) : now;
      return { ...base, failures: before + 1, retryAtMs: Math.max(now, since + retryDelayMs(kind, before)) };
    }
    case "configuration":
      return { ...base, failures: before + 1, retryAtMs: now + retryDelayMs(kind, before) };
    case "invalid":
      return { ...base, failures: before + 1, retryAtMs: now, blocked: true };
    default:
      return assertNever(kind);
  }
}
