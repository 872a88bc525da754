// Elections in memory for tests that decide themselves when a lease runs out and when the storage does not answer.

import type { Election, SchedulerAddress, Term } from "../../store/election.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { StoreError } from "../../store/store.ts";

export class FakeTerm implements Term {
  readonly store = new MemoryStore();
  readonly #abort = new AbortController();
  readonly lost = this.#abort.signal;
  readonly #onEnd: () => void;
  resigned = false;
  /** False as after a SIGSTOP: the lease has run out, and no timer has run yet. */
  leaseRuns = true;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  holds(): boolean {
    return this.leaseRuns && !this.lost.aborted;
  }

  lose(words = "the lease ran out"): void {
    this.#onEnd();
    this.#abort.abort(new StoreError("not_leader", words));
  }

  confirm = async (): Promise<void> => {
    if (!this.holds()) throw this.lost.reason ?? new StoreError("not_leader", "the lease ran out");
  };

  resign = async (): Promise<void> => {
    this.resigned = true;
    this.lose("it resigned");
  };
}

/** The storage that several fake elections share. */
export class FakePlace {
  holder: { readonly address: SchedulerAddress; readonly term: FakeTerm } | undefined;
  readonly #waiting: (() => void)[] = [];
  /** While true, no scheduler can be elected, and none sees who leads. */
  away = false;

  election(): Election {
    return {
      campaign: async (self, signal) => {
        while (this.holder !== undefined || this.away) {
          const { promise, resolve } = Promise.withResolvers<void>();
          this.#waiting.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
          await promise;
          signal.throwIfAborted();
        }
        const term = new FakeTerm(() => {
          if (this.holder?.term === term) this.release();
        });
        this.holder = { address: self, term };
        return term;
      },
      leader: () => (this.away ? undefined : this.holder?.address),
      close: async () => undefined,
    };
  }

  /** Removes the leader's key: the next candidate gets it. */
  release(): void {
    this.holder = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  setAway(away: boolean): void {
    this.away = away;
    if (!away) for (const wake of this.#waiting.splice(0)) wake();
  }
}
