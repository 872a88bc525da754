// Decides whether the other end of a connection is alive. It pings the other end again and again, and every byte from
// there counts as an answer. It does not know the connection: the caller gives it the functions to ping and to count
// bytes.
import type { Clock } from "@cke/foundation";

export interface PeerLivenessOptions {
  readonly clock: Clock;
  /** Time between two pings. */
  readonly pingMs: number;
  /** The other end counts as dead after this silence. */
  readonly silenceMs: number;
  /** Sends a ping. It calls `answered` when the answer arrives. */
  readonly ping: (answered: () => void) => void;
  /** A number that grows with everything that arrives from the other end. */
  readonly received: () => number;
  /** Called once, when the other end counts as dead. No ping follows. */
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

  /** Begins to ping. A second call does nothing. */
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
    // This process itself stood still and could not read. It reads what arrived meanwhile before it decides.
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
