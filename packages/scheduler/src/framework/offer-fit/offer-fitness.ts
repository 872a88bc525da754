// Whether a placement request fits to an agent's offers, and how well. Pure.
import { Resources } from "@cke/mesos";
import { isSameOwner, ownerOf } from "../../workload/reservations/reservation.ts";
import { attributeProblem } from "./attribute-constraint.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import type { RefusalKind, RefusalReason } from "./offer-refusal.ts";
import type { PlacementRequest } from "./placement-request.ts";

const { scalarOf } = Resources;

export const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
const refuse = (kind: RefusalKind, words: string): RefusalReason => ({ kind, words });

/** Why the request may not go to this agent, whatever resources it has; undefined when it may. */
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
  // A master whose data is here can go nowhere else, and neither can a unit whose resources are reserved here.
  const reserved = need.reservation?.held?.agentId === bundle.agentId;
  const tied = need.host !== "*" || (need.homeOnly && need.spread) || reserved;
  const maintenance = need.cleanup ? undefined : bundle.maintenance?.(tied);
  return maintenance === undefined ? undefined : refuse("agent-maintenance", maintenance);
}

/**
 * The order of requests; smaller goes first. 0: a master that returns to its data, which can go nowhere else. 1: a
 * process that joins its running unit. 2: a unit that returns to its host. 3: a unit that is tied to a host, 4: to
 * attributes. 5: a unit that may go anywhere, so that it does not take the place of the others.
 */
export function urgency(need: PlacementRequest): number {
  if (need.executor !== undefined) return 1;
  if (need.homeOnly) return need.spread && !need.cleanup ? 0 : 2;
  if (need.host !== "*") return 3;
  return need.attributes.length > 0 ? 4 : 5;
}

/** True when resources of this agent are reserved for the request's unit. */
function keepsFor({ reservation }: PlacementRequest, { agentId, remaining }: OfferBundle): boolean {
  if (reservation?.held?.agentId !== agentId) return false;
  return remaining.some((piece) => {
    const owner = ownerOf(piece);
    return owner !== undefined && isSameOwner(owner, reservation.owner);
  });
}

/** Smaller is better; the first number counts before the second. */
export function preference(need: PlacementRequest, bundle: OfferBundle): readonly number[] {
  return [
    need.home !== "" && same(bundle.hostname, need.home) ? 0 : 1,
    keepsFor(need, bundle) ? 0 : 1,
    need.spread && bundle.masters.has(need.cluster) ? 1 : 0,
    -scalarOf(bundle.remaining, "cpus"),
  ];
}

/** Below zero when `left` is preferred. */
export function comparePreference(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
