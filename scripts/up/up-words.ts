// The lines of `make status` about a `make up` that runs or was not finished, and about the absence of a scheduler.
// Pure.
import type { LeftRunning } from "./left-running.ts";

export interface RunningUp {
  /** Undefined when it ended before the cluster was up. */
  readonly pid: number | undefined;
  /** ISO 8601; "" when it is not known. */
  readonly since: string;
  /** The last line that it has shown. */
  readonly words: string;
}

export function upWords({ pid, since, words }: RunningUp, now: number): string {
  const minutes = Math.floor((now - Date.parse(since)) / 60_000);
  const last = words === "" ? "it has just begun" : words;
  if (pid === undefined)
    return `the last make up ended before the cluster was up (make up goes on from there): ${last}`;
  return `make up runs (pid ${pid}${Number.isNaN(minutes) ? "" : `, for ${minutes} min`}): ${last}`;
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;

/**
 * The text when no scheduler runs; "" when none was started since the last `make down`. `started`: one was started.
 * `log`: its log file.
 */
export function noSchedulerWords({ containers, executors }: LeftRunning, started: boolean, log: string): string {
  if (!started && executors === 0 && (containers ?? 0) === 0) return "";
  const scheduler = started ? `cke-scheduler does not run (its last words: ${log})` : "cke-scheduler does not run";
  if (containers === 0 && executors === 0)
    return `${scheduler}, and nothing of make up runs on: make up starts it again`;
  const nodes =
    containers === undefined
      ? "node containers (the Docker engine does not say how many)"
      : count(containers, "node container");
  const running = `${nodes} and ${count(executors, "executor")}`;
  return `${scheduler}; ${running} of make up run on: make up starts it again and restarts none of them`;
}
