// The matching as it is meant, without an index: what the quick one must do. Every need looks at every offer.
import type { Offer } from "@cke/mesos";
import { type AgentUse, bundlesOf } from "../offer-fit/offer-bundle.ts";
import { comparePreference, placeProblem, preference } from "../offer-fit/offer-fitness.ts";
import type { OfferRefusal } from "../offer-fit/offer-refusal.ts";
import { takeResources } from "../offer-fit/offer-taking.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import type { MatchResult } from "../placement/offer-matching.ts";
import { placementUnits } from "../placement/placement-order.ts";

export function matchPlainly(
  needs: readonly PlacementRequest[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
): MatchResult {
  const bundles = bundlesOf(offers, uses);
  const placements: Placement[] = [];
  const refusals = new Map<string, readonly OfferRefusal[]>();
  for (const need of placementUnits(needs).flatMap((unit) => unit.needs)) {
    const reasons: OfferRefusal[] = [];
    const ranked = bundles
      .map((bundle) => ({ bundle, rank: preference(need, bundle) }))
      .sort((left, right) => comparePreference(left.rank, right.rank));
    let placed = false;
    for (const { bundle } of ranked) {
      const { agentId, hostname, role, offerIds } = bundle;
      const problem = placeProblem(need, bundle);
      const taken = problem === undefined ? takeResources(need, bundle) : [problem];
      if (!("rest" in taken)) {
        reasons.push(...taken.map((reason) => ({ ...reason, agentId, hostname, role })));
        continue;
      }
      bundle.remaining = taken.rest;
      for (const port of need.parts.flatMap((part) => part.ports)) bundle.ports.set(port, need.id);
      if (need.spread) bundle.masters.add(need.cluster);
      placements.push({
        need,
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
    if (!placed && reasons.length > 0) refusals.set(need.id, reasons);
  }
  const used = new Set(placements.flatMap(({ offerIds }) => offerIds));
  return {
    placements,
    refusals,
    gates: new Map(),
    wanted: new Set(),
    turn: undefined,
    unused: offers.map(({ id }) => id.value).filter((id) => !used.has(id)),
  };
}
