// Tries something that must be done for a bounded time.
import { Backoff, CkeError, type Clock } from "@cke/foundation";

export interface RetryOptions {
  readonly clock: Clock;
  readonly patienceMs: number;
  /** Told before each further attempt. */
  readonly again: (error: unknown) => void;
}

/** Throws the last error when patience is over, and at once a CkeError that is not retryable. */
export async function retryFor<T>(work: () => Promise<T>, { clock, patienceMs, again }: RetryOptions): Promise<T> {
  const deadline = clock.monotonic() + patienceMs;
  const backoff = new Backoff({ baseMs: 500, maxMs: 5_000 });
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const hopeless = error instanceof CkeError && !error.retryable;
      if (hopeless || clock.monotonic() >= deadline) throw error;
      again(error);
      await clock.sleep(backoff.next());
    }
  }
}
