// The matching as it is meant, without an index: what the quick one must do. Every request looks at every offer.
import type { Offer } from "@cke/mesos";
import { type AgentUse, bundlesOf } from "../offer-fit/offer-bundle.ts";
import { comparePreference, placeProblem, preference } from "../offer-fit/offer-fitness.ts";
import type { OfferRefusal } from "../offer-fit/offer-refusal.ts";
import { takeResources } from "../offer-fit/offer-taking.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import type { MatchResult } from "../placement/offer-matching.ts";
import { placementGroups } from "../placement/placement-order.ts";

export function matchPlainly(
  requests: readonly PlacementRequest[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
): MatchResult {
  const bundles = bundlesOf(offers, uses);
  const placements: Placement[] = [];
  const refusals = new Map<string, readonly OfferRefusal[]>();
  for (const request of placementGroups(requests).flatMap((group) => group.requests)) {
    const reasons: OfferRefusal[] = [];
    const ranked = bundles
      .map((bundle) => ({ bundle, rank: preference(request, bundle) }))
      .sort((left, right) => comparePreference(left.rank, right.rank));
    let placed = false;
    for (const { bundle } of ranked) {
      const { agentId, hostname, role, offerIds } = bundle;
      const problem = placeProblem(request, bundle);
      const taken = problem === undefined ? takeResources(request, bundle) : [problem];
      if (!("rest" in taken)) {
        reasons.push(...taken.map((reason) => ({ ...reason, agentId, hostname, role })));
        continue;
      }
      bundle.remaining = taken.rest;
      for (const port of request.parts.flatMap((part) => part.ports)) bundle.ports.set(port, request.id);
      if (request.spread) bundle.stateful.add(request.workload);
      placements.push({
        request,
        agentId,
        hostname,
        role,
        offerIds,
        resources: taken.resources,
        reserve: taken.reserve,
        own: taken.own,
      });
      placed = true;
      break;
    }
    if (!placed && reasons.length > 0) refusals.set(request.id, reasons);
  }
  const used = new Set(placements.flatMap(({ offerIds }) => offerIds));
  return {
    placements,
    refusals,
    prerequisites: new Map(),
    wanted: new Set(),
    precedence: undefined,
    unused: offers.map(({ id }) => id.value).filter((id) => !used.has(id)),
  };
}
