// A limit for waits of tests, in the time of an idle machine: while others want the processors too, less of it passes.
import { cpus, loadavg } from "node:os";

/** How much of `elapsedMs` counts on a machine with that load average and so many processors. Pure. */
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

  /** `limitMs`: of an idle machine. */
  constructor(limitMs: number, clock: MachineClock = thisMachine) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#looked = clock.now();
  }

  /** Whether the limit is used up; counts what has passed since the last look. */
  over(): boolean {
    const now = this.#clock.now();
    this.#spent += countedMs(now - this.#looked, this.#clock.load(), this.#clock.processors);
    this.#looked = now;
    return this.#spent > this.#limitMs;
  }
}
