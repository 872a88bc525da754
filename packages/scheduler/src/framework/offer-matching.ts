// Which waiting node goes to which offer: a pure function. All or nothing: executor, container and every process of a
// node fit into the offers of one agent and one role together, or the node waits and is told why.
import { type Offer, type Resource, Resources } from "@cke/mesos";
import type { AttributeConstraint } from "../domain/cluster-spec.ts";
import { isSameOwner, ownerOf } from "../domain/reservation.ts";
import { attributeProblem } from "./attribute-constraint.ts";
import { type AgentUse, bundlesOf, type OfferBundle } from "./offer-bundle.ts";
import type { OfferRefusal, RefusalKind, RefusalReason } from "./offer-refusal.ts";
import { type NeedPart, type NeedReservation, takeResources } from "./offer-taking.ts";

const { scalarOf } = Resources;

export interface NeedExecutor {
  readonly agentId: string;
  readonly hostname: string;
  readonly executorId: string;
  readonly role: string;
}

/** What one launch takes. */
export interface Need {
  /** Unique: `<cluster>/<node>` or `<cluster>/<node>/<process>`. */
  readonly id: string;
  readonly cluster: string;
  readonly host: string;
  readonly attributes: readonly AttributeConstraint[];
  readonly parts: readonly NeedPart[];
  /** Roles whose offers will do; empty: any. */
  readonly roles: readonly string[];
  /** Whose reserved resources it may use, and whether the rest is to be reserved for it too. */
  readonly reservation?: NeedReservation | undefined;
  /** For a process that joins its node's executor: where that runs. */
  readonly executor?: NeedExecutor | undefined;
  /** Host that holds the node's volumes. */
  readonly home: string;
  /** True: no other host will do. */
  readonly homeOnly: boolean;
  /** True: launched there only to remove what an earlier incarnation left. */
  readonly cleanup: boolean;
  /** Masters of one cluster go to different agents where there is a choice. */
  readonly spread: boolean;
  /** Agents that will not do: an earlier incarnation may still run there. */
  readonly avoid?: readonly string[] | undefined;
}

export interface Placement {
  readonly need: Need;
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  readonly offerIds: readonly string[];
  /** By part, in order. */
  readonly resources: readonly (readonly Resource[])[];
  /** Those of `resources` that the ACCEPT has to reserve first, as they are once they are reserved. */
  readonly reserve: readonly Resource[];
}

export interface MatchResult {
  readonly placements: readonly Placement[];
  /** By need: why each agent's offer was not good enough. */
  readonly refusals: ReadonlyMap<string, readonly OfferRefusal[]>;
  /** Offers that nothing was placed on. */
  readonly unused: readonly string[];
}

const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
const refuse = (kind: RefusalKind, words: string): RefusalReason => ({ kind, words });

/** Why this agent is not where the need may go, before its resources are looked at. */
function placeProblem(need: Need, bundle: OfferBundle): RefusalReason | undefined {
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

/** What is tied to a place goes first, so that what may go anywhere does not take its room. */
function urgency(need: Need): number {
  if (need.executor !== undefined) return 0;
  if (need.host !== "*" || need.homeOnly) return 1;
  return need.attributes.length > 0 ? 2 : 3;
}

/** True when the agent keeps resources for the need's node. */
function keepsFor({ reservation }: Need, { agentId, remaining }: OfferBundle): boolean {
  if (reservation?.held?.agentId !== agentId) return false;
  return remaining.some((piece) => {
    const owner = ownerOf(piece);
    return owner !== undefined && isSameOwner(owner, reservation.owner);
  });
}

function preference(need: Need, bundle: OfferBundle): readonly number[] {
  return [
    need.home !== "" && same(bundle.hostname, need.home) ? 0 : 1,
    keepsFor(need, bundle) ? 0 : 1,
    need.spread && bundle.masters.has(need.cluster) ? 1 : 0,
    -scalarOf(bundle.remaining, "cpus"),
  ];
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Needs in order of age; `uses` by agent id. */
export function matchOffers(
  needs: readonly Need[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
): MatchResult {
  const bundles = bundlesOf(offers, uses);
  const placements: Placement[] = [];
  const refusals = new Map<string, readonly OfferRefusal[]>();
  const used = new Set<string>();
  for (const need of [...needs].sort((left, right) => urgency(left) - urgency(right))) {
    const reasons: OfferRefusal[] = [];
    const ranked = bundles
      .map((bundle) => ({ bundle, rank: preference(need, bundle) }))
      .sort((left, right) => compare(left.rank, right.rank));
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
      for (const id of offerIds) used.add(id);
      placements.push({ need, agentId, hostname, role, offerIds, resources: taken.resources, reserve: taken.reserve });
      reasons.length = 0;
      break;
    }
    if (reasons.length > 0) refusals.set(need.id, reasons);
  }
  return { placements, refusals, unused: offers.map(({ id }) => id.value).filter((id) => !used.has(id)) };
}

/** "cpus 4.5, mem 5120 MiB, port 34571" */
export function describeNeed(need: Need): string {
  const cpus = need.parts.reduce((total, part) => total + Math.round(part.cpus * 1000), 0) / 1000;
  const mem = need.parts.reduce((total, part) => total + part.mem, 0);
  const ports = need.parts.flatMap((part) => part.ports);
  const place = need.host === "*" ? "" : ` on host ${need.host}`;
  return `cpus ${cpus}, mem ${mem} MiB${ports.length === 0 ? "" : `, port ${ports.join(", ")}`}${place}`;
}
