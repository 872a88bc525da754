// How often something was tried, when it is tried again, and why the try before failed. Pure.

import { type FailureRecord, isTerminal, reportOf, type TaskRecord, type UnitRecord } from "../records/records.ts";
import { failureOf } from "../tasks/failure.ts";
import type { StepView } from "./bring-up-view.ts";

export interface Try {
  /** Number of the present launch or of the next one, from 1. */
  readonly attempt: number;
  /** 0: as soon as possible, never by itself, or nothing is to be tried. */
  readonly nextMs: number;
  readonly failure: FailureRecord | undefined;
}

export const firstTry: Try = { attempt: 1, nextMs: 0, failure: undefined };

/** 0 for a time that has passed, and for one that never comes. */
const ahead = (ms: number, now: number) => (ms > now && ms < Number.MAX_SAFE_INTEGER ? ms : 0);

export function unitTry(record: UnitRecord, now: number): Try {
  const { launch, failures, lastFailure, blocked, retryAtMs } = record;
  // Records of older versions have only the text.
  const words = lastFailure === "" ? undefined : { reason: "", cause: "", message: lastFailure, output: "", atMs: 0 };
  const well = launch !== undefined && launch.readyAtMs > 0;
  return {
    attempt: failures + 1,
    nextMs: launch === undefined && !blocked ? ahead(retryAtMs, now) : 0,
    failure: well ? undefined : (record.failure ?? words),
  };
}

export function processTry(task: TaskRecord | undefined, now: number): Try {
  if (task === undefined) return firstTry;
  const report = reportOf(task);
  const ended = isTerminal(task);
  // The wrapper starts it again, and its task stays.
  const restart =
    !ended && report?.kind === "process" && report.value.phase === "backoff" ? report.value.nextStartMs : 0;
  const well = task.state === "TASK_FINISHED" || (task.state === "TASK_RUNNING" && task.healthy);
  return {
    attempt: task.failures + 1,
    nextMs: ended ? ahead(task.retryAtMs, now) : ahead(restart, now),
    failure: failureOf(task) ?? (well ? undefined : task.failure),
  };
}

export function tryView({ attempt, nextMs, failure }: Try): Pick<StepView, "attempt" | "next_try" | "failure"> {
  const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());
  if (failure === undefined) return { attempt, next_try: time(nextMs), failure: null };
  const { reason, cause, message, output, atMs } = failure;
  return { attempt, next_try: time(nextMs), failure: { reason, cause, message, output, time: time(atMs) } };
}
