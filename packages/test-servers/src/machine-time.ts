// A time limit for waits of tests, in the time of an idle machine. While other processes want the processors too,
// elapsed time counts less.
import { cpus, loadavg } from "node:os";

/** The part of `elapsedMs` that counts at this load average on so many processors. Pure. */
export function countedMs(elapsedMs: number, load: number, processors: number): number {
  return elapsedMs / Math.max(1, load / processors);
}

export interface MachineClock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Load average of the last minute. */
  readonly load: () => number;
  readonly processors: number;
}

const thisMachine: MachineClock = {
  now: () => performance.now(),
  load: () => loadavg()[0] ?? 0,
  processors: cpus().length,
};

export class MachineTime {
  readonly #clock: MachineClock;
  readonly #limitMs: number;
  #looked: number;
  #spent = 0;

  /** `limitMs`: the limit on an idle machine. */
  constructor(limitMs: number, clock: MachineClock = thisMachine) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#looked = clock.now();
  }

  /** True when the limit is used up. It counts the time since the last call. */
  over(): boolean {
    const now = this.#clock.now();
    this.#spent += countedMs(now - this.#looked, this.#clock.load(), this.#clock.processors);
    this.#looked = now;
    return this.#spent > this.#limitMs;
  }
}
