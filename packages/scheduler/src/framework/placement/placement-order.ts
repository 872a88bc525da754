// The order in which waiting requests are tried, and which of them are placed together. Pure.
//
// 1. Requests that have a place already: masters that return to their data, processes that join their unit, units that
//    return to their data.
// 2. The rest of a quorum that has begun: the whole quorum fitted, and its first master was launched alone
//    (network-pilot.ts), or an ACCEPT of it failed. Otherwise it could stay half.
// 3. All others: requests that are tied to a host, then to attributes, then the rest; of each, older clusters first.
//    Nothing of a cluster comes before its own masters. While too few of them are placed, they are one unit: placed
//    together or not at all.
import { urgency } from "../offer-fit/offer-fitness.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { isOfGang, missingOf, waitsForMasters } from "./quorum.ts";

/** What is placed together: one request, or the masters that make a quorum. */
export interface PlacementUnit {
  readonly cluster: string;
  readonly needs: readonly PlacementRequest[];
  /** Least number of them that must be placed. */
  readonly missing: number;
  /** True: it must wait until a quorum of the cluster's masters is placed. */
  readonly gated: boolean;
  /** Position of the cluster among those that wait: 0 is the oldest. */
  readonly age: number;
}

interface Ranked {
  readonly unit: PlacementUnit;
  readonly urgency: number;
  readonly isMaster: boolean;
}

const isMaster = (need: PlacementRequest) => need.spread && !need.cleanup;

/** As urgent as a unit that returns to its host; see `urgency`. */
const begunUrgency = 2;

function gangUrgency(members: readonly PlacementRequest[]): number {
  const own = Math.min(...members.map(urgency));
  return (members[0]?.quorum?.placed ?? 0) > 0 ? Math.min(own, begunUrgency) : own;
}

/** From requests, those of older clusters first, to units in the order in which they are placed. */
export function placementUnits(needs: readonly PlacementRequest[]): readonly PlacementUnit[] {
  const age = new Map<string, number>();
  const gangs = new Map<string, PlacementRequest[]>();
  /** By cluster: the least urgent waiting master. Nothing else of the cluster is more urgent. */
  const masters = new Map<string, number>();
  for (const [index, need] of needs.entries()) {
    if (!age.has(need.cluster)) age.set(need.cluster, index);
    if (isOfGang(need)) gangs.set(need.cluster, [...(gangs.get(need.cluster) ?? []), need]);
    if (isMaster(need)) masters.set(need.cluster, Math.max(masters.get(need.cluster) ?? 0, urgency(need)));
  }
  const ranked: Ranked[] = [];
  for (const [cluster, members] of gangs) {
    const missing = missingOf(members[0]?.quorum);
    const unit = { cluster, needs: members, missing, gated: false, age: age.get(cluster) ?? 0 };
    ranked.push({ unit, urgency: gangUrgency(members), isMaster: true });
  }
  for (const need of needs) {
    if (isOfGang(need)) continue;
    const { cluster } = need;
    const own = urgency(need);
    // A request that has its place goes before masters that begin anew elsewhere.
    const after = isMaster(need) || hasPlace(need) ? own : Math.max(own, masters.get(cluster) ?? 0);
    const unit = { cluster, needs: [need], missing: 1, gated: waitsForMasters(need), age: age.get(cluster) ?? 0 };
    ranked.push({ unit, urgency: after, isMaster: isMaster(need) });
  }
  return ranked
    .sort(
      (left, right) =>
        left.urgency - right.urgency ||
        left.unit.age - right.unit.age ||
        Number(right.isMaster) - Number(left.isMaster),
    )
    .map(({ unit }) => unit);
}

/** True for a request that has its place already and only returns to it. */
export function hasPlace({ executor, homeOnly, cleanup }: PlacementRequest): boolean {
  return cleanup || executor !== undefined || homeOnly;
}
