// Which calls are under way and which wait. The daemon reads no further call of a connection while five are under way, not even
// a sign of life, so at most five are sent; and calls that wait for a guest leave room for those that do not.

export interface QueuedCall {
  readonly slow: boolean;
}

export interface QueueBounds {
  /** Calls under way. */
  readonly most: number;
  /** Slow calls under way. */
  readonly slowMost: number;
  /** Calls that wait. */
  readonly waitingMost: number;
}

/** libvirtd's `max_client_requests` is 5. */
export const queueBounds: QueueBounds = { most: 5, slowMost: 3, waitingMost: 1_000 };

export class CallQueue<T extends QueuedCall> {
  readonly #bounds: QueueBounds;
  readonly #send: (call: T) => void;
  readonly #waiting = new Set<T>();
  readonly #sent = new Set<T>();
  #slow = 0;

  constructor(send: (call: T) => void, bounds: QueueBounds = queueBounds) {
    this.#send = send;
    this.#bounds = bounds;
  }

  /** As many calls are under way as may be. */
  get full(): boolean {
    return this.#sent.size >= this.#bounds.most;
  }

  /** Sends it now or later. False when too many wait. */
  add(call: T): boolean {
    if (this.#waiting.size >= this.#bounds.waitingMost) return false;
    this.#waiting.add(call);
    this.#fill();
    return true;
  }

  /** Takes a call out that was not sent. False when it was, or is over. */
  withdraw(call: T): boolean {
    return this.#waiting.delete(call);
  }

  /** The daemon has answered it. */
  done(call: T): void {
    if (!this.#sent.delete(call)) return;
    if (call.slow) this.#slow -= 1;
    this.#fill();
  }

  /** Empties it: nothing is sent any more. */
  drain(): { readonly sent: readonly T[]; readonly waiting: readonly T[] } {
    const all = { sent: [...this.#sent], waiting: [...this.#waiting] };
    this.#sent.clear();
    this.#waiting.clear();
    this.#slow = 0;
    return all;
  }

  #fill(): void {
    const { most, slowMost } = this.#bounds;
    for (const call of this.#waiting) {
      if (this.#sent.size >= most) return;
      if (call.slow && this.#slow >= slowMost) continue;
      this.#waiting.delete(call);
      this.#sent.add(call);
      if (call.slow) this.#slow += 1;
      this.#send(call);
    }
  }
}
