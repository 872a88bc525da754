// Gives turns to workloads that have waited for long. Younger workloads may be placed before one that does not fit, or it
// would block them all. But then many small ones could always take what a large one needs. So of every ten minutes five
// belong to one workload that has waited for ten: the agents that come nearest to its requests are closed to younger
// workloads, so that their resources become free for it. The next ten minutes belong to the next such workload. A request
// that has its place already (`hasPlace`) is never kept away. Pure.

/** After this time a workload gets turns. */
export const agedMs = 600_000;
export const cycleMs = 600_000;
/** Length of a turn in each cycle. */
export const turnMs = 300_000;

export interface Turn {
  readonly workload: string;
  /** Number of the cycle. */
  readonly cycle: number;
  readonly untilMs: number;
  /** Agents that are kept for it: one for each stateful or other unit that does not fit. */
  readonly agents: ReadonlySet<string>;
}

/** A workload that waits for offers. */
export interface TurnCandidate {
  readonly workload: string;
  readonly sinceMs: number;
}

/** The present turn. `before`: the turn at the last match; a turn does not end early because workloads come or go. */
export function turnAt(candidates: readonly TurnCandidate[], before: Turn | undefined, now: number): Turn | undefined {
  if (now % cycleMs >= turnMs) return undefined;
  const aged = candidates.filter(({ sinceMs }) => now - sinceMs >= agedMs);
  const cycle = Math.floor(now / cycleMs);
  if (before?.cycle === cycle && aged.some(({ workload }) => workload === before.workload)) return before;
  const next = aged[cycle % aged.length];
  return next && { workload: next.workload, cycle, untilMs: cycle * cycleMs + turnMs, agents: new Set() };
}

/** To follow the host's name. */
export function turnMessage({ workload, untilMs }: Turn): string {
  return `is kept for ${workload}, which has waited for longer, until ${new Date(untilMs).toISOString()}`;
}
