// Takes events from the stream into a queue and has them handled in batches, between requests and ticks, so that a
// request waits for one batch at most. While the store is away events stay in the queue, and offers are declined. An
// event that fails for another reason is found among its batch and dropped alone.
import { type CkeError, type Clock, type Logger, TimeSlice } from "@cke/foundation";
import type { HandledSchedulerEvent } from "@cke/mesos";
import { isDeposed, isUnavailable, StoreOutage } from "../ledger/store-outage.ts";
import { EventQueue, type QueuedEvent } from "./event-queue.ts";

/** Most updates that are considered for one commit. Many may be of the same unit. */
const updatesPerBatch = 500;
/** An event that fails this often is dropped, because it would block all others. */
const maxFailures = 3;

export interface EventPumpParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random?: (() => number) | undefined;
  /** True when the store answers. */
  readonly healthy: () => Promise<boolean>;
  /** Runs work alone, after all work that was given before. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /**
   * Handles one event, or the first of several updates, and returns their number. `epoch`: number of the present
   * subscription.
   */
  readonly handle: (events: readonly QueuedEvent[], epoch: number) => Promise<number>;
  /** Takes the steps that follow. Never rejects. */
  readonly proceed: () => Promise<void>;
  readonly decline: (offerIds: readonly string[]) => Promise<void>;
  /** Called when this scheduler has lost the leadership. */
  readonly fatal: (error: CkeError) => void;
}

export class EventPump {
  readonly #parts: EventPumpParts;
  readonly #queue = new EventQueue();
  readonly #pace: TimeSlice;
  readonly outage: StoreOutage;
  #scheduled = false;
  /** Failures in a row that the store has not caused. */
  #failures = 0;
  /** Number of updates that are taken at once: one while the pump looks for the update that fails. */
  #limit = updatesPerBatch;
  #stopped = false;

  constructor(parts: EventPumpParts) {
    this.#parts = parts;
    const { clock, logger, random } = parts;
    this.#pace = new TimeSlice(clock);
    this.outage = new StoreOutage(clock, logger, () => this.#work(() => this.#retry()), random);
  }

  /** The connection's handler of events. Resolves when the next event may be read. */
  async receive(event: HandledSchedulerEvent): Promise<void> {
    if (this.#stopped) return;
    const space = this.#queue.push(event);
    if (this.outage.active) await this.#declineAll();
    this.#wake();
    await space;
  }

  /** The subscription is lost. */
  disconnected(): void {
    this.#queue.disconnected();
  }

  stop(): void {
    this.#stopped = true;
    this.outage.stop();
    this.#queue.close();
  }

  /**
   * Handles an error of the store: while it is unavailable everything waits; after a lost leadership everything ends.
   */
  failed(error: unknown): void {
    if (this.#stopped) return;
    if (isDeposed(error)) this.#parts.fatal(error);
    else if (isUnavailable(error)) this.#pause(error);
  }

  #wake(): void {
    if (this.#scheduled || this.#stopped || this.outage.active || this.#queue.size === 0) return;
    this.#scheduled = true;
    this.#work(async () => {
      this.#scheduled = false;
      try {
        await this.#round();
      } finally {
        this.#wake();
      }
    });
  }

  #work(work: () => Promise<void>): void {
    this.#parts.run(work).catch((error: unknown) => {
      this.#parts.logger.error("a round of the framework failed", { error });
    });
  }

  async #round(): Promise<void> {
    if (this.#stopped || this.outage.active) return;
    await this.#batch();
    if (!this.outage.active) await this.#parts.proceed();
    await this.#pace.pause();
  }

  async #batch(): Promise<void> {
    // Take the steps first, so that offers are matched with the present requests.
    if (this.#queue.next === "OFFERS") await this.#parts.proceed();
    if (!this.outage.active && !this.#stopped) await this.#deal();
  }

  /** False when the store failed. Then the events are in the queue again, except for offers. */
  async #deal(): Promise<boolean> {
    const events = this.#queue.take(this.#limit);
    try {
      const count = await this.#parts.handle(events, this.#queue.epoch);
      this.#queue.done(events.slice(0, count));
      this.#queue.putBack(events.slice(count));
      this.#failures = 0;
      this.#limit = Math.min(updatesPerBatch, this.#limit * 2);
      return true;
    } catch (error) {
      if (isDeposed(error)) {
        this.#queue.done(events);
        this.failed(error);
        return false;
      }
      if (isUnavailable(error)) {
        if (events[0]?.event.type === "OFFERS") this.#queue.done(events);
        else this.#queue.putBack(events);
        this.#pause(error);
        return false;
      }
      await this.#setAside(events, error);
      return true;
    }
  }

  /** Handles events that fail for another reason than the store. */
  async #setAside(events: readonly QueuedEvent[], error: unknown): Promise<void> {
    const [first] = events;
    this.#failures += 1;
    const offers = first?.event.type === "OFFERS" ? (first.event.offers.offers ?? []).map(({ id }) => id.value) : [];
    if (offers.length === 0 && (events.length > 1 || this.#failures < maxFailures)) {
      if (events.length > 1) this.#limit = 1;
      this.#queue.putBack(events);
      return;
    }
    this.#failures = 0;
    this.#limit = updatesPerBatch;
    this.#queue.done(events);
    // An unacknowledged update is sent again, and CKE asks for tasks that stay silent.
    this.#parts.logger.error("an event of the Mesos master cannot be dealt with and is dropped", {
      error,
      types: [...new Set(events.map(({ event }) => event.type))],
      ...taskOf(first),
    });
    if (offers.length > 0) await this.#parts.decline(offers);
  }

  #pause(error: unknown): void {
    this.outage.begin(error);
    void this.#declineAll();
  }

  async #retry(): Promise<void> {
    if (this.#stopped || !this.outage.active) return;
    const { next } = this.#queue;
    const writes = next === "UPDATE" || next === "SUBSCRIBED";
    if (!writes && !(await this.#parts.healthy())) {
      this.outage.begin(new Error("it does not answer"));
      return;
    }
    // The waiting events show whether the store can be written again.
    if (writes && !(await this.#deal())) return;
    this.outage.try();
    await this.#parts.proceed();
    if (!this.outage.active) this.outage.over();
    this.#wake();
  }

  async #declineAll(): Promise<void> {
    const ids = this.#queue.withdrawOffers();
    if (ids.length > 0) await this.#parts.decline(ids);
  }
}

function taskOf(queued: QueuedEvent | undefined): { readonly taskId?: string } {
  return queued?.event.type === "UPDATE" ? { taskId: queued.event.update.status.task_id.value } : {};
}
