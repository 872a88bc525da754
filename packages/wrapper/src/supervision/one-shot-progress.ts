// What a one-shot that runs for longer says it does: the last line that it wrote.
import type { Clock } from "@cke/foundation/clock";

/** A one-shot that ends before that says nothing. */
const lookMs = 5_000;

export interface OneShotProgressParts {
  readonly clock: Pick<Clock, "after">;
  /** The last line of its output; "" before it has written one. */
  readonly lastLine: () => Promise<string>;
  /** Called when the words have changed. */
  readonly onChange: () => void;
}

export class OneShotProgress {
  readonly #parts: OneShotProgressParts;
  #words = "";
  #cancel: (() => void) | undefined;

  constructor(parts: OneShotProgressParts) {
    this.#parts = parts;
  }

  /** "" when nothing runs. */
  get words(): string {
    return this.#words;
  }

  /** It has been started. */
  begin(): void {
    this.end();
    this.#cancel = this.#parts.clock.after(lookMs, () => void this.#look());
  }

  /** It has ended. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#words = "";
  }

  async #look(): Promise<void> {
    const turn = this.#cancel;
    // Output that cannot be read now is read the next time.
    const words = await this.#parts.lastLine().catch(() => this.#words);
    if (this.#cancel !== turn) return;
    this.#cancel = this.#parts.clock.after(lookMs, () => void this.#look());
    if (words === this.#words) return;
    this.#words = words;
    this.#parts.onChange();
  }
}
