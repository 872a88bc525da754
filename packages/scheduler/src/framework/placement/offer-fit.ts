// Finds the best place for one request in the index of offers, and takes it. Taking can be undone, because masters that
// are placed together are taken one after the other. Changes the given index.
import type { Resource } from "@cke/mesos";
import type { OfferBundle } from "../offer-fit/offer-bundle.ts";
import { placeProblem } from "../offer-fit/offer-fitness.ts";
import type { OfferIndex } from "../offer-fit/offer-index.ts";
import type { OfferRefusal, RefusalReason } from "../offer-fit/offer-refusal.ts";
import { type Taken, takeResources } from "../offer-fit/offer-taking.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import { refusalsTold } from "../offer-fit/placement-request.ts";
import { type Turn, turnMessage } from "./placement-turn.ts";
import { keptProblem } from "./reserved-room.ts";

/** The place of a request, before it is taken. */
export interface Fit {
  readonly placement: Placement;
  readonly bundle: OfferBundle;
  readonly rest: readonly Resource[];
}

/** Takes the request's resources, except those that are kept for others. */
function takeUnclaimed(need: PlacementRequest, bundle: OfferBundle): Taken | readonly RefusalReason[] {
  const taken = takeResources(need, bundle);
  const problem = "rest" in taken ? keptProblem(need, bundle, taken.rest) : undefined;
  return problem === undefined ? taken : [problem];
}

function turnProblem(turn: Turn | undefined, { agentId }: OfferBundle): RefusalReason | undefined {
  return turn?.agents.has(agentId) === true ? { kind: "kept", words: turnMessage(turn) } : undefined;
}

/**
 * The best place; or why every offer was refused, at most `refusalsTold`, the nearest ones first. `turn`: the turn of
 * another cluster.
 */
export function fit(need: PlacementRequest, index: OfferIndex, turn?: Turn): Fit | readonly OfferRefusal[] {
  const refusals: OfferRefusal[] = [];
  const told = new Set<OfferBundle>();
  for (const { bundle, certain } of index.candidates(need, refusalsTold)) {
    // When enough refusals are known, only bundles that may fit are checked.
    if (certain && told.size >= refusalsTold) continue;
    const problem = placeProblem(need, bundle) ?? turnProblem(turn, bundle);
    const taken = problem === undefined ? takeUnclaimed(need, bundle) : [problem];
    const { agentId, hostname, role, offerIds } = bundle;
    if ("rest" in taken) {
      const { resources, reserve, own, rest } = taken;
      return { placement: { need, agentId, hostname, role, offerIds, resources, reserve, own }, bundle, rest };
    }
    if (told.size < refusalsTold) refusals.push(...taken.map((reason) => ({ ...reason, agentId, hostname, role })));
    told.add(bundle);
  }
  return refusals;
}

/** Takes the place. Returns the function that undoes it, valid until something else is taken. */
export function take({ placement: { need }, bundle, rest }: Fit, index: OfferIndex): () => void {
  const before = bundle.remaining;
  const ports = need.parts.flatMap((part) => part.ports);
  const isFirstMaster = need.spread && !bundle.masters.has(need.cluster);
  for (const port of ports) bundle.ports.set(port, need.id);
  if (isFirstMaster) bundle.masters.add(need.cluster);
  index.take(bundle, rest);
  return () => {
    for (const port of ports) bundle.ports.delete(port);
    if (isFirstMaster) bundle.masters.delete(need.cluster);
    index.take(bundle, before);
  };
}

/** The `count` agents that come nearest to what the request needs, beside `known`. */
export function nearestAgents(
  need: PlacementRequest,
  index: OfferIndex,
  known: ReadonlySet<string>,
  count: number,
): readonly string[] {
  const found = new Set<string>();
  for (const { bundle } of index.candidates(need, refusalsTold)) {
    if (found.size >= count) break;
    if (!known.has(bundle.agentId) && placeProblem(need, bundle) === undefined) found.add(bundle.agentId);
  }
  return [...found];
}
