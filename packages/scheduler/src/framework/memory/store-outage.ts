// While the store cannot be written: since when, when to try again, and what to answer meanwhile. Nothing is started,
// killed or forgotten then; updates wait unacknowledged, reads go on.
import { Backoff, boundedText, type Clock, type Logger, messageOf } from "@cke/foundation";
import { isStoreAway, StoreError } from "../../store/store.ts";

const backoff = { baseMs: 100, maxMs: 5_000 };

/**
 * True when the same commit may succeed later, by the same scheduler: the store is away, full, or does not let us in. What
 * is wrong with one record (`store_too_large`) or with the program is nobody's outage.
 */
export function isUnavailable(error: unknown): boolean {
  return isStoreAway(error) || (error instanceof StoreError && error.code === "store_refused");
}

/** True when this scheduler must stop: another one leads, or has written what this one believes to be its own. */
export function isDeposed(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.code === "not_leader" || error.code === "conflict");
}

export class StoreOutage {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #retry: () => void;
  readonly #backoff: Backoff;
  #sinceMs: number | undefined;
  /** While it is tried whether the outage is over, everybody works as if it were. */
  #trial = false;
  #reason = "";
  #cancel: () => void = () => undefined;

  /** `retry` is called when the store is worth another try. */
  constructor(clock: Clock, logger: Logger, retry: () => void, random?: () => number) {
    this.#clock = clock;
    this.#logger = logger;
    this.#retry = retry;
    this.#backoff = new Backoff({ ...backoff, ...(random === undefined ? {} : { random }) });
  }

  get active(): boolean {
    return this.#sinceMs !== undefined && !this.#trial;
  }

  /** What is wrong, for operators; "" when nothing is. */
  problem(): string {
    if (this.#sinceMs === undefined) return "";
    const seconds = Math.round((this.#clock.now() - this.#sinceMs) / 1000);
    return `the store could not be written for ${seconds} s (${this.#reason})`;
  }

  /** Throws what a write gets at once while the store is away. */
  check(): void {
    if (!this.active) return;
    const words = `${this.problem()}: nothing can be changed until it can; everything runs on`;
    throw new StoreError("store_unavailable", words);
  }

  /** A commit failed: tries again after a while. */
  begin(error: unknown): void {
    this.#trial = false;
    this.#reason = boundedText(messageOf(error));
    if (this.#sinceMs === undefined) {
      this.#sinceMs = this.#clock.now();
      this.#logger.error("the store cannot be written; everything runs on, nothing is changed until it is back", {
        error: this.#reason,
      });
    }
    this.#cancel();
    this.#cancel = this.#clock.after(this.#backoff.next(), this.#retry);
  }

  /** It answers; whether it can be written (its disk may be full) only shows when what waited is done. */
  try(): void {
    this.#trial = this.#sinceMs !== undefined;
  }

  /** What waited is stored, or nothing waited. */
  over(): void {
    this.#trial = false;
    if (this.#sinceMs === undefined) return;
    this.#logger.info("the store can be written again", { awayMs: this.#clock.now() - this.#sinceMs });
    this.#sinceMs = undefined;
    this.#cancel();
    this.#backoff.reset();
  }

  /** No more tries. */
  stop(): void {
    this.#cancel();
  }
}
