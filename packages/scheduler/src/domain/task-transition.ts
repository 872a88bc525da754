// What a status update does to a task's record: pure, and harmless for duplicates and any order.
// Two kinds come: those of the executor or agent (with a uuid, delivered again until acknowledged), and the master's own
// (reconciliation, errors; no uuid, often without data, and with the master's time).
import type { TaskState, TaskStatus } from "@cke/mesos";
import { isOutOfReach, isTerminal, type TaskRecord } from "./records.ts";
import { processRetryAtMs } from "./retry-policy.ts";

/** How far a task has come; a reconciliation that lags behind never takes it back. */
const progress: Readonly<Partial<Record<TaskState, number>>> = {
  TASK_STAGING: 1,
  TASK_STARTING: 2,
  TASK_RUNNING: 3,
  TASK_KILLING: 4,
};
const progressOf = (state: TaskRecord["state"]) => (state === "TASK_INTENDED" ? 0 : (progress[state] ?? 0));

function isNews(task: TaskRecord, status: TaskStatus): boolean {
  // Only LOST can come back to life; every other end is the end.
  if (isTerminal(task)) return task.state === "TASK_LOST" && !isTerminal(status);
  if (isTerminal(status)) return true;
  if (status.uuid !== undefined) {
    if (status.uuid === task.statusUuid) return false;
    return (status.timestamp ?? 0) >= task.statusTimestamp || isOutOfReach(task);
  }
  if (isOutOfReach(task)) return status.state !== task.state;
  if (isOutOfReach(status)) return true;
  return progressOf(status.state) > progressOf(task.state);
}

/** The record after the update, or undefined when the update says nothing new. */
export function applyStatus(task: TaskRecord, status: TaskStatus, now: number): TaskRecord | undefined {
  if (!isNews(task, status)) return undefined;
  // Neither the master nor any agent has ever heard of it: the ACCEPT was never made.
  const neverMade = status.state === "TASK_UNKNOWN" && task.state === "TASK_INTENDED";
  if (neverMade) return applyStatus(task, { ...status, state: "TASK_DROPPED" }, now);
  const ended = isTerminal(status);
  const fromAgent = status.uuid !== undefined;
  const reason = status.reason ?? "";
  const running = status.state === "TASK_RUNNING";
  return {
    ...task,
    state: status.state,
    healthy: running && (status.healthy ?? (fromAgent ? true : task.healthy)),
    reason,
    message: status.message ?? "",
    report: status.data ?? task.report,
    statusTimestamp: fromAgent ? Math.max(task.statusTimestamp, status.timestamp ?? 0) : task.statusTimestamp,
    statusUuid: status.uuid ?? task.statusUuid,
    changedAtMs: now,
    startedAtMs: running && task.startedAtMs === 0 ? now : task.startedAtMs,
    failures: ended ? task.failures + 1 : task.failures,
    retryAtMs: ended ? processRetryAtMs({ state: status.state, reason }, task.failures, now) : task.retryAtMs,
  };
}
