// Waiting with a bound.
import type { Clock } from "@cke/foundation/clock";

/** Resolves when the work is done or the time is up, whichever comes first; leaves no timer behind. */
export async function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancel = clock.after(ms, over.resolve);
  try {
    await Promise.race([work, over.promise]);
  } finally {
    cancel();
  }
}
