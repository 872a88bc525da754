// The election over a shared storage: asks it again and again, takes the leader's lock when it is free, and renews it. Asking
// (instead of a watch) needs no connection that stays alive, so the election goes on by itself after every failure.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Election, SchedulerAddress, Term } from "../election.ts";
import { isStoreAway, StoreError } from "../store.ts";
import { TermLease } from "../term-lease.ts";
import type { HeldLock, LeaderLock } from "./backend.ts";
import { FencedStore } from "./fenced-store.ts";

export interface SharedElectionOptions {
  readonly lock: LeaderLock;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
  readonly ttlMs: number;
}

/** A commit waits this many milliseconds to be sent while the storage does not answer. */
const patienceMs = 5_000;

export class SharedElection implements Election {
  readonly #options: SharedElectionOptions;
  readonly #closed = new AbortController();
  #watching: Promise<void> | undefined;
  #leader: SchedulerAddress | undefined;
  #seenAt = Number.NEGATIVE_INFINITY;
  #term: TermLease | undefined;

  constructor(options: SharedElectionOptions) {
    this.#options = options;
  }

  /** Begins to watch who leads. */
  start(): void {
    this.#watching ??= this.#watch();
  }

  async campaign(self: SchedulerAddress, signal: AbortSignal): Promise<Term> {
    const { lock, clock, logger } = this.#options;
    if (this.#term?.holds()) throw new TypeError("this scheduler leads already");
    const either = AbortSignal.any([signal, this.#closed.signal]);
    let warned = false;
    try {
      for (;;) {
        either.throwIfAborted();
        const held = await lock.take(self).catch((error: unknown) => {
          if (!isStoreAway(error)) throw error;
          if (!warned) logger.warning("waiting for the storage", { reason: messageOf(error) });
          warned = true;
          return undefined;
        });
        if (held !== undefined) {
          const term = await this.#begin(self, held, either);
          if (term !== undefined) return term;
        }
        await clock.sleep(this.#pollMs, either);
      }
    } finally {
      if (this.#term === undefined || this.#term.lost.aborted) await lock.withdraw().catch(() => {});
    }
  }

  leader(): SchedulerAddress | undefined {
    return this.#options.clock.monotonic() - this.#seenAt > this.#options.ttlMs ? undefined : this.#leader;
  }

  async close(): Promise<void> {
    this.#closed.abort(new StoreError("store_closed", "the storage is closed"));
    await this.#watching;
  }

  get #pollMs(): number {
    return Math.min(1_000, Math.max(100, this.#options.ttlMs / 20));
  }

  /** Begins the term of a lock that was taken; undefined when the lock was lost before the term began. */
  async #begin(self: SchedulerAddress, held: HeldLock, signal: AbortSignal): Promise<Term | undefined> {
    const { clock, logger, where } = this.#options;
    const lease = new TermLease(clock, held.validUntil);
    this.#term = lease;
    // The lock is given up however the term ends. Otherwise no other scheduler could lead for as long as the storage
    // sees this process alive.
    const over = this.#renew(held, lease).then(() =>
      held.release().catch((error: unknown) => {
        logger.warning("the leadership could not be given up; it runs out", { reason: messageOf(error) });
      }),
    );
    const end = async (words: string) => {
      lease.lose(words);
      await over;
    };
    let store: FencedStore;
    try {
      store = await FencedStore.open({ backend: held.backend, lease, clock, logger, where, patienceMs });
      signal.throwIfAborted();
    } catch (error) {
      await end("the term could not begin");
      logger.warning("the term could not begin", { where, reason: messageOf(error) });
      if (isStoreAway(error) || (error instanceof StoreError && error.code === "not_leader")) return undefined;
      throw error;
    }
    this.#leader = self;
    this.#seenAt = clock.monotonic();
    logger.info("this scheduler leads", { where });
    return {
      store,
      holds: () => lease.holds(),
      lost: lease.lost,
      confirm: async () => {
        await this.#renewOnce(held, lease);
        lease.check();
      },
      resign: () => end("this scheduler gave the leadership up"),
    };
  }

  async #renew(held: HeldLock, lease: TermLease): Promise<void> {
    const { clock } = this.#options;
    // A quarter of the time that was granted. ZooKeeper may grant less than was asked for: at most 20 ticks.
    const quarter = () => Math.max(100, lease.remainingMs / 4);
    let wait = quarter();
    while (lease.holds()) {
      try {
        await clock.sleep(Math.min(wait, Math.max(1, lease.remainingMs)), lease.lost);
        await this.#renewOnce(held, lease);
        wait = quarter();
      } catch {
        wait = 100; // `lease.holds` ends the loop when renewals have failed for too long
      }
    }
  }

  async #renewOnce(held: HeldLock, lease: TermLease): Promise<void> {
    const outcome = await held.renew();
    if (outcome === "lost") lease.lose("the storage says that the leadership has ended");
    else lease.renew(outcome);
  }

  async #watch(): Promise<void> {
    const { lock, clock, logger } = this.#options;
    const { signal } = this.#closed;
    let away = false;
    while (!signal.aborted) {
      try {
        this.#leader = await lock.observe();
        this.#seenAt = clock.monotonic();
        if (away) logger.info("the storage answers again", { where: this.#options.where });
        away = false;
      } catch (error) {
        if (!away && !signal.aborted) logger.warning("the storage does not answer", { reason: messageOf(error) });
        away = true;
      }
      await clock.sleep(this.#pollMs, signal).catch(() => {});
    }
  }
}
