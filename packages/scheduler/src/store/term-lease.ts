// The lease of a term: decides by this process' clocks whether it may still act as the leader. Time is measured from
// the moment when the last successful renewal was sent, so the lease ends here before it ends in the storage. The
// monotonic clock may stand still while a machine is suspended. The wall clock jumps ahead then, so a jump of the wall
// clock counts as time too.
import type { Clock } from "@cke/foundation";
import { StoreError } from "./store.ts";

export class TermLease {
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #validUntil: number;
  /** Wall clock minus monotonic clock at the last renewal. */
  #ahead: number;
  #cancel: (() => void) | undefined;

  /** `validUntil`: monotonic milliseconds; Infinity for a leadership that never runs out. */
  constructor(clock: Clock, validUntil: number) {
    this.#clock = clock;
    this.#validUntil = validUntil;
    this.#ahead = this.#difference;
    this.#watch();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Milliseconds until the lease ends without a renewal; 0 once it is lost. */
  get remainingMs(): number {
    return this.holds() ? this.#validUntil - this.#time : 0;
  }

  /** Extends the lease to `validUntil`. A lease that was lost stays lost. */
  renew(validUntil: number): void {
    if (!this.holds()) return;
    if (validUntil > this.#validUntil) this.#validUntil = validUntil;
    this.#ahead = this.#difference;
  }

  holds(): boolean {
    if (!this.#lost.signal.aborted && this.#time >= this.#validUntil) {
      this.lose(
        "the leadership was not renewed in time: the storage did not answer, or this process or its machine stood still",
      );
    }
    return !this.#lost.signal.aborted;
  }

  /** Ends the lease for ever. `words` tell an operator why. */
  lose(words: string, cause?: unknown): void {
    if (this.#lost.signal.aborted) return;
    this.#cancel?.();
    this.#lost.abort(new StoreError("not_leader", words, { cause }));
  }

  /** Throws the reason of the loss. */
  check(): void {
    if (!this.holds()) throw this.#lost.signal.reason;
  }

  get #difference(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }

  /** Monotonic milliseconds plus the jump of the wall clock. A wall clock that is set back changes nothing. */
  get #time(): number {
    return this.#clock.monotonic() + Math.max(0, this.#difference - this.#ahead);
  }

  #watch(): void {
    if (this.#validUntil === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(1, this.#validUntil - this.#time);
    this.#cancel = this.#clock.after(wait, () => {
      if (this.holds()) this.#watch();
    });
  }
}
