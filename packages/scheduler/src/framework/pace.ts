// Long work in short stretches: between them requests are answered and the stream is read.
import { setImmediate as turn } from "node:timers/promises";

/** Longest time without a look at anything else. */
const stretchMs = 4;

export class Pace {
  #sinceMs = performance.now();

  /** Call it often within long work, where it may be interrupted: lets others run when it is their turn. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#sinceMs < stretchMs) return;
    await turn();
    this.#sinceMs = performance.now();
  }
}
