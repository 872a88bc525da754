// A list that keeps only its newest entries; trimmed now and then, so that adding costs nothing that grows with the limit.

export class CircularBuffer<T> {
  readonly #limit: number;
  #items: T[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#limit * 2) this.#items = this.#items.slice(-this.#limit);
  }

  remove(item: T): void {
    const index = this.#items.lastIndexOf(item);
    if (index >= 0) this.#items.splice(index, 1);
  }

  /** Oldest first. */
  list(): readonly T[] {
    return this.#items.slice(-this.#limit);
  }
}
