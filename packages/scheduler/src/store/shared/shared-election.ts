// Elections over a shared storage: looks at it again and again, takes the leadership when it is free, renews it while it
// has it. Looking (instead of being told) needs no connection to stay alive, so it works again by itself after anything.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Election, SchedulerAddress, Term } from "../election.ts";
import { isStoreAway, StoreError } from "../store.ts";
import { TermLease } from "../term-lease.ts";
import type { Seat, SeatKeeper } from "./backend.ts";
import { FencedStore } from "./fenced-store.ts";

export interface SharedElectionOptions {
  readonly keeper: SeatKeeper;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
  readonly ttlMs: number;
}

/** Milliseconds that a commit waits to be sent while the storage does not answer. */
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
    const { keeper, clock, logger } = this.#options;
    if (this.#term?.holds()) throw new TypeError("this scheduler leads already");
    const either = AbortSignal.any([signal, this.#closed.signal]);
    let warned = false;
    try {
      for (;;) {
        either.throwIfAborted();
        const seat = await keeper.take(self).catch((error: unknown) => {
          if (!isStoreAway(error)) throw error;
          if (!warned) logger.warning("waiting for the storage", { reason: messageOf(error) });
          warned = true;
          return undefined;
        });
        if (seat !== undefined) {
          const term = await this.#begin(self, seat, either);
          if (term !== undefined) return term;
        }
        await clock.sleep(this.#pollMs, either);
      }
    } finally {
      if (this.#term === undefined || this.#term.lost.aborted) await keeper.withdraw().catch(() => {});
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

  /** The term of a seat; undefined when it was lost before it began. */
  async #begin(self: SchedulerAddress, seat: Seat, signal: AbortSignal): Promise<Term | undefined> {
    const { clock, logger, where } = this.#options;
    const lease = new TermLease(clock, seat.validUntil);
    this.#term = lease;
    // However the term ends, the seat is given up: one that its holder no longer wants would keep everybody else out for
    // as long as the storage sees this process alive.
    const over = this.#renew(seat, lease).then(() =>
      seat.release().catch((error: unknown) => {
        logger.warning("the leadership could not be given up; it runs out", { reason: messageOf(error) });
      }),
    );
    const end = async (words: string) => {
      lease.lose(words);
      await over;
    };
    let store: FencedStore;
    try {
      store = await FencedStore.open({ backend: seat.backend, lease, clock, logger, where, patienceMs });
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
        await this.#renewOnce(seat, lease);
        lease.check();
      },
      resign: () => end("this scheduler gave the leadership up"),
    };
  }

  async #renew(seat: Seat, lease: TermLease): Promise<void> {
    const { clock } = this.#options;
    // Of what was granted, which may be less than what was asked for (ZooKeeper: 20 ticks at most).
    const quarter = () => Math.max(100, lease.remainingMs / 4);
    let wait = quarter();
    while (lease.holds()) {
      try {
        await clock.sleep(Math.min(wait, Math.max(1, lease.remainingMs)), lease.lost);
        await this.#renewOnce(seat, lease);
        wait = quarter();
      } catch {
        wait = 100; // the lease itself knows when this has gone on for too long
      }
    }
  }

  async #renewOnce(seat: Seat, lease: TermLease): Promise<void> {
    const outcome = await seat.renew();
    if (outcome === "lost") lease.lose("the storage says that the leadership has ended");
    else lease.renew(outcome);
  }

  async #watch(): Promise<void> {
    const { keeper, clock, logger } = this.#options;
    const { signal } = this.#closed;
    let away = false;
    while (!signal.aborted) {
      try {
        this.#leader = await keeper.observe();
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
