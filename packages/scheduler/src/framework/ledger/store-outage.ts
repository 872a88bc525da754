// The state of an outage of the store: since when, when to try again, and what requests are answered. During an outage
// nothing is launched, killed or removed; updates wait unacknowledged, and reads go on.
import { Backoff, boundedText, type Clock, type Logger, messageOf } from "@cke/foundation";
import { isStoreAway, StoreError } from "../../store/store.ts";

const backoff = { baseMs: 100, maxMs: 5_000 };

/**
 * True when the same commit may succeed later for this scheduler: the store is away, full, or refuses access. A record
 * that is too large (`store_too_large`) or a fault of the program is no outage.
 */
export function isUnavailable(error: unknown): boolean {
  return isStoreAway(error) || (error instanceof StoreError && error.code === "store_refused");
}

/** True when this scheduler must stop: another one leads, or another one has written. */
export function isDeposed(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.code === "not_leader" || error.code === "conflict");
}

export class StoreOutage {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #retry: () => void;
  readonly #backoff: Backoff;
  #sinceMs: number | undefined;
  /** True while it is being tried whether the outage is over. Meanwhile all parts work as if it were. */
  #trial = false;
  #reason = "";
  #cancel: () => void = () => undefined;

  /** `retry` is called when the store may be tried again. */
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

  /** Throws the error that a request to write gets at once during an outage. */
  check(): void {
    if (!this.active) return;
    const words = `${this.problem()}: nothing can be changed until it can; everything runs on`;
    throw new StoreError("store_unavailable", words);
  }

  /** A commit failed. Tries again later. */
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

  /**
   * The store answers. Whether it can be written (its disk may be full) shows only when the waiting changes are stored.
   */
  try(): void {
    this.#trial = this.#sinceMs !== undefined;
  }

  /** The waiting changes are stored, or none waited: the outage is over. */
  over(): void {
    this.#trial = false;
    if (this.#sinceMs === undefined) return;
    this.#logger.info("the store can be written again", { awayMs: this.#clock.now() - this.#sinceMs });
    this.#sinceMs = undefined;
    this.#cancel();
    this.#backoff.reset();
  }

  /** Tries no more. */
  stop(): void {
    this.#cancel();
  }
}
