// Tries again for a bounded time.
import { Backoff, CkeError, type Clock } from "@cke/foundation";

export interface RetryOptions {
  readonly clock: Clock;
  readonly retryMs: number;
  /** Called with the error before each further attempt. */
  readonly again: (error: unknown) => void;
}

/** Throws the last error when the time is over. Throws a CkeError that is not retryable at once. */
export async function retryFor<T>(work: () => Promise<T>, { clock, retryMs, again }: RetryOptions): Promise<T> {
  const deadline = clock.monotonic() + retryMs;
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
