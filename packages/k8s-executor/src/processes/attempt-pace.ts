// When a change that the wrapper did not take is tried again: soon where it was not reached, later where what it lacks may come, and not
// at all where the same request can only be refused again. Pure but for the jitter.
import { Backoff, type Clock } from "@cke/foundation";
import { WrapperError, type WrapperStatus } from "../streams/wrapper-error.ts";
import { mayRecover } from "../wrapper/wrapper-client.ts";

/** The wrapper says so of the request itself: what is there besides does not matter. */
const ofTheRequest: ReadonlySet<WrapperStatus> = new Set(["invalid-argument", "out-of-range", "unimplemented"]);

export class AttemptPace {
  readonly #soon: Backoff;
  readonly #later: Backoff;
  #refused = false;

  constructor(random?: () => number) {
    const more = random === undefined ? {} : { random };
    this.#soon = new Backoff({ baseMs: 200, maxMs: 5_000, ...more });
    this.#later = new Backoff({ baseMs: 5_000, maxMs: 300_000, ...more });
  }

  /** True when the wrapper has refused it once: the next attempt is not told before it has succeeded. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Milliseconds until the next attempt; undefined: none before something else is wanted, or the wrapper is another one. */
  after(error: unknown): number | undefined {
    if (mayRecover(error)) return this.#soon.next();
    this.#refused = true;
    return error instanceof WrapperError && ofTheRequest.has(error.kind) ? undefined : this.#later.next();
  }
}

/** The attempts at what is wanted, one after the other. */
export class Attempts {
  #wanted: object | undefined;
  #pace = new AttemptPace();
  #news = new AbortController();

  /** The next one begins. Returns true when the wrapper has refused the same before. */
  begin(wanted: object): boolean {
    if (wanted !== this.#wanted) this.#pace = new AttemptPace();
    this.#wanted = wanted;
    this.#news = new AbortController();
    return this.#pace.refused;
  }

  /** There is something else to do than to wait for the next one. */
  endWait(): void {
    this.#news.abort();
  }

  /** Waits after one that failed. Resolves with false when there is no other one. */
  async wait(error: unknown, clock: Clock, over: AbortSignal): Promise<boolean> {
    const waitMs = this.#pace.after(error);
    const { signal: news } = this.#news;
    if (waitMs === undefined) return news.aborted;
    await clock.sleep(waitMs, AbortSignal.any([over, news])).catch(() => {});
    return true;
  }
}
