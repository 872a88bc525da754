// Decides which waiting commits go into one transaction together: as many as fit, in their order, each with a revision of its own.
// Pure.
import { conflict } from "../memory-store.ts";
import type { CommitGuard, StoreError } from "../store.ts";
import type { BackendLimits } from "./backend.ts";
import { costOf, type Entry } from "./entry-text.ts";

export interface WaitingCommit {
  readonly changes: readonly { readonly key: string; readonly json: string | undefined }[];
  readonly guard: CommitGuard | undefined;
}

export interface Batch<C extends WaitingCommit> {
  /** The commits taken from the front of the queue, each with its outcome once the transaction is applied. */
  readonly taken: readonly { readonly commit: C; readonly outcome: { readonly revision: number } | StoreError }[];
  /** The last state of each key that the batch changes. */
  readonly entries: readonly Entry[];
  readonly revision: number;
  /** True when a single commit is larger than a transaction may be. It goes through the journal. */
  readonly big: boolean;
}

/**
 * `revisionOf` knows the revision of every key that a guard of the waiting commits names (0: it does not exist);
 * `revision` is the store's.
 */
export function takeBatch<C extends WaitingCommit>(
  waiting: readonly C[],
  revision: number,
  revisionOf: (key: string) => number,
  limits: BackendLimits,
): Batch<C> {
  const taken: { readonly commit: C; readonly outcome: { readonly revision: number } | StoreError }[] = [];
  const entries = new Map<string, Entry>();
  let last = revision;
  let bytes = 0;
  const present = (key: string) => {
    const entry = entries.get(key);
    if (entry !== undefined) return entry.json === undefined ? 0 : entry.revision;
    return revisionOf(key);
  };
  for (const commit of waiting) {
    const failed = commit.guard?.expect.find(({ key, revision: expected }) => present(key) !== expected);
    if (failed !== undefined) {
      taken.push({ commit, outcome: conflict(failed.key, failed.revision, present(failed.key)) });
      continue;
    }
    const added = commit.changes.filter(({ key }) => !entries.has(key)).length;
    const cost = commit.changes.reduce((sum, { key, json }) => sum + costOf(key, json), 0);
    const fits = entries.size + added <= limits.changes && bytes + cost <= limits.bytes;
    if (!fits && entries.size > 0) break;
    if (commit.changes.length > 0) last += 1;
    bytes += cost;
    for (const { key, json } of commit.changes) entries.set(key, { key, json, revision: last });
    taken.push({ commit, outcome: { revision: last } });
    if (!fits) return { taken, entries: [...entries.values()], revision: last, big: true };
  }
  return { taken, entries: [...entries.values()], revision: last, big: false };
}
