// Who waits for too long gets its turn. Clusters that come later may pass one that does not fit, or it would hold them all up;
// but then many small ones could take for ever what a large one needs. So of every ten minutes five belong to one cluster that
// has waited for ten: the agents that come nearest to what it needs are kept off from clusters that are younger, and room
// gathers there. The next ten minutes are the next such cluster's. What is owed a place (`isOwed`) is never kept off. Pure.

/** From then on a cluster is given turns. */
export const agedMs = 600_000;
export const cycleMs = 600_000;
/** Of each cycle. */
export const turnMs = 300_000;

export interface Turn {
  readonly cluster: string;
  /** Number of the cycle. */
  readonly cycle: number;
  readonly untilMs: number;
  /** Agents that are kept for it: one for each master, or node, that does not fit. */
  readonly agents: ReadonlySet<string>;
}

/** A cluster that waits for offers. */
export interface TurnCandidate {
  readonly cluster: string;
  readonly sinceMs: number;
}

/** Whose turn it is now; `before` as it was at the last look, for a turn is not cut short by others that come or go. */
export function turnAt(candidates: readonly TurnCandidate[], before: Turn | undefined, now: number): Turn | undefined {
  if (now % cycleMs >= turnMs) return undefined;
  const aged = candidates.filter(({ sinceMs }) => now - sinceMs >= agedMs);
  const cycle = Math.floor(now / cycleMs);
  if (before?.cycle === cycle && aged.some(({ cluster }) => cluster === before.cluster)) return before;
  const next = aged[cycle % aged.length];
  return next && { cluster: next.cluster, cycle, untilMs: cycle * cycleMs + turnMs, agents: new Set() };
}

/** Goes on after the host's name. */
export function turnMessage({ cluster, untilMs }: Turn): string {
  return `is kept for cluster ${cluster}, which has waited for longer, until ${new Date(untilMs).toISOString()}`;
}
