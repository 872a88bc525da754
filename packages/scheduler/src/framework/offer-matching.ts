// Which waiting node goes to which offer: a pure function. All or nothing: executor, container and every process of a
// node fit into the offers of one agent and one role together, or the node waits and is told why.

import type { Offer, Resource } from "@cke/mesos";
import type { AttributeConstraint } from "../domain/cluster-spec.ts";
import { type AgentUse, bundlesOf, type OfferBundle } from "./offer-bundle.ts";
import { placeProblem, urgency } from "./offer-fitness.ts";
import { OfferIndex } from "./offer-index.ts";
import type { OfferRefusal } from "./offer-refusal.ts";
import { type NeedPart, type NeedReservation, takeResources } from "./offer-taking.ts";

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
  /** What the offers show of the need's reservation, taken or not. */
  readonly own: readonly Resource[];
}

export interface MatchResult {
  readonly placements: readonly Placement[];
  /** By need: why offers were not good enough, of at most `refusalsTold` agents, those that came nearest first. */
  readonly refusals: ReadonlyMap<string, readonly OfferRefusal[]>;
  /** Offers that nothing was placed on. */
  readonly unused: readonly string[];
}

/** Refusals told of one need: enough to see what is wrong; the others of ten thousand agents would say the same. */
export const refusalsTold = 100;

/** All that decides whether a need can be placed, as opposed to where it is placed best. */
function shapeOf({ id: _id, cluster: _cluster, ...rest }: Need): string {
  return JSON.stringify(rest);
}

/** Why every offer was refused, those that came nearest first and at most `refusalsTold`; or where it goes. */
function place(need: Need, index: OfferIndex): Placement | readonly OfferRefusal[] {
  const refusals: OfferRefusal[] = [];
  const told = new Set<OfferBundle>();
  for (const { bundle, certain } of index.candidates(need, refusalsTold)) {
    // Without room for words only what might succeed is looked at closely.
    if (certain && told.size >= refusalsTold) continue;
    const problem = placeProblem(need, bundle);
    const taken = problem === undefined ? takeResources(need, bundle) : [problem];
    const { agentId, hostname, role, offerIds } = bundle;
    if (!("rest" in taken)) {
      if (told.size < refusalsTold) refusals.push(...taken.map((reason) => ({ ...reason, agentId, hostname, role })));
      told.add(bundle);
      continue;
    }
    for (const port of need.parts.flatMap((part) => part.ports)) bundle.ports.set(port, need.id);
    if (need.spread) bundle.masters.add(need.cluster);
    index.take(bundle, taken.rest);
    const { resources, reserve, own } = taken;
    return { need, agentId, hostname, role, offerIds, resources, reserve, own };
  }
  return refusals;
}

/**
 * Needs in order of age; `uses` by agent id. Every need goes where it is preferred most among what is left when its turn
 * comes. What is left only shrinks, so a need that is like one that failed fails too.
 */
export function matchOffers(
  needs: readonly Need[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
): MatchResult {
  const index = new OfferIndex(bundlesOf(offers, uses));
  const placements: Placement[] = [];
  const refusals = new Map<string, readonly OfferRefusal[]>();
  const failed = new Map<string, readonly OfferRefusal[]>();
  const used = new Set<string>();
  for (const need of [...needs].sort((left, right) => urgency(left) - urgency(right))) {
    const shape = shapeOf(need);
    const result = failed.get(shape) ?? place(need, index);
    if ("need" in result) {
      placements.push(result);
      for (const id of result.offerIds) used.add(id);
      continue;
    }
    failed.set(shape, result);
    if (result.length > 0) refusals.set(need.id, result);
  }
  return { placements, refusals, unused: offers.map(({ id }) => id.value).filter((id) => !used.has(id)) };
}

/** "cpus 4.5, mem 5120 MiB, disk 256 MiB, port 34571" */
export function describeNeed(need: Need): string {
  const cpus = need.parts.reduce((total, part) => total + Math.round(part.cpus * 1000), 0) / 1000;
  const mem = need.parts.reduce((total, part) => total + part.mem, 0);
  const ports = need.parts.flatMap((part) => part.ports);
  const place = need.host === "*" ? "" : ` on host ${need.host}`;
  const disk = need.parts.reduce((total, part) => total + (part.disk ?? 0), 0);
  return `cpus ${cpus}, mem ${mem} MiB${disk === 0 ? "" : `, disk ${disk} MiB`}${ports.length === 0 ? "" : `, port ${ports.join(", ")}`}${place}`;
}
