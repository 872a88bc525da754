// One piece of work at a time: events of Mesos, requests of the API and ticks change the same state, each as a whole.

export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the work after everything that was given before; its outcome is the caller's. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything given so far is done. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
