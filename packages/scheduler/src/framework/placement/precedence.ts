// Gives precedence to workloads that have waited for long, to one at a time. Younger workloads may be placed before one
// that does not fit, or it would block them all. But then many small ones could always take what a large one needs. So of every ten minutes five
// belong to one workload that has waited for ten: the agents that come nearest to its requests are closed to younger
// workloads, so that their resources become free for it. The next ten minutes belong to the next such workload. A request
// that has its place already (`hasPlace`) is never kept away. Pure.

/** After this time a workload may get precedence. */
export const agedMs = 600_000;
export const cycleMs = 600_000;
/** How long one workload has precedence in each cycle. */
export const precedenceMs = 300_000;

export interface Precedence {
  readonly workload: string;
  /** Number of the cycle. */
  readonly cycle: number;
  readonly untilMs: number;
  /** Agents that are kept for it: one for each stateful or other unit that does not fit. */
  readonly agents: ReadonlySet<string>;
}

/** A workload that waits for offers. */
export interface PrecedenceCandidate {
  readonly workload: string;
  readonly sinceMs: number;
}

/** Who has precedence now. `before`: who had it at the last match; it does not end early because workloads come or go. */
export function precedenceAt(
  candidates: readonly PrecedenceCandidate[],
  before: Precedence | undefined,
  now: number,
): Precedence | undefined {
  if (now % cycleMs >= precedenceMs) return undefined;
  const aged = candidates.filter(({ sinceMs }) => now - sinceMs >= agedMs);
  const cycle = Math.floor(now / cycleMs);
  if (before?.cycle === cycle && aged.some(({ workload }) => workload === before.workload)) return before;
  const next = aged[cycle % aged.length];
  return next && { workload: next.workload, cycle, untilMs: cycle * cycleMs + precedenceMs, agents: new Set() };
}

/** To follow the host's name. */
export function precedenceMessage({ workload, untilMs }: Precedence): string {
  return `is kept for ${workload}, which has waited for longer, until ${new Date(untilMs).toISOString()}`;
}
