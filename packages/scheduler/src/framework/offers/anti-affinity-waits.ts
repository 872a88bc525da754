// Stateful units of one workload go to different agents where there is room. Their offers do not come together: the agent that has one
// stateful unit may offer first, although another could take the next one. So that next one waits for an agent that was seen with room,
// for a bounded time; then it takes any.
import { type Offer, Resources } from "@cke/mesos";
import type { OfferBundle } from "../offer-fit/offer-bundle.ts";
import { placeProblem } from "../offer-fit/offer-fitness.ts";
import { takeResources } from "../offer-fit/offer-taking.ts";
import type { AwaitedAgent, Placement, PlacementRequest } from "../offer-fit/placement-request.ts";

/** A refused agent offers again within half of this time, as long as something waits. */
export const spreadMs = 30_000;
/** Most agents that are remembered. */
const mostAgents = 1_000;

const placeOf = ({ agent_id, allocation_info }: Offer) => `${agent_id.value}\n${allocation_info?.role ?? "*"}`;

/** True for a stateful unit that has no place yet and is bound to none. */
export const isFree = ({ spread, homeOnly, home, host, cleanup, executor }: PlacementRequest) =>
  spread && !homeOnly && home === "" && host === "*" && !cleanup && executor === undefined;

/** An agent of these without a stateful unit of the request's workload that had room for it; undefined when none had. Pure. */
export function roomElsewhere(request: PlacementRequest, others: readonly OfferBundle[]): OfferBundle | undefined {
  return others.find(
    (bundle) =>
      !bundle.stateful.has(request.workload) &&
      placeProblem(request, bundle) === undefined &&
      "rest" in takeResources(request, bundle),
  );
}

export class SpreadWaits {
  /** What agents offered last to each role, without what was launched of it since. */
  readonly #last = new Map<string, readonly Offer[]>();
  /** When each request was matched first. */
  readonly #since = new Map<string, number>();

  heard(offers: readonly Offer[]): void {
    for (const [place, group] of Map.groupBy(offers, placeOf)) {
      this.#last.delete(place);
      this.#last.set(place, group);
    }
    for (const place of this.#last.keys()) {
      if (this.#last.size <= mostAgents) break;
      this.#last.delete(place);
    }
  }

  /** What is launched is not there for others. */
  placed(placements: readonly Placement[]): void {
    for (const { agentId, role, resources, reserve } of placements) {
      const place = `${agentId}\n${role}`;
      const [first, ...more] = this.#last.get(place) ?? [];
      if (first === undefined) continue;
      const all = Resources.sum(...[first, ...more].map((offer) => offer.resources ?? []));
      const taken = Resources.sum(...resources);
      if (reserve.length > 0 || !Resources.contains(all, taken)) this.#last.delete(place);
      else this.#last.set(place, [{ ...first, resources: [...Resources.subtract(all, taken)] }]);
    }
  }

  /** The agent is not registered any more. */
  lost(agentId: string): void {
    for (const place of this.#last.keys()) if (place.startsWith(`${agentId}\n`)) this.#last.delete(place);
  }

  /**
   * The requests, and which agent each waits for. `offers`: those of this match. `bundlesOf`: what is known of other agents, which
   * is looked up only when a stateful unit waits.
   */
  of(
    requests: readonly PlacementRequest[],
    offers: readonly Offer[],
    bundlesOf: (offers: readonly Offer[]) => readonly OfferBundle[],
    now: number,
  ): readonly PlacementRequest[] {
    const free = new Set(requests.filter(isFree).map(({ id }) => id));
    for (const id of this.#since.keys()) if (!free.has(id)) this.#since.delete(id);
    if (free.size === 0) return requests;
    const here = new Set(offers.map(({ agent_id }) => agent_id.value));
    const away = [...this.#last.values()].flat().filter(({ agent_id }) => !here.has(agent_id.value));
    let others: readonly OfferBundle[] | undefined;
    return requests.map((request) => {
      if (!free.has(request.id)) return request;
      const sinceMs = this.#since.get(request.id) ?? now;
      this.#since.set(request.id, sinceMs);
      const untilMs = sinceMs + spreadMs;
      if (now >= untilMs || away.length === 0) return request;
      others ??= bundlesOf(away);
      const found = roomElsewhere(request, others);
      if (found === undefined) return request;
      const awaits: AwaitedAgent = { hostname: found.hostname, untilMs };
      return { ...request, awaits };
    });
  }
}
