// Why nodes wait for an offer, in words: the last refusal of each host, as long as it is fresh.
import { describeNeed, type Need } from "./offer-matching.ts";

/** Declined resources come again within seconds: what is older than this says nothing any more. */
const freshMs = 120_000;

interface Refusal {
  readonly reason: string;
  readonly atMs: number;
}

export class WaitReasons {
  readonly #refusals = new Map<string, Map<string, Refusal>>();
  readonly #needs = new Map<string, Need>();

  /** The needs as they are now; others are forgotten. */
  keep(needs: readonly Need[]): void {
    this.#needs.clear();
    for (const need of needs) this.#needs.set(need.id, need);
    for (const id of [...this.#refusals.keys()]) if (!this.#needs.has(id)) this.#refusals.delete(id);
  }

  note(needId: string, refusals: readonly { readonly hostname: string; readonly reason: string }[], now: number): void {
    const known = this.#refusals.get(needId) ?? new Map<string, Refusal>();
    for (const { hostname, reason } of refusals) known.set(hostname, { reason, atMs: now });
    this.#refusals.set(needId, known);
  }

  /** "" when nothing of this name waits for an offer. */
  describe(needId: string, connected: boolean, now: number): string {
    const need = this.#needs.get(needId);
    if (need === undefined) return "";
    const wanted = `waits for an offer with ${describeNeed(need)}`;
    if (!connected) return `${wanted}; the scheduler is not connected to the Mesos master`;
    const fresh = [...(this.#refusals.get(needId) ?? [])].filter(([, { atMs }]) => now - atMs < freshMs);
    if (fresh.length === 0) return `${wanted}; no offer came in the last ${freshMs / 1000} s`;
    const hosts = fresh.map(([hostname, { reason }]) => `${hostname} ${reason}`).join("; ");
    return `${wanted}; ${fresh.length} ${fresh.length === 1 ? "host was" : "hosts were"} not enough: ${hosts}`;
  }
}
