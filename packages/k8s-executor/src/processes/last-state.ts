// The last state that the wrapper sent of a process, beside what is said of it while its run is to end.
import type { ProcessState } from "@cke/protocol";

export class LastState {
  #sent: ProcessState | undefined;
  #ending: string | undefined;

  /** As the wrapper sent it. */
  get sent(): ProcessState | undefined {
    return this.#sent;
  }

  /** What is told: while its run is to end, that it is not healthy, and why. The run may take its time to end. */
  get told(): ProcessState | undefined {
    if (this.#sent === undefined || this.#ending === undefined) return this.#sent;
    return { ...this.#sent, healthy: false, reason: this.#ending };
  }

  /** The wrapper has sent another one. */
  set(state: ProcessState): void {
    this.#sent = state;
    this.#ending = undefined;
  }

  /** Its run is to end. */
  isEnding(why: string): void {
    this.#ending = why;
  }

  /** Its run goes on. */
  goesOn(): void {
    this.#ending = undefined;
  }
}
