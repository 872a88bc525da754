// A clock whose time passes only when it is told to. Timers fire in the order of their times, and of their creation when the
// times are equal. After each timer every promise that needs no time is settled, so that a program always runs the same way.
import type { Clock } from "@cke/foundation";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

const before = (a: Timer, b: Timer) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/**
 * Settles every promise that waits for nothing but other promises, after what has asked for a turn of the event loop
 * (`setImmediate`) before. When nothing has, no turn is made: with its system calls it takes as long as the rest.
 */
export const drain = () =>
  new Promise<void>((resolve) => {
    if (process.getActiveResourcesInfo().includes("Immediate")) setImmediate(resolve);
    // Ticks come when no promise is left to be settled.
    else process.nextTick(resolve);
  });

export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  /** A binary heap. */
  readonly #timers: Timer[] = [];
  readonly #settle: () => Promise<void>;
  /** Timers that have fired. */
  fired = 0;

  /** `settle` resolves when everything that needs no time is done; it is awaited before time passes. */
  constructor(startMs = 1_800_000_000_000, settle: () => Promise<void> = drain) {
    this.#now = startMs;
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { atMs: this.#now + Math.max(0, ms), order: this.#order++, callback };
    this.#push(timer);
    return () => {
      timer.callback = undefined;
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** Lets `ms` pass, or less when `until` becomes true after something happened. */
  async pass(ms: number, until: () => boolean = () => false): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.atMs > end) break;
      this.#pop();
      if (next.callback === undefined) continue;
      this.#now = Math.max(this.#now, next.atMs);
      this.fired += 1;
      next.callback();
      await this.#settle();
      if (until()) return;
    }
    this.#now = end;
  }

  #push(timer: Timer): void {
    const heap = this.#timers;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#timers;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[index * 2 + 1], heap[index * 2 + 2]];
      const child = right !== undefined && left !== undefined && before(right, left) ? index * 2 + 2 : index * 2 + 1;
      const below = heap[child];
      if (below === undefined || !before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
