// What a status update changes in a task's record. Pure; duplicates and any order do no harm. Updates of the executor
// or agent have a uuid and are sent again until they are acknowledged. Updates of the Mesos master itself
// (reconciliation, errors) have no uuid, often no data, and the master's time.
import { isTerminalTaskState, type TaskState, type TaskStatus } from "@cke/mesos";
import { isOutOfReach, isTerminal, type TaskRecord } from "../records/records.ts";
import { processRetryAtMs } from "./retry-policy.ts";

/** How far a task has come. A late reconciliation never takes it back. */
const progress: Readonly<Partial<Record<TaskState, number>>> = {
  TASK_STAGING: 1,
  TASK_STARTING: 2,
  TASK_RUNNING: 3,
  TASK_KILLING: 4,
};
const ended = 5;
function progressOf(state: TaskRecord["state"]): number {
  if (state === "TASK_INTENDED") return 0;
  return isTerminalTaskState(state) ? ended : (progress[state] ?? 0);
}

/**
 * True when the agent's update is later than the one in the record. Executors count milliseconds: of two updates with
 * the same time, the one that takes the task further is later; of two equal ones the second.
 */
function isLater(task: TaskRecord, { timestamp = 0, uuid = "", state }: TaskStatus): boolean {
  if (timestamp !== task.statusTimestamp) return timestamp > task.statusTimestamp;
  return uuid !== task.statusUuid && progressOf(state) >= progressOf(task.state);
}

function isNews(task: TaskRecord, status: TaskStatus): boolean {
  if (isTerminal(task)) {
    // Only LOST is not final; every other end is. The agent's update counts more than the Mesos master's, and its last
    // one more than an earlier one.
    if (!isTerminal(status)) return task.state === "TASK_LOST";
    return status.uuid !== undefined && (!endedByAgent(task) || isLater(task, status));
  }
  if (isTerminal(status)) return true;
  if (status.uuid !== undefined) {
    if (status.uuid === task.statusUuid) return false;
    // A late update, even of a task out of reach, does not show that the task is back, and would change its state for
    // good.
    return isLater(task, status);
  }
  if (isOutOfReach(task)) return status.state !== task.state;
  if (isOutOfReach(status)) return true;
  return progressOf(status.state) > progressOf(task.state);
}

const endedByAgent = (task: TaskRecord) => isTerminal(task) && task.endUuid !== "";

/** What a late update still tells: when the task began to run, and the report before its end. */
function applyLate(task: TaskRecord, status: TaskStatus): TaskRecord | undefined {
  if (status.uuid === undefined) return undefined;
  const newer = task.report === "" || (status.timestamp ?? 0) > task.reportTimestamp;
  const { report, reportTimestamp } = newer ? reportOf(task, status) : task;
  const late = { startedAtMs: startOf(task, status, 0), report, reportTimestamp, ...latestOf(task, status) };
  const same =
    late.startedAtMs === task.startedAtMs && late.report === task.report && late.statusUuid === task.statusUuid;
  return same ? undefined : { ...task, ...late };
}

/** When the task first ran, in the agent's time if the agent reported it. */
function startOf(task: TaskRecord, { state, timestamp }: TaskStatus, now: number): number {
  if (state !== "TASK_RUNNING") return task.startedAtMs;
  const at = timestamp === undefined ? now : Math.round(timestamp * 1000);
  return task.startedAtMs === 0 ? at : at === 0 ? task.startedAtMs : Math.min(at, task.startedAtMs);
}

function latestOf(task: TaskRecord, status: TaskStatus): Pick<TaskRecord, "statusTimestamp" | "statusUuid"> {
  const { statusTimestamp, statusUuid } = task;
  if (status.uuid === undefined || !isLater(task, status)) return { statusTimestamp, statusUuid };
  return { statusTimestamp: status.timestamp ?? 0, statusUuid: status.uuid };
}

/** The report of the latest status that had one. */
function reportOf(
  task: TaskRecord,
  { data, timestamp = 0 }: TaskStatus,
): Pick<TaskRecord, "report" | "reportTimestamp"> {
  if (data === undefined || (task.report !== "" && timestamp < task.reportTimestamp))
    return { report: task.report, reportTimestamp: task.reportTimestamp };
  return { report: data, reportTimestamp: timestamp };
}

/**
 * The health that the executor reported last. It is kept while the agent is out of reach, because the Mesos master that
 * reports its return may not know it. If the master knows it, it is the health of the newest update that the master or
 * the agent has.
 */
function healthOf(task: TaskRecord, status: TaskStatus): boolean {
  if (isOutOfReach(status)) return task.healthy;
  if (status.state !== "TASK_RUNNING") return false;
  return status.healthy ?? (status.uuid === undefined ? task.healthy : true);
}

/** The record after the update; undefined when the update changes nothing. */
export function applyStatus(task: TaskRecord, status: TaskStatus, now: number): TaskRecord | undefined {
  if (!isNews(task, status)) return applyLate(task, status);
  // Neither the Mesos master nor any agent has ever known it, so the ACCEPT was never carried out.
  const neverMade = status.state === "TASK_UNKNOWN" && task.state === "TASK_INTENDED";
  if (neverMade) return applyStatus(task, { ...status, state: "TASK_DROPPED" }, now);
  const ends = isTerminal(status);
  const again = ends && isTerminal(task);
  const reason = status.reason ?? "";
  const before = again ? task.failures - 1 : task.failures;
  return {
    ...task,
    state: status.state,
    healthy: healthOf(task, status),
    reason,
    message: status.message ?? "",
    source: status.source ?? "",
    ...reportOf(task, status),
    ...latestOf(task, status),
    endUuid: ends ? (status.uuid ?? "") : "",
    changedAtMs: again ? task.changedAtMs : now,
    startedAtMs: startOf(task, status, now),
    failures: ends ? before + 1 : task.failures,
    retryAtMs: ends ? processRetryAtMs({ state: status.state, reason }, before, now) : task.retryAtMs,
  };
}
