// Who leads among schedulers that share a store. The leader gets a Term, whose store fences every commit with this very
// leadership: after the term is lost no commit of it can ever succeed, whatever its owner believes.
import type { Store } from "./store.ts";

/** How a scheduler is found by the others. */
export interface SchedulerAddress {
  /** Unique for this run of the program. */
  readonly id: string;
  /** `http://host:port` of its REST API. */
  readonly url: string;
}

/** One uninterrupted leadership. */
export interface Term {
  /** Every commit is guarded by the leadership's own key and fails with `not_leader` once that is gone. */
  readonly store: Store;
  /**
   * False as soon as the lease may have run out by this process' clocks (a process that wakes from SIGSTOP sees
   * it before anything else), or when the storage says that it is lost. Never becomes true again.
   */
  holds(): boolean;
  /** Aborts when `holds` becomes false; its reason is a StoreError `not_leader` with words for an operator. */
  readonly lost: AbortSignal;
  /**
   * Asks the storage whether it holds, whatever this process' clocks say: in a virtual machine that was stopped and goes on
   * they may have stood still with it. Rejects with the reason of the loss, or with `store_unavailable`.
   */
  confirm(): Promise<void>;
  /** Gives the leadership up at once, so that another scheduler need not wait for the lease to run out. */
  resign(): Promise<void>;
}

export interface Election {
  /**
   * Waits until this scheduler leads; rejects when `signal` aborts. An unavailable storage is waited for. Called again
   * after a lost term. One campaign at a time.
   */
  campaign(self: SchedulerAddress, signal: AbortSignal): Promise<Term>;
  /** The leader as last seen by watching the storage; undefined while there is none, or while nobody can tell. */
  leader(): SchedulerAddress | undefined;
  /** Ends every campaign and watch; does not resign a term. */
  close(): Promise<void>;
}

/** What -storage_type opens: an election, and what there is to say about the storage itself. */
export interface Storage {
  readonly election: Election;
  /** False for storage that a restart of the scheduler empties. */
  readonly durable: boolean;
  /** True when other schedulers can take over. */
  readonly shared: boolean;
  /** True when the storage answers (also for a scheduler that does not lead). */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}
