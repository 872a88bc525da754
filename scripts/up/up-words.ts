// What `make status` says about a `make up` that runs or has not come to its end. Pure.

export interface RunningUp {
  /** undefined when it has ended before the cluster was up. */
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
