// What happened in a simulated run, line by line with its time: the same seed must write the same journal.
import { createHash } from "node:crypto";

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

  tail(count: number): string {
    return this.lines.slice(-count).join("\n");
  }

  digest(): string {
    return createHash("sha256").update(this.lines.join("\n")).digest("hex");
  }
}
