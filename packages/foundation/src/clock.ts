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

/** The longest that Node's timers take (24.8 days): longer ones would be over at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      let left = ms;
      for (; left > longestTimerMs; left -= longestTimerMs) {
        await delay(longestTimerMs, undefined, signal === undefined ? {} : { signal });
      }
      await delay(left, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? (signal.reason ?? error) : error;
    }
  },
  after: (ms, callback, options) => {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      const next = left > longestTimerMs ? () => wait(left - longestTimerMs) : callback;
      timer = setTimeout(next, Math.min(left, longestTimerMs));
      if (options?.background) timer.unref();
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
