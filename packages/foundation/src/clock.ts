// Time as a value that is passed in, so that whatever waits can be tested without waiting.
import { setTimeout as delay } from "node:timers/promises";

export interface Clock {
  /** UNIX time in milliseconds. */
  now(): number;
  /** Monotonic milliseconds. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after `ms`; the returned function cancels. Does not keep the process alive when `background`. */
  after(ms: number, callback: () => void, options?: { readonly background?: boolean }): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? (signal.reason ?? error) : error;
    }
  },
  after: (ms, callback, options) => {
    const timer = setTimeout(callback, ms);
    if (options?.background) timer.unref();
    return () => clearTimeout(timer);
  },
};
