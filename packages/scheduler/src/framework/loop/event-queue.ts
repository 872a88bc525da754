// Events of Mesos that wait for the loop, in order. Bounded: while it is full, `push` does not resolve, nothing more is
// read from the stream, and Mesos waits. What a lost subscription makes worthless leaves it at once.
import type { HandledSchedulerEvent } from "@cke/mesos";

/** Enough for every task of a large cluster to speak once; an update takes one or two KiB. */
const defaultLimit = 10_000;

/** What is worth nothing without the subscription that it came over. */
const ofOffers: ReadonlySet<HandledSchedulerEvent["type"]> = new Set([
  "OFFERS",
  "RESCIND",
  "INVERSE_OFFERS",
  "RESCIND_INVERSE_OFFER",
]);

export interface QueuedEvent {
  readonly event: HandledSchedulerEvent;
  /** Number of the subscription that it came over. */
  readonly epoch: number;
}

export class EventQueue {
  readonly #limit: number;
  #queue: QueuedEvent[] = [];
  #head = 0;
  /** Updates that wait: the same update comes again and again until it is acknowledged. */
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

  /** The present subscription's number. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Takes the event; resolves when the next one may be read. */
  push(event: HandledSchedulerEvent): Promise<void> {
    if (this.#closed) return Promise.resolve();
    // One that waits here is nobody's any more; one that does not may be held (`offer-pool.ts`).
    if (event.type === "RESCIND" && this.#rescind(event.rescind.offer_id.value)) return Promise.resolve();
    if (this.#isNew(event)) this.#queue.push({ event, epoch: this.#epoch });
    if (this.size < this.#limit) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Kind of the oldest event. */
  get next(): HandledSchedulerEvent["type"] | undefined {
    return this.#queue[this.#head]?.event.type;
  }

  /** Takes the oldest event, or the updates that come first, at most `limit`. Give them to `done` or `putBack`. */
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

  /** They are dealt with. */
  done(events: readonly QueuedEvent[]): void {
    for (const { event } of events) this.#forget(event);
    this.#release();
  }

  /** They are still to be dealt with, before all others. */
  putBack(events: readonly QueuedEvent[]): void {
    if (this.#closed) return;
    this.#queue = [...events, ...this.#queue.slice(this.#head)];
    this.#head = 0;
  }

  /** Takes all offers out; their ids. */
  withdrawOffers(): readonly string[] {
    const ids = this.#queue
      .slice(this.#head)
      .flatMap(({ event }) => (event.type === "OFFERS" ? (event.offers.offers ?? []).map(({ id }) => id.value) : []));
    this.#keep(({ event }) => event.type !== "OFFERS");
    return ids;
  }

  /** The subscription is lost: its offers are nobody's, its updates and messages are still true. */
  disconnected(): void {
    this.#epoch += 1;
    this.#keep(({ event: { type } }) => !ofOffers.has(type));
  }

  /** Drops everything; later events are ignored. */
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

  /** True when it waited here. */
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
