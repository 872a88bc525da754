// One match of requests with offers: units are tried one after the other (`placementUnits`), and each takes from what
// is left.
import type { OfferIndex } from "../offer-fit/offer-index.ts";
import type { Gate, OfferRefusal } from "../offer-fit/offer-refusal.ts";
import type { Placement, PlacementRequest, Quorum } from "../offer-fit/placement-request.ts";
import { alike, shortWords, type Together, takeTogether } from "./gang-placement.ts";
import { type Fit, fit, nearestAgents, take } from "./offer-fit.ts";
import { hasPlace, type PlacementUnit } from "./placement-order.ts";
import type { Turn } from "./placement-turn.ts";
import { gateMessage, isOfGang } from "./quorum.ts";

/** Everything that decides whether a request can be placed, without what decides where it is placed best. */
function shapeOf(need: PlacementRequest): string {
  const { id, cluster: _cluster, quorum: _quorum, sinceMs: _sinceMs, ...rest } = need;
  // A claim does not bind the unit that it is for.
  return JSON.stringify(hasPlace(need) ? { id, ...rest } : rest);
}

/** Collects the results, unit by unit. */
export class PlacementRound {
  readonly #index: OfferIndex;
  readonly placements: Placement[] = [];
  readonly refusals = new Map<string, readonly OfferRefusal[]>();
  readonly gates = new Map<string, Gate>();
  readonly wanted = new Set<string>();
  turn: Turn | undefined;
  /** Position of the cluster whose turn it is. */
  readonly #turnAge: number;
  /** The rest only shrinks, so a request like one that failed fails too, and so do masters that are placed together. */
  readonly #failed = new Map<string, readonly OfferRefusal[]>();
  readonly #failedGangs = new Map<string, { readonly unit: PlacementUnit; readonly result: Together }>();
  /** Clusters whose masters were placed in this match. */
  readonly #opened = new Set<string>();
  /** For clusters whose masters do not all fit: the text for the others. */
  readonly #closed = new Map<string, string>();

  constructor(index: OfferIndex, turn: Turn | undefined, units: readonly PlacementUnit[]) {
    this.#index = index;
    this.turn = turn;
    this.#turnAge = units.find(({ cluster }) => cluster === turn?.cluster)?.age ?? 0;
  }

  place(unit: PlacementUnit): void {
    const [need] = unit.needs;
    if (need === undefined) return;
    if (need.quorum !== undefined && isOfGang(need)) this.#placeGang(unit, need.quorum);
    else if (unit.gated && !this.#opened.has(unit.cluster)) this.gates.set(need.id, this.#gateOf(need));
    else this.#placeOne(unit, need);
  }

  #gateOf({ cluster, quorum }: PlacementRequest): Gate {
    const words = this.#closed.get(cluster) ?? (quorum === undefined ? "" : gateMessage(quorum, 0, []));
    return { kind: "masters", words };
  }

  /** The turn of another cluster that this unit must respect. */
  #turnFor(unit: PlacementUnit): Turn | undefined {
    return unit.age > this.#turnAge && !unit.needs.some(hasPlace) ? this.turn : undefined;
  }

  /** Keeps agents for a unit that does not fit in its turn, those with the most resources left. */
  #keep(unit: PlacementUnit, missing: number, fitting: readonly Fit[]): void {
    const [need] = unit.needs;
    if (this.turn?.cluster !== unit.cluster || need === undefined || hasPlace(need)) return;
    const agents = new Set([...this.turn.agents, ...fitting.map(({ placement }) => placement.agentId)]);
    const more = nearestAgents(need, this.#index, agents, missing - agents.size);
    this.turn = { ...this.turn, agents: new Set([...agents, ...more]) };
  }

  #placeOne(unit: PlacementUnit, need: PlacementRequest): void {
    const turn = this.#turnFor(unit);
    const shape = `${turn === undefined} ${shapeOf(need)}`;
    const result = this.#failed.get(shape) ?? fit(need, this.#index, turn);
    if ("placement" in result) {
      take(result, this.#index);
      this.placements.push(result.placement);
      return;
    }
    this.#failed.set(shape, result);
    this.#keep(unit, 1, []);
    if (result.length > 0) this.refusals.set(need.id, result);
  }

  #placeGang(unit: PlacementUnit, quorum: Quorum): void {
    const turn = this.#turnFor(unit);
    const shape = `${turn === undefined} ${unit.missing} ${unit.needs.map(shapeOf).join("\n")}`;
    const known = this.#failedGangs.get(shape);
    const result = known === undefined ? takeTogether(unit, this.#index, turn) : alike(known.result, known.unit, unit);
    if (result.fits.length >= unit.missing) {
      this.#opened.add(unit.cluster);
      this.placements.push(...result.fits.map(({ placement }) => placement));
    } else {
      this.#failedGangs.set(shape, { unit, result });
      this.#keep(unit, unit.missing, result.fits);
      const words = gateMessage(quorum, result.fits.length, shortWords(result.refusals));
      this.#closed.set(unit.cluster, words);
      for (const { placement } of result.fits) {
        for (const id of placement.offerIds) this.wanted.add(id);
        this.gates.set(placement.need.id, {
          kind: "masters",
          words: `fits on host ${placement.hostname}, and ${words}`,
          fits: { agentId: placement.agentId, role: placement.role },
        });
      }
    }
    for (const [need, refusals] of result.refusals) if (refusals.length > 0) this.refusals.set(need.id, refusals);
  }
}
