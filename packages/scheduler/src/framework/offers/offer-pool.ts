// Offers that are held for a moment. Masters of a cluster are placed together, and offers of several agents come one by one:
// those that part of a quorum would go to wait here for the others. Held offers are nobody else's meanwhile, other
// frameworks' neither, so it is for a short while, and rarely.
import type { Offer } from "@cke/mesos";

/** Longer than a short refusal and a round of the master's allocator: whatever is free has been offered once by then. */
export const holdMs = 10_000;
/** No offer is held again for this long, whoever might want it: offers are out of others' reach a quarter of the time. */
export const restMs = 30_000;

export class OfferPool {
  readonly #held = new Map<string, Offer>();
  #beganMs = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#held.size;
  }

  offers(): readonly Offer[] {
    return [...this.#held.values()];
  }

  /** Those of `offers` that are held from now on, or still; all others are in nobody's hands any more. */
  hold(offers: readonly Offer[], wanted: ReadonlySet<string>, now: number): ReadonlySet<string> {
    this.#held.clear();
    const list = offers.filter(({ id }) => wanted.has(id.value));
    if (list.length === 0) return new Set();
    if (now - this.#beganMs >= holdMs + restMs) this.#beganMs = now;
    if (now - this.#beganMs >= holdMs) return new Set();
    for (const offer of list) this.#held.set(offer.id.value, offer);
    return new Set(this.#held.keys());
  }

  /** What was held for too long, and is not any more. */
  expired(now: number): readonly string[] {
    return now - this.#beganMs < holdMs ? [] : this.clear();
  }

  rescinded(offerId: string): void {
    this.#held.delete(offerId);
  }

  /** Nothing is held any more; what was. */
  clear(): readonly string[] {
    const ids = [...this.#held.keys()];
    this.#held.clear();
    return ids;
  }
}
