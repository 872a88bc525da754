// Long work in short slices, so that the process answers requests and reads streams in between.
import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "./clock.ts";

/** Longest time without a look at anything else. */
const stretchMs = 4;

export class TimeSlice {
  readonly #clock: Pick<Clock, "monotonic">;
  #sinceMs: number;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonic();
  }

  /** Call it often within long work, where it may be interrupted: lets others run when it is their turn. */
  async pause(): Promise<void> {
    if (this.#clock.monotonic() - this.#sinceMs < stretchMs) return;
    await turn();
    this.#sinceMs = this.#clock.monotonic();
  }
}
