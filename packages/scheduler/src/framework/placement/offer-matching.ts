// Matches waiting requests with offers; a pure function. All or nothing: the executor, the task and every process of
// a unit fit into the offers of one agent to one role, or the unit waits and its refusals are reported. Nothing of a
// workload is placed before a quorum of its stateful units, which is placed at once (`placement-order.ts`).
import type { Offer } from "@cke/mesos";
import { type AgentUse, bundlesOf } from "../offer-fit/offer-bundle.ts";
import { hostWords } from "../offer-fit/offer-fitness.ts";
import { OfferIndex } from "../offer-fit/offer-index.ts";
import type { OfferRefusal, Prerequisite } from "../offer-fit/offer-refusal.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import { hasPlace, type PlacementGroup, placementGroups } from "./placement-order.ts";
import { PlacementRound } from "./placement-round.ts";
import { type Precedence, type PrecedenceCandidate, precedenceAt } from "./precedence.ts";

export interface MatchResult {
  readonly placements: readonly Placement[];
  /** By request: why offers were refused, of at most `refusalsTold` agents, the nearest ones first. */
  readonly refusals: ReadonlyMap<string, readonly OfferRefusal[]>;
  /** By request: what must come first, whatever is offered. */
  readonly prerequisites: ReadonlyMap<string, Prerequisite>;
  /** Offers that some stateful units would use if enough of them fitted. */
  readonly wanted: ReadonlySet<string>;
  /** The workload that has precedence. */
  readonly precedence: Precedence | undefined;
  /** Offers on which nothing was placed. */
  readonly unused: readonly string[];
}

/** Workloads that wait for new places, oldest first. */
function candidatesOf(groups: readonly PlacementGroup[]): readonly PrecedenceCandidate[] {
  const since = new Map<string, number>();
  const waiting = groups.filter(({ waitsForQuorum, requests }) => !waitsForQuorum && !requests.some(hasPlace));
  for (const { workload, requests } of [...waiting].sort((left, right) => left.age - right.age)) {
    // Stateful units that are placed together wait since the last of them waits.
    const sinceMs = Math.max(...requests.map(({ sinceMs = Number.POSITIVE_INFINITY }) => sinceMs));
    since.set(workload, Math.min(since.get(workload) ?? Number.POSITIVE_INFINITY, sinceMs));
  }
  return [...since].map(([workload, sinceMs]) => ({ workload, sinceMs }));
}

export interface MatchMoment {
  readonly now: number;
  /** Who had precedence at the last match. */
  readonly precedence: Precedence | undefined;
}

/**
 * Requests in the order of age; `uses` by agent id. Each group gets the place that it prefers among those that are left
 * when it is tried (`placementGroups`).
 */
export function matchOffers(
  requests: readonly PlacementRequest[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
  { now, precedence: before }: MatchMoment = { now: 0, precedence: undefined },
): MatchResult {
  const groups = placementGroups(requests);
  const round = new PlacementRound(
    new OfferIndex(bundlesOf(offers, uses)),
    precedenceAt(candidatesOf(groups), before, now),
    groups,
  );
  for (const group of groups) round.place(group);
  const { placements, refusals, prerequisites, wanted, precedence } = round;
  const used = new Set(placements.flatMap(({ offerIds }) => offerIds));
  const unused = offers.map(({ id }) => id.value).filter((id) => !used.has(id));
  return { placements, refusals, prerequisites, wanted, precedence, unused };
}

/** "cpus 4.5, mem 5120 MiB, disk 256 MiB, port 34571" */
export function describeRequest(request: PlacementRequest): string {
  const cpus = request.parts.reduce((total, part) => total + Math.round(part.cpus * 1000), 0) / 1000;
  const mem = request.parts.reduce((total, part) => total + part.mem, 0);
  const ports = request.parts.flatMap((part) => part.ports);
  const host = request.cleanup ? hostWords(request) : request.host === "*" ? "" : `host ${request.host}`;
  const place = host === "" ? "" : ` on ${host}`;
  const disk = request.parts.reduce((total, part) => total + (part.disk ?? 0), 0);
  return `cpus ${cpus}, mem ${mem} MiB${disk === 0 ? "" : `, disk ${disk} MiB`}${ports.length === 0 ? "" : `, port ${ports.join(", ")}`}${place}`;
}
