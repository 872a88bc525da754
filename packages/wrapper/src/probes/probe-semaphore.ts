// Limits how many probe commands of a node run at once: on a busy machine, many commands at a time would make it busier.
// They run in the order in which they were asked for.

export class ProbeSemaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with a place; call what it resolves to when it is not needed any more. Rejects when `signal` is aborted first. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free === 0) await this.#turn(signal);
    else this.#free -= 1;
    let given = false;
    return () => {
      if (!given) this.#give();
      given = true;
    };
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.#waiting.indexOf(come);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      const come = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      this.#waiting.push(come);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
