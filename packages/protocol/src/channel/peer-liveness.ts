// Whether the other end of a connection lives. While there is something to lose it is asked for a sign of life again and again;
// whatever comes from it counts as one. Knows no connection: how to ask, and what has come, is given.
import type { Clock } from "@cke/foundation";

export interface PeerLivenessOptions {
  readonly clock: Clock;
  /** Time between two questions. */
  readonly pingMs: number;
  /** Silence for so long is death. */
  readonly silenceMs: number;
  /** Asks; `answered` is called when the answer comes. */
  readonly ping: (answered: () => void) => void;
  /** Grows with everything that comes from the other end. */
  readonly received: () => number;
  /** Called once; nothing is asked any more. */
  readonly onDead: () => void;
}

export class PeerLiveness {
  readonly #options: PeerLivenessOptions;
  #cancel: (() => void) | undefined;
  #aliveAt = 0;
  #received = 0;
  #lookedAt = 0;

  constructor(options: PeerLivenessOptions) {
    this.#options = options;
  }

  get watching(): boolean {
    return this.#cancel !== undefined;
  }

  /** Begins to ask; again is the same. */
  start(): void {
    if (this.#cancel !== undefined) return;
    this.#alive();
    this.#received = this.#options.received();
    this.#lookedAt = this.#aliveAt;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #alive(): void {
    this.#aliveAt = this.#options.clock.monotonic();
  }

  #arm(): void {
    const { clock, pingMs, ping } = this.#options;
    ping(() => this.#alive());
    this.#cancel = clock.after(pingMs, () => this.#look(), { background: true });
  }

  #look(): void {
    const { clock, pingMs, silenceMs, received, onDead } = this.#options;
    const now = clock.monotonic();
    // A process that itself stood still has not listened: what came meanwhile is read first.
    const stoodStill = now - this.#lookedAt > pingMs + silenceMs / 2;
    this.#lookedAt = now;
    const count = received();
    if (count !== this.#received || stoodStill) this.#alive();
    this.#received = count;
    if (now - this.#aliveAt >= silenceMs) {
      this.#cancel = undefined;
      onDead();
      return;
    }
    this.#arm();
  }
}
