// A queue for tests: items are kept until they are taken, and `next` waits until an item arrives.

export class AsyncQueue<T> {
  #items: T[] = [];
  #waiters: { readonly wants: (item: T) => boolean; readonly resolve: (item: T) => void }[] = [];

  put(item: T): void {
    const waiter = this.#waiters.find(({ wants }) => wants(item));
    if (waiter === undefined) {
      this.#items.push(item);
      return;
    }
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.resolve(item);
  }

  /** Takes the first item that is wanted, waiting for it; rejects after `timeoutMs` (default 2 min) with what is there. */
  async next(wants: (item: T) => boolean = () => true, timeoutMs = 120_000): Promise<T> {
    const index = this.#items.findIndex(wants);
    if (index !== -1) {
      const [item] = this.#items.splice(index, 1);
      if (item !== undefined) return item;
    }
    return await new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(
          new Error(`nothing that was waited for came in ${timeoutMs} ms; ${this.#items.length} other items came`),
        );
      }, timeoutMs);
      const waiter = {
        wants,
        resolve: (item: T) => {
          clearTimeout(timer);
          resolve(item);
        },
      };
      this.#waiters.push(waiter);
    });
  }

  /** What arrived and was not taken. */
  get pending(): readonly T[] {
    return [...this.#items];
  }
}
