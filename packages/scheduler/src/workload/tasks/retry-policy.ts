// How soon a node or a process that ended is launched again. Kinds of failure differ: a lost race for an offer is tried
// again at once, a broken executor once at once and then with backoff, what an operator must mend slowly, what Mesos calls
// invalid never.
import type { LaunchRecord, TaskRecord } from "../records/records.ts";
import { reportOf, unitTaskOf } from "../records/records.ts";
import { withoutSecrets } from "./redaction.ts";
import { meaningOf } from "./status-reasons.ts";

export interface RetryDelays {
  readonly baseMs: number;
  readonly maxMs: number;
}

const nodeRetry: RetryDelays = { baseMs: 2_000, maxMs: 120_000 };
const slowRetry: RetryDelays = { baseMs: 30_000, maxMs: 600_000 };
const processRetry: RetryDelays = { baseMs: 1_000, maxMs: 120_000 };
/** A node that ran this long begins to count its failures anew. */
export const settledAfterMs = 600_000;

/** `base * 2^failures`, at most `max`. */
export function backoffMs({ baseMs, maxMs }: RetryDelays, failures: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
}

/** `moved`: the place went away, not the node; `configuration`: tried again slowly. */
export type FailureKind = "lost-offer" | "moved" | "ordinary" | "configuration" | "invalid";

/** Steps of the executor where Docker refuses for reasons that stay: no such image, no such network, address in use. */
const configurationSteps = new Set(["image", "network", "container"]);

/** What Docker and the host refuse for as long as nobody mends it, whichever step it shows in: `KubeNodeReport.cause`. */
const configurationCauses = new Set(["name_taken", "volume_taken", "docker_permission", "privileges_missing"]);

/** True when Mesos calls the task itself invalid: the same again would be refused again. */
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

/** Of a launch whose tasks are all terminal. */
export function classifyFailure(launch: LaunchRecord): FailureKind {
  const task = unitTaskOf(launch);
  if (task === undefined) return "ordinary";
  if (isRefused(task)) return "invalid";
  const { kind } = meaningOf(task.reason);
  if (task.state === "TASK_ERROR" || (kind === "race" && task.startedAtMs === 0)) return "lost-offer";
  if (task.state === "TASK_DROPPED" && kind !== "crash" && kind !== "limit") return "lost-offer";
  // Stored before ACCEPT, never heard of: the scheduler ended between the two, or the ACCEPT was lost.
  if (task.state === "TASK_GONE" && task.statusUuid === "") return "lost-offer";
  if (task.state === "TASK_GONE_BY_OPERATOR" || kind === "moved") return "moved";
  // One that ran well until then is missed at once, like one that crashed.
  if (kind === "limit") return launch.readyAtMs > 0 ? "ordinary" : "configuration";
  const report = reportOf(task);
  const { step, cause } = report?.kind === "kubeNode" ? report.value : { step: "", cause: "" };
  const stays = configurationSteps.has(step) || configurationCauses.has(cause);
  return task.state === "TASK_FAILED" && task.startedAtMs === 0 && stays ? "configuration" : "ordinary";
}

export function retryDelayMs(kind: FailureKind, failures: number): number {
  switch (kind) {
    case "lost-offer":
    case "moved":
      return 0;
    case "ordinary":
      // A node that ran, and whose executor or container died, is missed at once; one that dies again has a reason.
      return failures === 0 ? 0 : backoffMs(nodeRetry, failures - 1);
    case "configuration":
      return backoffMs(slowRetry, failures);
    case "invalid":
      return Number.MAX_SAFE_INTEGER;
  }
}

/**
 * What Mesos' reason adds to what was said, in words; "" when it adds nothing. What a crash may have been is a guess, and the
 * executor knows better; of its node it says itself what to do.
 */
export function adviceOf(task: Pick<TaskRecord, "process" | "reason" | "source" | "message">): string {
  const { kind, advice } = meaningOf(task.reason);
  const told = task.source === "SOURCE_EXECUTOR" && task.message !== "";
  return told && (kind === "crash" || task.process === "") ? "" : advice;
}

/**
 * Why a task ended: first the best words there are (the executor's with Docker's or the wrapper's, else the agent's), behind
 * them what Mesos calls it.
 */
export function describeEnd(task: TaskRecord): string {
  const report = reportOf(task);
  const detail =
    report?.kind === "kubeNode" ? report.value.detail : report?.kind === "process" ? report.value.reason : "";
  // What a container wrote stands beside the reason, not in it.
  const beside = report?.kind === "kubeNode" && report.value.output !== "";
  const words = task.message !== "" && !beside ? task.message : detail;
  const advice = adviceOf(task);
  const reason = `${task.reason}${advice === "" ? "" : `: ${advice}`}`;
  const { state } = task;
  if (words === "") return withoutSecrets(reason === "" ? state : `${state} (${reason})`);
  return withoutSecrets(`${words} (${state}${reason === "" ? "" : `, ${reason}`})`);
}
