// Events of Mesos that wait for the loop, in order. The queue is bounded: while it is full, `push` does not resolve,
// nothing more is read from the stream, and Mesos waits. Events that are worthless without their subscription leave the
// queue when it is lost.
import type { HandledSchedulerEvent } from "@cke/mesos";

/** Enough for one update of every task of a large workload. An update takes one or two KiB. */
const defaultLimit = 10_000;

/** Events that are worthless without the subscription that they came over. */
const ofOffers: ReadonlySet<HandledSchedulerEvent["type"]> = new Set([
  "OFFERS",
  "RESCIND",
  "INVERSE_OFFERS",
  "RESCIND_INVERSE_OFFER",
]);

export interface QueuedEvent {
  readonly event: HandledSchedulerEvent;
  /** Number of the subscription that the event came over. */
  readonly epoch: number;
}

export class EventQueue {
  readonly #limit: number;
  #queue: QueuedEvent[] = [];
  #head = 0;
  /** Ids of the waiting updates, because Mesos repeats an update until it is acknowledged. */
  readonly #uuids = new Set<string>();
  #waiting: (() => void)[] = [];
  #epoch = 0;
  #closed = false;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#queue.length - this.#head;
  }

  /** Number of the present subscription. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Takes the event. Resolves when the next one may be read. */
  push(event: HandledSchedulerEvent): Promise<void> {
    if (this.#closed) return Promise.resolve();
    // A rescinded offer that waits here is removed. One that does not may be pooled (`offer-pool.ts`).
    if (event.type === "RESCIND" && this.#rescind(event.rescind.offer_id.value)) return Promise.resolve();
    if (this.#isNew(event)) this.#queue.push({ event, epoch: this.#epoch });
    if (this.size < this.#limit) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Kind of the oldest event. */
  get next(): HandledSchedulerEvent["type"] | undefined {
    return this.#queue[this.#head]?.event.type;
  }

  /** Takes the oldest event, or the first updates, at most `limit`. Give them to `done` or to `putBack` afterwards. */
  take(limit: number): readonly QueuedEvent[] {
    const first = this.#queue[this.#head];
    if (first === undefined) return [];
    let end = this.#head + 1;
    if (first.event.type === "UPDATE") {
      while (end - this.#head < limit && this.#queue[end]?.event.type === "UPDATE") end += 1;
    }
    const taken = this.#queue.slice(this.#head, end);
    this.#head = end;
    if (this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** The events were handled. */
  done(events: readonly QueuedEvent[]): void {
    for (const { event } of events) this.#forget(event);
    this.#release();
  }

  /** Puts events back in front of all others. */
  putBack(events: readonly QueuedEvent[]): void {
    if (this.#closed) return;
    this.#queue = [...events, ...this.#queue.slice(this.#head)];
    this.#head = 0;
  }

  /** Removes all offers and returns their ids. */
  withdrawOffers(): readonly string[] {
    const ids = this.#queue
      .slice(this.#head)
      .flatMap(({ event }) => (event.type === "OFFERS" ? (event.offers.offers ?? []).map(({ id }) => id.value) : []));
    this.#keep(({ event }) => event.type !== "OFFERS");
    return ids;
  }

  /** The subscription is lost: its offers are worthless, its updates and messages are still true. */
  disconnected(): void {
    this.#epoch += 1;
    this.#keep(({ event: { type } }) => !ofOffers.has(type));
  }

  /** Drops everything. Later events are ignored. */
  close(): void {
    this.#closed = true;
    this.#keep(() => false);
  }

  #isNew(event: HandledSchedulerEvent): boolean {
    if (event.type !== "UPDATE" || event.update.status.uuid === undefined) return true;
    const { uuid } = event.update.status;
    if (this.#uuids.has(uuid)) return false;
    this.#uuids.add(uuid);
    return true;
  }

  #forget(event: HandledSchedulerEvent | undefined): void {
    if (event?.type === "UPDATE" && event.update.status.uuid !== undefined)
      this.#uuids.delete(event.update.status.uuid);
  }

  /** True when the offer waited here. */
  #rescind(offerId: string): boolean {
    for (const [index, queued] of this.#queue.entries()) {
      const { event } = queued;
      if (index < this.#head || event.type !== "OFFERS") continue;
      const offers = (event.offers.offers ?? []).filter(({ id }) => id.value !== offerId);
      if (offers.length === event.offers.offers?.length) continue;
      this.#queue[index] = { ...queued, event: { ...event, offers: { ...event.offers, offers } } };
      return true;
    }
    return false;
  }

  #keep(wanted: (queued: QueuedEvent) => boolean): void {
    const waiting = this.#queue.slice(this.#head);
    this.#queue = waiting.filter(wanted);
    this.#head = 0;
    for (const queued of waiting) if (!wanted(queued)) this.#forget(queued.event);
    this.#release();
  }

  #release(): void {
    if (this.size >= this.#limit) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
