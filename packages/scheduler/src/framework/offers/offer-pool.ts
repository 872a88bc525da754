// Holds offers for a short time. Masters of a cluster are placed together, but the offers of several agents arrive one
// by one: an offer that a part of a quorum would use waits here for the others. Nobody else can use a held offer,
// neither other units nor other frameworks, so it is held briefly and rarely.
import type { Offer } from "@cke/mesos";

/**
 * Longer than a short refusal and a round of the Mesos master's allocator, so that every free agent was offered once.
 */
export const holdMs = 10_000;
/**
 * After it was held, no offer of that agent is held again for this time, so that others can use it three quarters of
 * the time.
 */
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

  /** Those of `offers` that are held now. All others are to be declined. */
  hold(offers: readonly Offer[], wanted: ReadonlySet<string>, now: number): ReadonlySet<string> {
    this.#held.clear();
    const list = offers.filter(({ id }) => wanted.has(id.value));
    if (list.length === 0) return new Set();
    if (now - this.#beganMs >= holdMs + restMs) this.#beganMs = now;
    if (now - this.#beganMs >= holdMs) return new Set();
    for (const offer of list) this.#held.set(offer.id.value, offer);
    return new Set(this.#held.keys());
  }

  /** Removes and returns the offers that were held for too long. */
  expired(now: number): readonly string[] {
    return now - this.#beganMs < holdMs ? [] : this.clear();
  }

  rescinded(offerId: string): void {
    this.#held.delete(offerId);
  }

  /** Removes and returns all held offers. */
  clear(): readonly string[] {
    const ids = [...this.#held.keys()];
    this.#held.clear();
    return ids;
  }
}
