// One need and what one agent offers: whether they may come together at all, and how well they would. Pure.
import { Resources } from "@cke/mesos";
import { isSameOwner, ownerOf } from "../../workload/reservations/reservation.ts";
import { attributeProblem } from "./attribute-constraint.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import type { RefusalKind, RefusalReason } from "./offer-refusal.ts";
import type { PlacementRequest } from "./placement-request.ts";

const { scalarOf } = Resources;

export const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
const refuse = (kind: RefusalKind, words: string): RefusalReason => ({ kind, words });

/** Why this agent is not where the need may go, before its resources are looked at. */
export function placeProblem(need: PlacementRequest, bundle: OfferBundle): RefusalReason | undefined {
  if (need.executor !== undefined) {
    const { agentId, executorId, role } = need.executor;
    if (bundle.agentId !== agentId) return refuse("host", "is not the agent of its node");
    if (bundle.role !== role) return refuse("role", `offers role ${bundle.role}, its executor has ${role}`);
    return bundle.executorIds.has(executorId) ? undefined : refuse("host", "does not run its executor now");
  }
  if (need.avoid?.includes(bundle.agentId)) return refuse("host", "may still run an earlier incarnation of the node");
  if (need.roles.length > 0 && !need.roles.includes(bundle.role))
    return refuse("role", `offers role ${bundle.role}, not ${need.roles.join(" or ")}`);
  if (need.host !== "*" && !bundle.addresses.some((address) => same(address, need.host)))
    return refuse("host", `is not host ${need.host}`);
  if (need.homeOnly && !same(bundle.hostname, need.home))
    return refuse("host", `does not hold the node's data (host ${need.home} does)`);
  for (const constraint of need.attributes) {
    const problem = attributeProblem(constraint, bundle.attributes);
    if (problem !== undefined) return refuse("attribute", problem);
  }
  // A master whose data is here can go nowhere else, nor a node whose resources are reserved here.
  const reserved = need.reservation?.held?.agentId === bundle.agentId;
  const tied = need.host !== "*" || (need.homeOnly && need.spread) || reserved;
  const maintenance = need.cleanup ? undefined : bundle.maintenance?.(tied);
  return maintenance === undefined ? undefined : refuse("agent-maintenance", maintenance);
}

/**
 * Smaller goes first. 0: a master that returns to its data, which can be nowhere else. 1: a process that joins its node. 2: what
 * returns to its host. 3: what is tied to one, 4: to attributes, so that what may go anywhere (5) does not take its room.
 */
export function urgency(need: PlacementRequest): number {
  if (need.executor !== undefined) return 1;
  if (need.homeOnly) return need.spread && !need.cleanup ? 0 : 2;
  if (need.host !== "*") return 3;
  return need.attributes.length > 0 ? 4 : 5;
}

/** True when the agent keeps resources for the need's node. */
function keepsFor({ reservation }: PlacementRequest, { agentId, remaining }: OfferBundle): boolean {
  if (reservation?.held?.agentId !== agentId) return false;
  return remaining.some((piece) => {
    const owner = ownerOf(piece);
    return owner !== undefined && isSameOwner(owner, reservation.owner);
  });
}

/** Smaller is better, the first number before the second. */
export function preference(need: PlacementRequest, bundle: OfferBundle): readonly number[] {
  return [
    need.home !== "" && same(bundle.hostname, need.home) ? 0 : 1,
    keepsFor(need, bundle) ? 0 : 1,
    need.spread && bundle.masters.has(need.cluster) ? 1 : 0,
    -scalarOf(bundle.remaining, "cpus"),
  ];
}

/** Below zero: `left` is preferred. */
export function comparePreference(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
