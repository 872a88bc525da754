// The journal of a simulated run: one line with its time for each thing that happened. The same seed must write the
// same journal.
import { createHash } from "node:crypto";
import { messageOf } from "@cke/foundation";

export class Journal {
  readonly #now: () => number;
  readonly #startMs: number;
  readonly lines: string[] = [];

  constructor(now: () => number) {
    this.#now = now;
    this.#startMs = now();
  }

  /** Seconds since the start of the run. */
  get seconds(): number {
    return (this.#now() - this.#startMs) / 1000;
  }

  note(text: string): void {
    this.lines.push(`${this.seconds.toFixed(3).padStart(10)} ${text}`);
  }

  /**
   * An error of the run, with the last lines of the journal. `repeat` says how to repeat a seeded run; empty for a run
   * without a seed.
   */
  failure(run: string, error: unknown, repeat = ""): Error {
    this.note(`FAILED: ${messageOf(error)}`);
    const words = [`${run}: ${messageOf(error)}`, ...this.lines.slice(-60), ...(repeat === "" ? [] : [repeat])];
    return new Error(words.join("\n"), { cause: error });
  }

  digest(): string {
    return createHash("sha256").update(this.lines.join("\n")).digest("hex");
  }
}
