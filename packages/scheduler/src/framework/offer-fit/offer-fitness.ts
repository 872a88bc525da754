// Whether a placement request fits to an agent's offers, and how well. Pure.
import { Resources } from "@cke/mesos";
import { isSameOwner, ownerOf } from "../../workload/reservations/reservation.ts";
import { attributeProblem } from "./attribute-constraint.ts";
import { neighbourProblem } from "./neighbours.ts";
import type { OfferBundle } from "./offer-bundle.ts";
import type { RefusalKind, RefusalReason } from "./offer-refusal.ts";
import type { PlacementRequest } from "./placement-request.ts";

const { scalarOf } = Resources;

export const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
/** The hosts where a request that is `homeOnly` may go. */
export const homesOf = ({ home, alsoAt = [] }: Pick<PlacementRequest, "home" | "alsoAt">) => [home, ...alsoAt];
/** "host a", or "host a or b" */
export const hostWords = (request: Pick<PlacementRequest, "home" | "alsoAt">) =>
  `host ${homesOf(request).join(" or ")}`;
const refuse = (kind: RefusalKind, words: string): RefusalReason => ({ kind, words });

/** Why the request may not go to this agent, whatever resources it has; undefined when it may. */
export function placeProblem(request: PlacementRequest, bundle: OfferBundle): RefusalReason | undefined {
  if (request.executor !== undefined) {
    const { agentId, executorId, role } = request.executor;
    if (bundle.agentId !== agentId) return refuse("host", "is not the agent of its unit");
    if (bundle.role !== role) return refuse("role", `offers role ${bundle.role}, its executor has ${role}`);
    return bundle.executorIds.has(executorId) ? undefined : refuse("host", "does not run its executor now");
  }
  if (request.avoid?.includes(bundle.agentId))
    return refuse("host", "may still run an earlier incarnation of the unit");
  if (request.roles.length > 0 && !request.roles.includes(bundle.role))
    return refuse("role", `offers role ${bundle.role}, not ${request.roles.join(" or ")}`);
  if (request.host !== "*" && !bundle.addresses.some((address) => same(address, request.host)))
    return refuse("host", `is not host ${request.host}`);
  if (request.homeOnly && !homesOf(request).some((home) => same(bundle.hostname, home)))
    return refuse(
      "host",
      request.cleanup ? `is not ${hostWords(request)}` : `does not hold the unit's data (${hostWords(request)} does)`,
    );
  if (request.notOn !== undefined && same(bundle.hostname, request.notOn))
    return refuse("host", "is the host that it is to leave");
  if (request.excludes?.hostnames.some((one) => same(bundle.hostname, one)) === true)
    return refuse("host", request.excludes.words);
  if (request.shuns?.strictly === true && same(bundle.hostname, request.shuns.hostname))
    return refuse("host", "had the instance that is replaced: another agent is looked for first");
  if (request.awaits !== undefined && bundle.stateful.has(request.workload)) {
    const { hostname, untilMs } = request.awaits;
    const until = new Date(untilMs).toISOString();
    return refuse(
      "host",
      `has another of the ${request.quorum?.word ?? "stateful units"} of ${request.workload}: ${hostname} had room and is waited for until ${until}, then any is taken`,
    );
  }
  for (const constraint of request.attributes) {
    const problem = attributeProblem(constraint, bundle.attributes);
    if (problem !== undefined) return refuse("attribute", problem);
  }
  const near = neighbourProblem(request, bundle);
  if (near !== undefined) return near;
  // A stateful unit whose data is here can go nowhere else, and neither can a unit whose resources are reserved here.
  const reserved = request.reservation?.held?.agentId === bundle.agentId;
  const tied = request.host !== "*" || (request.homeOnly && request.spread) || reserved;
  const maintenance = request.cleanup ? undefined : bundle.maintenance?.(tied);
  return maintenance === undefined ? undefined : refuse("agent-maintenance", maintenance);
}

/**
 * The order of requests; smaller goes first. 0: a stateful unit that returns to its data, which can go nowhere
 * else. 1: a process that joins its running unit. 2: a unit that returns to its host. 3: a unit that is tied to a host, 4: to
 * attributes. 5: a unit that may go anywhere, so that it does not take the place of the others.
 */
export function urgency(request: PlacementRequest): number {
  if (request.executor !== undefined) return 1;
  if (request.homeOnly) return request.spread && !request.cleanup ? 0 : 2;
  if (request.host !== "*") return 3;
  return request.attributes.length > 0 ? 4 : 5;
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
export function preference(request: PlacementRequest, bundle: OfferBundle): readonly number[] {
  return [
    request.home !== "" && same(bundle.hostname, request.home) ? 0 : 1,
    keepsFor(request, bundle) ? 0 : 1,
    request.shuns !== undefined && same(bundle.hostname, request.shuns.hostname) ? 1 : 0,
    request.spread && bundle.stateful.has(request.workload) ? 1 : 0,
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
