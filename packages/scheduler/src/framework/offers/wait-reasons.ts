// Why nodes and processes wait for an offer: since when, and what the last offers lacked, as values and in words.
import {
  describeRefusals,
  type Gate,
  type OfferRefusal,
  type RefusalKind,
  refusalKinds,
} from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { describeRequest } from "../placement/offer-matching.ts";
import { gateMessage, missingOf, waitsForMasters } from "../placement/quorum.ts";
import {
  AgentNumbers,
  freshMs,
  type RefusalExample,
  type RefusalSummary,
  RejectionHistory,
} from "./rejection-history.ts";

/** Nobody needs to know that nothing came in less. */
const mentionedMs = 3_000;
/** Words for each kind when there are more hosts than can be named. */
const namedPerKind = 2;

/** Something that waits for an offer. */
export interface Waiting {
  readonly need: PlacementRequest;
  readonly sinceMs: number;
  readonly refusals: RefusalSummary;
  /** What has to come first, whatever is offered. */
  readonly gate: Gate | undefined;
}

const nothing: RefusalSummary = { agents: 0, counts: new Map(), examples: [], newestMs: 0 };

function describeSilence(waitedMs: number): string {
  if (waitedMs < mentionedMs) return "no offer yet";
  if (waitedMs < freshMs) return `no offer yet, for ${Math.floor(waitedMs / 1000)} s`;
  return `no offer came in the last ${freshMs / 1000} s`;
}

/** Hosts whose first reason it is. */
const ofKind = (examples: readonly RefusalExample[], kind: RefusalKind) =>
  examples.filter(({ reasons }) => reasons.some((reason) => reason.kind === kind));

/** "2 hosts were not enough: a has cpus 2 of 4.5; b is not host a", or how many hosts lacked what. */
function describeSummary({ agents, counts, examples }: RefusalSummary): string {
  const verb = agents === 1 ? "host was" : "hosts were";
  if (examples.length >= agents) {
    const byHost = [...Map.groupBy(examples, ({ hostname }) => hostname)];
    const words = byHost.map(([hostname, list]) =>
      describeRefusals(
        hostname,
        list.flatMap(({ reasons }) => reasons),
      ),
    );
    return `${byHost.length} ${byHost.length === 1 ? "host was" : "hosts were"} not enough: ${words.join("; ")}`;
  }
  const kinds = refusalKinds.flatMap((kind) => {
    const count = counts.get(kind) ?? 0;
    const named = ofKind(examples, kind).slice(0, namedPerKind);
    const words = named.map(({ hostname, reasons }) =>
      describeRefusals(
        hostname,
        reasons.filter((reason) => reason.kind === kind),
      ),
    );
    return count === 0 ? [] : `${kind}: ${count}${words.length === 0 ? "" : ` (${words.join("; ")})`}`;
  });
  return `${agents} ${verb} not enough: ${kinds.join(", ")}`;
}

export class WaitReasons {
  readonly #numbers = new AgentNumbers();
  readonly #refusals = new Map<string, RejectionHistory>();
  #needs = new Map<string, { readonly need: PlacementRequest; readonly sinceMs: number }>();
  #kept: readonly PlacementRequest[] | undefined;
  #gates: ReadonlyMap<string, Gate> = new Map();

  /** The needs as they are now; others are forgotten. */
  keep(needs: readonly PlacementRequest[], now: number): void {
    if (needs === this.#kept) return;
    this.#kept = needs;
    const before = this.#needs;
    this.#needs = new Map();
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
    if (!this.#needs.has(needId)) return;
    const memory = this.#refusals.get(needId) ?? new RejectionHistory(this.#numbers);
    memory.note(refusals, now);
    this.#refusals.set(needId, memory);
  }

  /** What has to come first, as the last look at the offers has it; others wait for nothing but an offer. */
  gates(gates: ReadonlyMap<string, Gate>): void {
    // What such an agent lacked before is over.
    for (const [id, { fits }] of gates) if (fits !== undefined) this.#refusals.get(id)?.forget(fits.agentId, fits.role);
    this.#gates = gates;
  }

  /** undefined when nothing of this name waits for an offer. */
  need(needId: string): PlacementRequest | undefined {
    return this.#needs.get(needId)?.need;
  }

  /** undefined when nothing of this name waits for an offer. */
  waiting(needId: string, now: number): Waiting | undefined {
    const known = this.#needs.get(needId);
    if (known === undefined) return undefined;
    return { ...known, refusals: this.#refusals.get(needId)?.summary(now) ?? nothing, gate: this.#gateOf(known.need) };
  }

  /** "" when nothing of this name waits for an offer. */
  describe(needId: string, connected: boolean, now: number): string {
    const known = this.waiting(needId, now);
    if (known === undefined) return "";
    const { need, sinceMs, refusals, gate } = known;
    const offer = `waits for an offer with ${describeRequest(need)}`;
    if (!connected) return `${offer}; the scheduler is not connected to the Mesos master`;
    const wanted =
      gate === undefined ? offer : gate.fits === undefined ? `${gate.words}; then it ${offer}` : gate.words;
    if (gate !== undefined && refusals.agents === 0) return wanted;
    if (refusals.agents === 0) return `${wanted}; ${describeSilence(now - sinceMs)}`;
    return `${wanted}; ${describeSummary(refusals)}`;
  }

  /** Before the first offers it is known all the same that the masters come first. */
  #gateOf(need: PlacementRequest): Gate | undefined {
    const { quorum } = need;
    if (need.gate !== undefined) return need.gate;
    const known = this.#gates.get(need.id);
    // Masters may have been placed since.
    if (known !== undefined && (known.kind !== "masters" || missingOf(quorum) > 0)) return known;
    return quorum !== undefined && waitsForMasters(need)
      ? { kind: "masters", words: gateMessage(quorum, 0, []) }
      : undefined;
  }
}
