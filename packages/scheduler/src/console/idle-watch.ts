// Ends what nobody uses: calls back when nothing was seen for a time.
import type { Clock } from "@cke/foundation";

export class IdleWatch {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #seenAt: number;
  #cancel: () => void = () => {};

  /** Begins at once. `onIdle` is called once, and never after `stop`. */
  constructor(clock: Clock, idleMs: number, onIdle: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#seenAt = clock.monotonic();
    this.#arm(idleMs);
  }

  /** Something was seen. Costs no timer: the one that runs looks again when it ends. */
  seen(): void {
    this.#seenAt = this.#clock.monotonic();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(afterMs: number): void {
    this.#cancel = this.#clock.after(
      afterMs,
      () => {
        const left = this.#seenAt + this.#idleMs - this.#clock.monotonic();
        if (left <= 0) this.#onIdle();
        else this.#arm(left);
      },
      { background: true },
    );
  }
}
