// Which waiting node goes to which offer: a pure function. All or nothing: executor, container and every process of a
// node fit into the offers of one agent and one role together, or the node waits and is told why. And nothing of a cluster is
// placed before a quorum of its masters is, all of it at once (`placement-order.ts`).

import type { Offer, Resource } from "@cke/mesos";
import type { AttributeConstraint } from "../domain/cluster-spec.ts";
import { alike, shortWords, type Together, takeTogether } from "./gang-placement.ts";
import { type AgentUse, bundlesOf } from "./offer-bundle.ts";
import { fit, take } from "./offer-fit.ts";
import { OfferIndex } from "./offer-index.ts";
import type { Gate, OfferRefusal } from "./offer-refusal.ts";
import type { NeedPart, NeedReservation } from "./offer-taking.ts";
import { isOwed, type PlacementUnit, placementUnits } from "./placement-order.ts";
import { gateWords, isOfGang, type Quorum } from "./quorum.ts";

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
  /** The masters of its cluster; without it nothing waits for them. */
  readonly quorum?: Quorum | undefined;
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
  /** By need: what else has to come first, whatever is offered. */
  readonly gates: ReadonlyMap<string, Gate>;
  /** Offers that nothing was placed on. */
  readonly unused: readonly string[];
}

/** Refusals told of one need: enough to see what is wrong; the others of ten thousand agents would say the same. */
export const refusalsTold = 100;

/** All that decides whether a need can be placed, as opposed to where it is placed best. */
function shapeOf(need: Need): string {
  const { id, cluster: _cluster, quorum: _quorum, ...rest } = need;
  // What is kept for others is not kept for itself.
  return JSON.stringify(isOwed(need) ? { id, ...rest } : rest);
}

/** What a match finds out, unit by unit. */
class Match {
  readonly #index: OfferIndex;
  readonly placements: Placement[] = [];
  readonly refusals = new Map<string, readonly OfferRefusal[]>();
  readonly gates = new Map<string, Gate>();
  /** What is left only shrinks, so a need that is like one that failed fails too; so do masters that are placed together. */
  readonly #failed = new Map<string, readonly OfferRefusal[]>();
  readonly #failedGangs = new Map<string, { readonly unit: PlacementUnit; readonly result: Together }>();
  /** Clusters whose masters have found their places here. */
  readonly #opened = new Set<string>();
  /** Of clusters whose masters do not all fit: what the others are told. */
  readonly #closed = new Map<string, string>();

  constructor(index: OfferIndex) {
    this.#index = index;
  }

  place(unit: PlacementUnit): void {
    const [need] = unit.needs;
    if (need === undefined) return;
    if (need.quorum !== undefined && isOfGang(need)) this.#placeGang(unit, need.quorum);
    else if (unit.gated && !this.#opened.has(unit.cluster)) this.gates.set(need.id, this.#gateOf(need));
    else this.#placeOne(need);
  }

  #gateOf({ cluster, quorum }: Need): Gate {
    const words = this.#closed.get(cluster) ?? (quorum === undefined ? "" : gateWords(quorum, 0, []));
    return { kind: "masters", words };
  }

  #placeOne(need: Need): void {
    const shape = shapeOf(need);
    const result = this.#failed.get(shape) ?? fit(need, this.#index);
    if ("placement" in result) {
      take(result, this.#index);
      this.placements.push(result.placement);
      return;
    }
    this.#failed.set(shape, result);
    if (result.length > 0) this.refusals.set(need.id, result);
  }

  #placeGang(unit: PlacementUnit, quorum: Quorum): void {
    const shape = `${unit.missing} ${unit.needs.map(shapeOf).join("\n")}`;
    const known = this.#failedGangs.get(shape);
    const result = known === undefined ? takeTogether(unit, this.#index) : alike(known.result, known.unit, unit);
    if (result.fits.length >= unit.missing) {
      this.#opened.add(unit.cluster);
      this.placements.push(...result.fits.map(({ placement }) => placement));
    } else {
      this.#failedGangs.set(shape, { unit, result });
      const words = gateWords(quorum, result.fits.length, shortWords(result.refusals));
      this.#closed.set(unit.cluster, words);
      for (const { placement } of result.fits)
        this.gates.set(placement.need.id, {
          kind: "masters",
          words: `fits on host ${placement.hostname}, and ${words}`,
        });
    }
    for (const [need, refusals] of result.refusals) if (refusals.length > 0) this.refusals.set(need.id, refusals);
  }
}

/**
 * Needs in order of age; `uses` by agent id. Every unit goes where it is preferred most among what is left when its turn
 * comes (`placementUnits`).
 */
export function matchOffers(
  needs: readonly Need[],
  offers: readonly Offer[],
  uses: ReadonlyMap<string, AgentUse>,
): MatchResult {
  const match = new Match(new OfferIndex(bundlesOf(offers, uses)));
  for (const unit of placementUnits(needs)) match.place(unit);
  const { placements, refusals, gates } = match;
  const used = new Set(placements.flatMap(({ offerIds }) => offerIds));
  return { placements, refusals, gates, unused: offers.map(({ id }) => id.value).filter((id) => !used.has(id)) };
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
