// One match of requests with offers: groups are tried one after the other (`placementGroups`), and each takes from what
// is left.
import { besidePlaced } from "../offer-fit/neighbours.ts";
import type { OfferIndex } from "../offer-fit/offer-index.ts";
import type { OfferRefusal, Prerequisite } from "../offer-fit/offer-refusal.ts";
import type { Placement, PlacementRequest, Quorum } from "../offer-fit/placement-request.ts";
import { type Fit, fit, nearestAgents, take } from "./best-place.ts";
import { alike, shortWords, type Together, takeTogether } from "./gang-placement.ts";
import { hasPlace, type PlacementGroup } from "./placement-order.ts";
import type { Precedence } from "./precedence.ts";
import { isOfGang, quorumMessage } from "./quorum.ts";

/** Everything that decides whether a request can be placed, without what decides where it is placed best. */
function shapeOf(request: PlacementRequest): string {
  const { id, workload: _workload, tasks: _tasks, quorum: _quorum, sinceMs: _sinceMs, ...rest } = request;
  // A claim does not bind the unit that it is for.
  return JSON.stringify(hasPlace(request) ? { id, ...rest } : rest);
}

/** Collects the results, group by group. */
export class PlacementRound {
  readonly #index: OfferIndex;
  readonly placements: Placement[] = [];
  readonly refusals = new Map<string, readonly OfferRefusal[]>();
  readonly prerequisites = new Map<string, Prerequisite>();
  readonly wanted = new Set<string>();
  precedence: Precedence | undefined;
  /** Position of the workload that has precedence. */
  readonly #precedingAge: number;
  /** The rest only shrinks, so a request like one that failed fails too, and so do stateful units that are placed together. */
  readonly #failed = new Map<string, readonly OfferRefusal[]>();
  readonly #failedGangs = new Map<string, { readonly group: PlacementGroup; readonly result: Together }>();
  /** Workloads whose stateful units were placed in this match. */
  readonly #opened = new Set<string>();
  /** For workloads whose stateful units do not all fit: the text for the others. */
  readonly #closed = new Map<string, string>();

  constructor(index: OfferIndex, precedence: Precedence | undefined, groups: readonly PlacementGroup[]) {
    this.#index = index;
    this.precedence = precedence;
    this.#precedingAge = groups.find(({ workload }) => workload === precedence?.workload)?.age ?? 0;
  }

  place(asked: PlacementGroup): void {
    const requests = asked.requests.map((one) => besidePlaced(one, this.placements));
    const group = requests.every((one, index) => one === asked.requests[index]) ? asked : { ...asked, requests };
    const [request] = group.requests;
    if (request === undefined) return;
    if (request.quorum !== undefined && isOfGang(request)) this.#placeGang(group, request.quorum);
    else if (group.waitsForQuorum && !this.#opened.has(group.workload))
      this.prerequisites.set(request.id, this.#prerequisiteOf(request));
    else this.#placeOne(group, request);
  }

  #prerequisiteOf({ workload, quorum }: PlacementRequest): Prerequisite {
    const words = this.#closed.get(workload) ?? (quorum === undefined ? "" : quorumMessage(quorum, 0, []));
    return { kind: "quorum", words };
  }

  /** The precedence of another workload that this group must respect. */
  #precedenceFor(group: PlacementGroup): Precedence | undefined {
    return group.age > this.#precedingAge && !group.requests.some(hasPlace) ? this.precedence : undefined;
  }

  /** Keeps agents for a group that does not fit while it has precedence, those with the most resources left. */
  #keep(group: PlacementGroup, missing: number, fitting: readonly Fit[]): void {
    const [request] = group.requests;
    if (this.precedence?.workload !== group.workload || request === undefined || hasPlace(request)) return;
    const agents = new Set([...this.precedence.agents, ...fitting.map(({ placement }) => placement.agentId)]);
    const more = nearestAgents(request, this.#index, agents, missing - agents.size);
    this.precedence = { ...this.precedence, agents: new Set([...agents, ...more]) };
  }

  #placeOne(group: PlacementGroup, request: PlacementRequest): void {
    const precedence = this.#precedenceFor(group);
    const shape = `${precedence === undefined} ${shapeOf(request)}`;
    const result = this.#failed.get(shape) ?? fit(request, this.#index, precedence);
    if ("placement" in result) {
      take(result, this.#index);
      this.placements.push(result.placement);
      return;
    }
    this.#failed.set(shape, result);
    this.#keep(group, 1, []);
    if (result.length > 0) this.refusals.set(request.id, result);
  }

  #placeGang(group: PlacementGroup, quorum: Quorum): void {
    const precedence = this.#precedenceFor(group);
    const shape = `${precedence === undefined} ${group.missing} ${group.requests.map(shapeOf).join("\n")}`;
    const known = this.#failedGangs.get(shape);
    const result =
      known === undefined ? takeTogether(group, this.#index, precedence) : alike(known.result, known.group, group);
    if (result.fits.length >= group.missing) {
      this.#opened.add(group.workload);
      this.placements.push(...result.fits.map(({ placement }) => placement));
    } else {
      this.#failedGangs.set(shape, { group, result });
      this.#keep(group, group.missing, result.fits);
      const words = quorumMessage(quorum, result.fits.length, shortWords(result.refusals));
      this.#closed.set(group.workload, words);
      for (const { placement } of result.fits) {
        for (const id of placement.offerIds) this.wanted.add(id);
        this.prerequisites.set(placement.request.id, {
          kind: "quorum",
          words: `fits on host ${placement.hostname}, and ${words}`,
          fits: { agentId: placement.agentId, role: placement.role },
        });
      }
    }
    for (const [request, refusals] of result.refusals) if (refusals.length > 0) this.refusals.set(request.id, refusals);
  }
}
