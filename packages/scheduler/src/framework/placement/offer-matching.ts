// Matches waiting requests with offers; a pure function. All or nothing: executor, container and every process of a
// unit fit into the offers of one agent to one role, or the unit waits and its refusals are reported. Nothing of a
// cluster is placed before a quorum of its masters, which is placed at once (`placement-order.ts`).
import type { Offer } from "@cke/mesos";
import { type AgentUse, bundlesOf } from "../offer-fit/offer-bundle.ts";
import { OfferIndex } from "../offer-fit/offer-index.ts";
import type { Gate, OfferRefusal } from "../offer-fit/offer-refusal.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import { hasPlace, type PlacementUnit, placementUnits } from "./placement-order.ts";
import { PlacementRound } from "./placement-round.ts";
import { type Turn, type TurnCandidate, turnAt } from "./placement-turn.ts";

export interface MatchResult {
  readonly placements: readonly Placement[];
  /** By request: why offers were refused, of at most `refusalsTold` agents, the nearest ones first. */
  readonly refusals: ReadonlyMap<string, readonly OfferRefusal[]>;
  /** By request: what must come first, whatever is offered. */
  readonly gates: ReadonlyMap<string, Gate>;
  /** Offers that some masters would use if enough of them fitted. */
  readonly wanted: ReadonlySet<string>;
  /** The cluster whose turn it is. */
  readonly turn: Turn | undefined;
  /** Offers on which nothing was placed. */
  readonly unused: readonly string[];
}

/** Clusters that wait for new places, oldest first. */
function candidatesOf(units: readonly PlacementUnit[]): readonly TurnCandidate[] {
  const since = new Map<string, number>();
  const waiting = units.filter(({ gated, needs }) => !gated && !needs.some(hasPlace));
  for (const { cluster, needs } of [...waiting].sort((left, right) => left.age - right.age)) {
    // Masters that are placed together wait since the last of them waits.
    const sinceMs = Math.max(...needs.map(({ sinceMs = Number.POSITIVE_INFINITY }) => sinceMs));
    since.set(cluster, Math.min(since.get(cluster) ?? Number.POSITIVE_INFINITY, sinceMs));
  }
  return [...since].map(([cluster, sinceMs]) => ({ cluster, sinceMs }));
}

export interface MatchMoment {
  readonly now: number;
  /** The turn at the last match. */
  readonly turn: Turn | undefined;
}

/**
 * Requests in the order of age; `uses` by agent id. Each unit gets the place that it prefers among those that are left
 * when it is tried (`placementUnits`).
 */
export function matchOffers(
  needs: readonly PlacementRequest[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
  { now, turn: before }: MatchMoment = { now: 0, turn: undefined },
): MatchResult {
  const units = placementUnits(needs);
  const round = new PlacementRound(
    new OfferIndex(bundlesOf(offers, uses)),
    turnAt(candidatesOf(units), before, now),
    units,
  );
  for (const unit of units) round.place(unit);
  const { placements, refusals, gates, wanted, turn } = round;
  const used = new Set(placements.flatMap(({ offerIds }) => offerIds));
  const unused = offers.map(({ id }) => id.value).filter((id) => !used.has(id));
  return { placements, refusals, gates, wanted, turn, unused };
}

/** "cpus 4.5, mem 5120 MiB, disk 256 MiB, port 34571" */
export function describeRequest(need: PlacementRequest): string {
  const cpus = need.parts.reduce((total, part) => total + Math.round(part.cpus * 1000), 0) / 1000;
  const mem = need.parts.reduce((total, part) => total + part.mem, 0);
  const ports = need.parts.flatMap((part) => part.ports);
  const place = need.host === "*" ? "" : ` on host ${need.host}`;
  const disk = need.parts.reduce((total, part) => total + (part.disk ?? 0), 0);
  return `cpus ${cpus}, mem ${mem} MiB${disk === 0 ? "" : `, disk ${disk} MiB`}${ports.length === 0 ? "" : `, port ${ports.join(", ")}`}${place}`;
}
