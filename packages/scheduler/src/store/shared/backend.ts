// The port to a storage that several schedulers share: the leader's lock, and the transactions by which the leader changes what is
// stored. FencedStore is built on it.
import type { SchedulerAddress } from "../election.ts";

/** One change of one stored text. Keys begin with `data/` or `journal/`. */
export interface Change {
  readonly key: string;
  /** The new text; undefined deletes the key. */
  readonly text: string | undefined;
  /** Whether the key exists before the change. The leader knows it, because only the leader writes. */
  readonly exists: boolean;
}

export interface Transaction {
  /** The transaction is applied only if the head has this text; undefined: only if there is no head. */
  readonly head: string | undefined;
  /** Text of the head after the transaction. */
  readonly next: string;
  readonly changes: readonly Change[];
}

/** `fenced`: the leadership is gone. `moved`: the head had another text. Both carry the head as it is now. */
export type TransactionOutcome =
  | { readonly kind: "applied" }
  | { readonly kind: "fenced"; readonly head: string | undefined }
  | { readonly kind: "moved"; readonly head: string | undefined };

export interface BackendLimits {
  readonly changes: number;
  readonly bytes: number;
}

/** Calls reject with StoreErrors. After `store_unavailable` a transaction may have been applied or not. */
export interface Backend {
  readonly limits: BackendLimits;
  head(): Promise<string | undefined>;
  /** Every key below `data/` and `journal/`. */
  keys(): Promise<readonly string[]>;
  read(key: string): Promise<string | undefined>;
  /** The texts of those keys that exist, in the given order. */
  readAll(keys: readonly string[]): Promise<readonly { readonly key: string; readonly text: string }[]>;
  /** Applies a transaction atomically, if this leadership is the present one and the head is the expected one. */
  apply(transaction: Transaction): Promise<TransactionOutcome>;
}

/** The leader's lock while this process has it. */
export interface HeldLock {
  readonly backend: Backend;
  /** Monotonic milliseconds. Until then no other process can take the lock. */
  readonly validUntil: number;
  /** Renews the lock: the new `validUntil`, or "lost" when the storage says that this process has it no longer. */
  renew(): Promise<number | "lost">;
  /** Gives the lock up. When the storage does not answer, the lock runs out by itself. */
  release(): Promise<void>;
}

/**
 * The lock in a storage that at most one scheduler has at a time: the one that leads. Calls reject with StoreErrors, with
 * `store_unavailable` when the storage does not answer.
 */
export interface LeaderLock {
  /** The scheduler that has the lock. */
  observe(): Promise<SchedulerAddress | undefined>;
  /** The head, so that the format can be checked before a campaign. */
  head(): Promise<string | undefined>;
  /** Takes the lock when it is free; undefined while another scheduler has it. */
  take(self: SchedulerAddress): Promise<HeldLock | undefined>;
  /** After a campaign without success: removes what `take` has left in the storage, for example a candidate. */
  withdraw(): Promise<void>;
  close(): Promise<void>;
}
