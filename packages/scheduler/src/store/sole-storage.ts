// A storage for a single scheduler (memory, or a locked file): the scheduler leads as soon as it asks, and its leadership never
// runs out.
import { systemClock } from "@cke/foundation";
import type { Election, SchedulerAddress, Storage, Term } from "./election.ts";
import { type Store, StoreError } from "./store.ts";
import { TermLease } from "./term-lease.ts";
import { TermStore } from "./term-store.ts";

class SoleElection implements Election {
  readonly #store: Store;
  #leader: SchedulerAddress | undefined;
  #lease: TermLease | undefined;
  #closed = false;

  constructor(store: Store) {
    this.#store = store;
  }

  async campaign(self: SchedulerAddress, signal: AbortSignal): Promise<Term> {
    signal.throwIfAborted();
    if (this.#closed) throw new StoreError("store_closed", "the storage is closed");
    if (this.#lease?.holds()) throw new TypeError("this scheduler leads already");
    const lease = new TermLease(systemClock, Number.POSITIVE_INFINITY);
    this.#lease = lease;
    this.#leader = self;
    return {
      store: new TermStore(this.#store, lease),
      holds: () => lease.holds(),
      lost: lease.lost,
      confirm: async () => lease.check(),
      resign: async () => {
        lease.lose("this scheduler gave the leadership up");
        this.#leader = undefined;
      },
    };
  }

  leader(): SchedulerAddress | undefined {
    return this.#leader;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

/** `durable`: false for a store that a restart empties. The storage owns the store. */
export function soleStorage(store: Store, durable: boolean): Storage {
  const election = new SoleElection(store);
  return {
    election,
    durable,
    shared: false,
    healthy: () => store.healthy(),
    close: async () => {
      await election.close();
      await store.close();
    },
  };
}
