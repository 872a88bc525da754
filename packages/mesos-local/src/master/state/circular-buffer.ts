// A list that keeps only its newest entries. It is trimmed when it is twice as long as its limit, so that the cost of adding
// does not grow with the limit.

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
