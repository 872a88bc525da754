// A clock that runs faster than the real one, so that minutes of recordings replay in seconds.
import { type Clock, systemClock } from "@cke/foundation";

export function scaledClock(factor: number): Clock {
  const startedAt = systemClock.now();
  const startedMonotonic = systemClock.monotonic();
  const elapsed = () => (systemClock.monotonic() - startedMonotonic) * factor;
  return {
    now: () => Math.round(startedAt + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    after: (ms, callback, options) => systemClock.after(ms / factor, callback, options),
  };
}
