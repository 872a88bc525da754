// The order in which waiting requests are tried, and which of them are placed together. Pure.
//
// 1. Requests that have a place already: stateful units that return to their data, processes that join their unit, units that
//    return to their data.
// 2. The rest of a quorum that has begun: the whole quorum fitted, and its first stateful unit was launched alone
//    (as a prerequisite of its kind wanted it), or an ACCEPT of it failed. Otherwise it could stay half.
// 3. All others: requests that are tied to a host, then to attributes, then the rest; of each, older workloads first.
//    Nothing of a workload comes before its own stateful units. While too few of them are placed, they are one group: placed
//    together or not at all.
import { urgency } from "../offer-fit/offer-fitness.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { isOfGang, missingOf, waitsForQuorum } from "./quorum.ts";

/** What is placed together: one request, or the stateful units that make a quorum. */
export interface PlacementGroup {
  readonly workload: string;
  readonly requests: readonly PlacementRequest[];
  /** Least number of them that must be placed. */
  readonly missing: number;
  /** True: it must wait until a quorum of the workload's stateful units is placed. */
  readonly waitsForQuorum: boolean;
  /** Position of the workload among those that wait: 0 is the oldest. */
  readonly age: number;
}

interface Ranked {
  readonly group: PlacementGroup;
  readonly urgency: number;
  readonly isStateful: boolean;
}

const isStateful = (request: PlacementRequest) => request.spread && !request.cleanup;

/** As urgent as a unit that returns to its host; see `urgency`. */
const begunUrgency = 2;

function gangUrgency(members: readonly PlacementRequest[]): number {
  const own = Math.min(...members.map(urgency));
  return (members[0]?.quorum?.placed ?? 0) > 0 ? Math.min(own, begunUrgency) : own;
}

/** From requests, those of older workloads first, to groups in the order in which they are placed. */
export function placementGroups(requests: readonly PlacementRequest[]): readonly PlacementGroup[] {
  const age = new Map<string, number>();
  const gangs = new Map<string, PlacementRequest[]>();
  /** By workload: the least urgent waiting stateful unit. Nothing else of the workload is more urgent. */
  const stateful = new Map<string, number>();
  for (const [index, request] of requests.entries()) {
    if (!age.has(request.workload)) age.set(request.workload, index);
    if (isOfGang(request)) gangs.set(request.workload, [...(gangs.get(request.workload) ?? []), request]);
    if (isStateful(request))
      stateful.set(request.workload, Math.max(stateful.get(request.workload) ?? 0, urgency(request)));
  }
  const ranked: Ranked[] = [];
  for (const [workload, members] of gangs) {
    const missing = missingOf(members[0]?.quorum);
    const group = { workload, requests: members, missing, waitsForQuorum: false, age: age.get(workload) ?? 0 };
    ranked.push({ group, urgency: gangUrgency(members), isStateful: true });
  }
  for (const request of requests) {
    if (isOfGang(request)) continue;
    const { workload } = request;
    const own = urgency(request);
    // A request that has its place goes before stateful units that begin anew elsewhere.
    const after = isStateful(request) || hasPlace(request) ? own : Math.max(own, stateful.get(workload) ?? 0);
    const group = {
      workload,
      requests: [request],
      missing: 1,
      waitsForQuorum: waitsForQuorum(request),
      age: age.get(workload) ?? 0,
    };
    ranked.push({ group, urgency: after, isStateful: isStateful(request) });
  }
  return ranked
    .sort(
      (left, right) =>
        left.urgency - right.urgency ||
        left.group.age - right.group.age ||
        Number(right.isStateful) - Number(left.isStateful),
    )
    .map(({ group }) => group);
}

/** True for a request that has its place already and only returns to it. */
export function hasPlace({ executor, homeOnly, cleanup }: PlacementRequest): boolean {
  return cleanup || executor !== undefined || homeOnly;
}
