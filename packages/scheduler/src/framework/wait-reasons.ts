// Why nodes wait for an offer, in words: the last refusal of each host, as long as it is fresh.
import { describeNeed, type Need } from "./offer-matching.ts";

/** Declined resources come again within seconds: what is older than this says nothing any more. */
const freshMs = 120_000;
/** Nobody needs to know that nothing came in less. */
const mentionedMs = 3_000;

interface Refusal {
  readonly reason: string;
  readonly atMs: number;
}

function describeSilence(waitedMs: number): string {
  if (waitedMs < mentionedMs) return "no offer yet";
  if (waitedMs < freshMs) return `no offer yet, for ${Math.floor(waitedMs / 1000)} s`;
  return `no offer came in the last ${freshMs / 1000} s`;
}

export class WaitReasons {
  readonly #refusals = new Map<string, Map<string, Refusal>>();
  readonly #needs = new Map<string, { readonly need: Need; readonly sinceMs: number }>();

  /** The needs as they are now; others are forgotten. */
  keep(needs: readonly Need[], now: number): void {
    const before = new Map(this.#needs);
    this.#needs.clear();
    for (const need of needs) {
      const known = before.get(need.id);
      // A clean-up waits anew, for something else than the launch of the same node.
      const same = known?.need.cleanup === need.cleanup;
      if (!same) this.#refusals.delete(need.id);
      this.#needs.set(need.id, { need, sinceMs: same ? known.sinceMs : now });
    }
    for (const id of [...this.#refusals.keys()]) if (!this.#needs.has(id)) this.#refusals.delete(id);
  }

  note(needId: string, refusals: readonly { readonly hostname: string; readonly reason: string }[], now: number): void {
    const known = this.#refusals.get(needId) ?? new Map<string, Refusal>();
    for (const { hostname, reason } of refusals) known.set(hostname, { reason, atMs: now });
    this.#refusals.set(needId, known);
  }

  /** "" when nothing of this name waits for an offer. */
  describe(needId: string, connected: boolean, now: number): string {
    const known = this.#needs.get(needId);
    if (known === undefined) return "";
    const { need, sinceMs } = known;
    const wanted = `waits for an offer with ${describeNeed(need)}`;
    if (!connected) return `${wanted}; the scheduler is not connected to the Mesos master`;
    const fresh = [...(this.#refusals.get(needId) ?? [])].filter(([, { atMs }]) => now - atMs < freshMs);
    if (fresh.length === 0) return `${wanted}; ${describeSilence(now - sinceMs)}`;
    const hosts = fresh.map(([hostname, { reason }]) => `${hostname} ${reason}`).join("; ");
    return `${wanted}; ${fresh.length} ${fresh.length === 1 ? "host was" : "hosts were"} not enough: ${hosts}`;
  }
}
