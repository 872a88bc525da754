// Tries again for a bounded time.
import { Backoff, CkeError, type Clock } from "@cke/foundation";

export interface RetryOptions {
  readonly clock: Clock;
  readonly retryMs: number;
  /** Called with the error before each further attempt. */
  readonly again: (error: unknown) => void;
  /** Asked before it gives up: false makes it try on, however long. Absent: it may. */
  readonly mayGiveUp?: () => Promise<boolean>;
}

/** Throws the last error when the time is over. Throws a CkeError that is not retryable at once. Neither while `mayGiveUp` says no. */
export async function retryFor<T>(
  work: () => Promise<T>,
  { clock, retryMs, again, mayGiveUp }: RetryOptions,
): Promise<T> {
  const deadline = clock.monotonic() + retryMs;
  const backoff = new Backoff({ baseMs: 500, maxMs: 5_000 });
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const hopeless = error instanceof CkeError && !error.retryable;
      const useless = hopeless || clock.monotonic() >= deadline;
      if (useless && (mayGiveUp === undefined || (await mayGiveUp()))) throw error;
      again(error);
      await clock.sleep(backoff.next());
    }
  }
}
