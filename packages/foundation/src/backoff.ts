// Truncated exponential backoff with full jitter in its upper half: delay n is in [d/2, d], d = min(max, base * 2^n).

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Source of randomness in [0,1); seeded in tests. */
  readonly random?: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #attempt = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { baseMs, maxMs, random = Math.random } = this.#options;
    const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(this.#attempt, 40));
    this.#attempt += 1;
    return ceiling / 2 + (ceiling / 2) * random();
  }

  reset(): void {
    this.#attempt = 0;
  }
}
