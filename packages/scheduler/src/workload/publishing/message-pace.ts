// When a message that may be lost is sent again to an executor that has not reported what it is about: after 2 s, 4 s, … 60 s.

/** Between two messages to an executor that does not report; doubled up to the second one. */
const firstRetryMs = 2_000;
const lastRetryMs = 60_000;

interface Attempts {
  readonly version: string;
  readonly count: number;
  readonly nextAtMs: number;
}

export class MessagePace {
  /** By executor. */
  readonly #attempts = new Map<string, Attempts>();

  /** True when this version may be sent to the executor now; then it counts as sent. Another version may always be. */
  isDue(executorId: string, version: string, now: number): boolean {
    const before = this.#attempts.get(executorId);
    if (before?.version === version && now < before.nextAtMs) return false;
    const count = before?.version === version ? before.count + 1 : 0;
    const nextAtMs = now + Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(count, 10));
    this.#attempts.set(executorId, { version, count, nextAtMs });
    return true;
  }

  /** Forgets executors that have not been sent anything for long. */
  sweep(now: number): void {
    for (const [executorId, { nextAtMs }] of this.#attempts)
      if (now - nextAtMs > 2 * lastRetryMs) this.#attempts.delete(executorId);
  }
}
