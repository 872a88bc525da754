// Why units and processes wait for an offer: since when, and what the last offers lacked, as values and in words.
import {
  describeRefusals,
  type OfferRefusal,
  type Prerequisite,
  type RefusalKind,
  refusalKinds,
} from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { describeRequest } from "../placement/offer-matching.ts";
import { missingOf, quorumMessage, waitsForQuorum } from "../placement/quorum.ts";
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
  readonly request: PlacementRequest;
  readonly sinceMs: number;
  readonly refusals: RefusalSummary;
  /** What has to come first, whatever is offered. */
  readonly prerequisite: Prerequisite | undefined;
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
  #requests = new Map<string, { readonly request: PlacementRequest; readonly sinceMs: number }>();
  #kept: readonly PlacementRequest[] | undefined;
  #prerequisites: ReadonlyMap<string, Prerequisite> = new Map();

  /** The requests as they are now; others are forgotten. */
  keep(requests: readonly PlacementRequest[], now: number): void {
    if (requests === this.#kept) return;
    this.#kept = requests;
    const before = this.#requests;
    this.#requests = new Map();
    for (const request of requests) {
      const known = before.get(request.id);
      // A clean-up waits anew, for something else than the launch of the same unit.
      const same = known?.request.cleanup === request.cleanup;
      if (!same) this.#refusals.delete(request.id);
      this.#requests.set(request.id, { request, sinceMs: same ? known.sinceMs : now });
    }
    for (const id of [...this.#refusals.keys()]) if (!this.#requests.has(id)) this.#refusals.delete(id);
  }

  /** What the offers of one event lacked for a request; an agent's newest reasons replace its older ones. */
  note(requestId: string, refusals: readonly OfferRefusal[], now: number): void {
    if (!this.#requests.has(requestId)) return;
    const memory = this.#refusals.get(requestId) ?? new RejectionHistory(this.#numbers);
    memory.note(refusals, now);
    this.#refusals.set(requestId, memory);
  }

  /** What has to come first, as the last look at the offers has it; others wait for nothing but an offer. */
  prerequisites(prerequisites: ReadonlyMap<string, Prerequisite>): void {
    // What such an agent lacked before is over.
    for (const [id, { fits }] of prerequisites)
      if (fits !== undefined) this.#refusals.get(id)?.forget(fits.agentId, fits.role);
    this.#prerequisites = prerequisites;
  }

  /** undefined when nothing of this name waits for an offer. */
  request(requestId: string): PlacementRequest | undefined {
    return this.#requests.get(requestId)?.request;
  }

  /** undefined when nothing of this name waits for an offer. */
  waiting(requestId: string, now: number): Waiting | undefined {
    const known = this.#requests.get(requestId);
    if (known === undefined) return undefined;
    return {
      ...known,
      refusals: this.#refusals.get(requestId)?.summary(now) ?? nothing,
      prerequisite: this.#prerequisiteOf(known.request),
    };
  }

  /** "" when nothing of this name waits for an offer. */
  describe(requestId: string, connected: boolean, now: number): string {
    const known = this.waiting(requestId, now);
    if (known === undefined) return "";
    const { request, sinceMs, refusals, prerequisite } = known;
    const offer = `waits for an offer with ${describeRequest(request)}`;
    if (!connected) return `${offer}; the scheduler is not connected to the Mesos master`;
    const wanted =
      prerequisite === undefined
        ? offer
        : prerequisite.fits === undefined
          ? `${prerequisite.words}; then it ${offer}`
          : prerequisite.words;
    if (prerequisite !== undefined && refusals.agents === 0) return wanted;
    if (refusals.agents === 0) return `${wanted}; ${describeSilence(now - sinceMs)}`;
    return `${wanted}; ${describeSummary(refusals)}`;
  }

  /** Before the first offers it is known all the same that the stateful units come first. */
  #prerequisiteOf(request: PlacementRequest): Prerequisite | undefined {
    const { quorum } = request;
    if (request.prerequisite !== undefined) return request.prerequisite;
    const known = this.#prerequisites.get(request.id);
    // Stateful units may have been placed since.
    if (known !== undefined && (known.kind !== "quorum" || missingOf(quorum) > 0)) return known;
    return quorum !== undefined && waitsForQuorum(request)
      ? { kind: "quorum", words: quorumMessage(quorum, 0, []) }
      : undefined;
  }
}
