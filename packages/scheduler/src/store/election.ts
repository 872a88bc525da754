// The election of a leader among schedulers that share a store. The leader gets a Term. The term's store guards every commit
// with the key of this leadership: after the term is lost, no commit through its store can succeed.
import type { Store } from "./store.ts";

/** By this the other schedulers find a scheduler. */
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
   * False as soon as the lease may have run out by this process' clocks, or when the storage says that the leadership is
   * lost. A process that continues after SIGSTOP sees it at the first question. Never becomes true again.
   */
  holds(): boolean;
  /** Aborts when `holds` becomes false. The reason is a StoreError `not_leader` whose text is for an operator. */
  readonly lost: AbortSignal;
  /**
   * Asks the storage whether the term holds. The clocks of this process do not suffice: when a virtual machine is stopped and
   * goes on, they may have stood still too. Rejects with the reason of the loss, or with `store_unavailable`.
   */
  confirm(): Promise<void>;
  /** Gives the leadership up at once, so that another scheduler need not wait for the lease to run out. */
  resign(): Promise<void>;
}

export interface Election {
  /**
   * Waits until this scheduler leads, also while the storage is not available; rejects when `signal` aborts. Call it again
   * after a lost term. Only one campaign may run at a time.
   */
  campaign(self: SchedulerAddress, signal: AbortSignal): Promise<Term>;
  /** The leader that was last seen in the storage; undefined while there is none, or while the storage does not answer. */
  leader(): SchedulerAddress | undefined;
  /** Ends every campaign and watch; does not resign a term. */
  close(): Promise<void>;
}

/** What -storage_type opens: the election, and the properties of the storage. */
export interface Storage {
  readonly election: Election;
  /** False for a storage that loses everything when the scheduler restarts. */
  readonly durable: boolean;
  /** True for a storage that several schedulers can use, so that another one can take over. */
  readonly shared: boolean;
  /** True when the storage answers. A scheduler that does not lead may ask too. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}
