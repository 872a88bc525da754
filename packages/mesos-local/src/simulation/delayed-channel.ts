// One direction of a connection in memory: everything arrives in order, each after its delay, or not at all once the
// connection is cut. While it is held, nothing arrives and nothing is lost, as on a network that is down for a moment.
import type { Clock } from "@cke/foundation";

interface Delivery {
  readonly dueMs: number;
  readonly deliver: () => void;
}

export class DelayedChannel {
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  #queue: Delivery[] = [];
  #taken = 0;
  #cancel: (() => void) | undefined;
  #held = false;
  #cut = false;

  constructor(clock: Clock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  post(deliver: () => void): void {
    if (this.#cut) return;
    this.#queue.push({ dueMs: this.#clock.monotonic() + this.#delayMs(), deliver });
    this.#arm();
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#arm();
  }

  /** The connection is gone, with everything that is on its way. */
  cut(): void {
    this.#cut = true;
    this.#queue = [];
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    const next = this.#queue[this.#taken];
    if (next === undefined || this.#held || this.#cut || this.#cancel !== undefined) return;
    const wait = Math.max(0, next.dueMs - this.#clock.monotonic());
    this.#cancel = this.#clock.after(wait, () => this.#deliver(), { background: true });
  }

  #deliver(): void {
    this.#cancel = undefined;
    const now = this.#clock.monotonic();
    // The timer of a platform may come a little early; the first delivery is due by definition.
    for (let first = true; !this.#held && !this.#cut; first = false) {
      const delivery = this.#queue[this.#taken];
      if (delivery === undefined || (!first && delivery.dueMs > now)) break;
      this.#taken += 1;
      delivery.deliver();
    }
    if (this.#taken > 256 || this.#taken === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    this.#arm();
  }
}
