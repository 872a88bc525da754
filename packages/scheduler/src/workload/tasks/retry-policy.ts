// When a unit or a process that ended is launched again. It depends on the kind of failure: after a lost race for an
// offer at once; after a crash at once the first time and then with backoff, counted from when it ran well; slowly when
// an operator must change something; never when Mesos calls it invalid.
import type { LaunchRecord, TaskRecord } from "../records/records.ts";
import { reportOf, unitTaskOf } from "../records/records.ts";
import type { UnitRules } from "../records/unit-rules.ts";
import { withoutSecrets } from "./redaction.ts";
import { meaningOf } from "./status-reasons.ts";

export interface RetryDelays {
  readonly baseMs: number;
  readonly maxMs: number;
}

const unitRetry: RetryDelays = { baseMs: 2_000, maxMs: 120_000 };
const slowRetry: RetryDelays = { baseMs: 30_000, maxMs: 600_000 };
const processRetry: RetryDelays = { baseMs: 1_000, maxMs: 120_000 };
/** After a run of this length failures are counted anew. */
export const settledAfterMs = 600_000;

/** `base * 2^failures`, at most `max`. */
export function backoffMs({ baseMs, maxMs }: RetryDelays, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
}

/** `moved`: the place went away, not the unit. `configuration`: tried again slowly. */
export type FailureKind = "lost-offer" | "moved" | "ordinary" | "configuration" | "invalid";

/** True when Mesos calls the task itself invalid, so that it would be refused again. */
export function isRefused(task: Pick<TaskRecord, "state" | "reason">): boolean {
  if (task.state !== "TASK_ERROR") return false;
  const { kind } = meaningOf(task.reason);
  return kind !== "race" && kind !== "moved";
}

/** When a process whose task ended alone is launched again; never by itself when it was refused. */
export function processRetryAtMs(task: Pick<TaskRecord, "state" | "reason">, failures: number, now: number): number {
  if (isRefused(task)) return Number.MAX_SAFE_INTEGER;
  const { kind } = meaningOf(task.reason);
  if (kind === "race") return now;
  return now + backoffMs(kind === "limit" ? slowRetry : processRetry, failures);
}

/** The kind of failure of a launch whose tasks have all ended. */
export function classifyFailure(launch: LaunchRecord, rules: UnitRules): FailureKind {
  const task = unitTaskOf(launch);
  if (task === undefined) return "ordinary";
  if (isRefused(task)) return "invalid";
  const { kind } = meaningOf(task.reason);
  if (task.state === "TASK_ERROR" || (kind === "race" && task.startedAtMs === 0)) return "lost-offer";
  if (task.state === "TASK_DROPPED" && kind !== "crash" && kind !== "limit") return "lost-offer";
  // Stored before ACCEPT and without an update: the scheduler ended between the two, or the ACCEPT was lost.
  if (task.state === "TASK_GONE" && task.statusUuid === "") return "lost-offer";
  if (task.state === "TASK_GONE_BY_OPERATOR" || kind === "moved") return "moved";
  // A unit that ran well until then is launched again at once, like one that crashed.
  if (kind === "limit") return launch.readyAtMs > 0 ? "ordinary" : "configuration";
  const report = reportOf(task);
  const stays = report?.kind === "unit" && rules.needsHelp(report.value);
  return task.state === "TASK_FAILED" && task.startedAtMs === 0 && stays ? "configuration" : "ordinary";
}

export function retryDelayMs(kind: FailureKind, failures: number): number {
  switch (kind) {
    case "lost-offer":
    case "moved":
      return 0;
    case "ordinary":
      // A unit that ran, and whose executor or container died, is launched again at once. If it dies again, there is a
      // lasting reason.
      return failures === 0 ? 0 : backoffMs(unitRetry, failures - 1);
    case "configuration":
      return backoffMs(slowRetry, failures);
    case "invalid":
      return Number.MAX_SAFE_INTEGER;
  }
}

/**
 * What Mesos' reason adds to the reported text; "" when it adds nothing. The cause of a crash is a guess, and the
 * executor knows better. For its unit the executor itself says what to do.
 */
export function adviceOf(task: Pick<TaskRecord, "process" | "reason" | "source" | "message">): string {
  const { kind, advice } = meaningOf(task.reason);
  const told = task.source === "SOURCE_EXECUTOR" && task.message !== "";
  return told && (kind === "crash" || task.process === "") ? "" : advice;
}

/**
 * Why a task ended: first the best text (the executor's with Docker's or the wrapper's, otherwise the agent's), then
 * Mesos' reason.
 */
export function describeEnd(task: TaskRecord): string {
  const report = reportOf(task);
  const detail = report?.kind === "unit" ? report.value.detail : report?.kind === "process" ? report.value.reason : "";
  // A container's output is shown beside the reason, not in it.
  const beside = report?.kind === "unit" && report.value.output !== "";
  const words = task.message !== "" && !beside ? task.message : detail;
  const advice = adviceOf(task);
  const reason = `${task.reason}${advice === "" ? "" : `: ${advice}`}`;
  const { state } = task;
  if (words === "") return withoutSecrets(reason === "" ? state : `${state} (${reason})`);
  return withoutSecrets(`${words} (${state}${reason === "" ? "" : `, ${reason}`})`);
}
