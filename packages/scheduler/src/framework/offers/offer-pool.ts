// Pools offers for a short time. Stateful units of a workload are placed together, but the offers of several agents arrive one
// by one: an offer that a part of a quorum would use waits here for the others. Nobody else can use a pooled offer,
// neither other units nor other frameworks, so it is pooled briefly and rarely.
import type { Offer } from "@cke/mesos";

/**
 * Longer than a short refusal and a round of the Mesos master's allocator, so that every free agent was offered once.
 */
export const pooledMs = 10_000;
/**
 * After it was pooled, no offer of that agent is pooled again for this time, so that others can use it three quarters of
 * the time.
 */
export const restMs = 30_000;

export class OfferPool {
  readonly #pooled = new Map<string, Offer>();
  #beganMs = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#pooled.size;
  }

  offers(): readonly Offer[] {
    return [...this.#pooled.values()];
  }

  /** Those of `offers` that are pooled now. All others are to be declined. */
  pool(offers: readonly Offer[], wanted: ReadonlySet<string>, now: number): ReadonlySet<string> {
    this.#pooled.clear();
    const list = offers.filter(({ id }) => wanted.has(id.value));
    if (list.length === 0) return new Set();
    if (now - this.#beganMs >= pooledMs + restMs) this.#beganMs = now;
    if (now - this.#beganMs >= pooledMs) return new Set();
    for (const offer of list) this.#pooled.set(offer.id.value, offer);
    return new Set(this.#pooled.keys());
  }

  /** Removes and returns the offers that were pooled for too long. */
  expired(now: number): readonly string[] {
    return now - this.#beganMs < pooledMs ? [] : this.clear();
  }

  rescinded(offerId: string): void {
    this.#pooled.delete(offerId);
  }

  /** Removes and returns all pooled offers. */
  clear(): readonly string[] {
    const ids = [...this.#pooled.keys()];
    this.#pooled.clear();
    return ids;
  }
}
