// The recent entries of one log, with consecutive numbers, within bounds.
import type { LogEnd, RecentLog } from "../../workload/plans/log-entry.ts";

export interface LogBounds {
  readonly entries: number;
  /** Of what `lengthOf` says, so that a thousand logs do not take gigabytes. */
  readonly characters: number;
}

export class LogRing<Entry extends { readonly seq: number }> implements RecentLog<Entry> {
  readonly #bounds: LogBounds;
  readonly #lengthOf: (entry: Entry) => number;
  readonly #entries: Entry[] = [];
  readonly #listeners = new Set<() => void>();
  #characters = 0;
  #next: number;
  #end: LogEnd | undefined;

  /** `next`: number of the first entry. */
  constructor(next: number, bounds: LogBounds, lengthOf: (entry: Entry) => number) {
    this.#next = next;
    this.#bounds = bounds;
    this.#lengthOf = lengthOf;
  }

  get first(): number {
    return this.#next - this.#entries.length;
  }

  get next(): number {
    return this.#next;
  }

  get end(): LogEnd | undefined {
    return this.#end;
  }

  /** Number of those who wait for news. */
  get listeners(): number {
    return this.#listeners.size;
  }

  at(seq: number): Entry | undefined {
    return this.#entries[seq - this.first];
  }

  /** Adds the entry that `make` returns for its number. */
  append(make: (seq: number) => Entry): void {
    if (this.#end !== undefined) return;
    const entry = make(this.#next);
    this.#next += 1;
    this.#entries.push(entry);
    this.#characters += this.#lengthOf(entry);
    while (this.#entries.length > this.#bounds.entries || this.#characters > this.#bounds.characters) {
      const oldest = this.#entries.shift();
      this.#characters -= oldest === undefined ? this.#characters : this.#lengthOf(oldest);
    }
    this.#tell();
  }

  /** Readers get what is kept, and then this end. */
  close(end: LogEnd): void {
    this.#end ??= end;
    this.#tell();
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
