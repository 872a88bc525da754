// Why nodes wait for an offer, in words: the last refusal of each host, as long as it is fresh.
import { describeNeed, type Need } from "./offer-matching.ts";
import { describeRefusals, type OfferRefusal } from "./offer-refusal.ts";

/** Declined resources come again within seconds: what is older than this says nothing any more. */
const freshMs = 120_000;
/** Nobody needs to know that nothing came in less. */
const mentionedMs = 3_000;

/** A refusal with when the offer came. */
export interface SeenRefusal extends OfferRefusal {
  readonly atMs: number;
}

/** Something that waits for an offer. */
export interface Waiting {
  readonly need: Need;
  readonly sinceMs: number;
  /** Of the last offer of each host and role, fresh ones only. */
  readonly refusals: readonly SeenRefusal[];
}

function describeSilence(waitedMs: number): string {
  if (waitedMs < mentionedMs) return "no offer yet";
  if (waitedMs < freshMs) return `no offer yet, for ${Math.floor(waitedMs / 1000)} s`;
  return `no offer came in the last ${freshMs / 1000} s`;
}

export class WaitReasons {
  /** By need, then by agent and role. */
  readonly #refusals = new Map<string, Map<string, readonly SeenRefusal[]>>();
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

  /** What the offers of one event lacked for a need; an agent's newest reasons replace its older ones. */
  note(needId: string, refusals: readonly OfferRefusal[], now: number): void {
    const known = this.#refusals.get(needId) ?? new Map<string, readonly SeenRefusal[]>();
    const byOffer = Map.groupBy(refusals, ({ agentId, role }) => `${agentId}\n${role}`);
    for (const [key, list] of byOffer) {
      known.set(
        key,
        list.map((refusal) => ({ ...refusal, atMs: now })),
      );
    }
    this.#refusals.set(needId, known);
  }

  /** undefined when nothing of this name waits for an offer. */
  waiting(needId: string, now: number): Waiting | undefined {
    const known = this.#needs.get(needId);
    if (known === undefined) return undefined;
    const all = [...(this.#refusals.get(needId)?.values() ?? [])].flat();
    return { ...known, refusals: all.filter(({ atMs }) => now - atMs < freshMs) };
  }

  /** "" when nothing of this name waits for an offer. */
  describe(needId: string, connected: boolean, now: number): string {
    const known = this.waiting(needId, now);
    if (known === undefined) return "";
    const { need, sinceMs, refusals } = known;
    const wanted = `waits for an offer with ${describeNeed(need)}`;
    if (!connected) return `${wanted}; the scheduler is not connected to the Mesos master`;
    if (refusals.length === 0) return `${wanted}; ${describeSilence(now - sinceMs)}`;
    const hosts = [...Map.groupBy(refusals, ({ hostname }) => hostname)];
    const words = hosts.map(([hostname, list]) => describeRefusals(hostname, list)).join("; ");
    return `${wanted}; ${hosts.length} ${hosts.length === 1 ? "host was" : "hosts were"} not enough: ${words}`;
  }
}
