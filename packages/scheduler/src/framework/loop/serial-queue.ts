// Runs one piece of work at a time. Events of Mesos, requests of the API and ticks change the same state, so each runs
// as a whole.

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the work after all work that was given before. The caller gets its outcome. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all work that was given so far is done. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
