// Finds the best place for one request in the index of offers, and takes it. Taking can be undone, because stateful units that
// are placed together are taken one after the other. Changes the given index.
import type { Resource } from "@cke/mesos";
import { apartValue } from "../offer-fit/neighbours.ts";
import type { OfferBundle } from "../offer-fit/offer-bundle.ts";
import { placeProblem } from "../offer-fit/offer-fitness.ts";
import type { OfferIndex } from "../offer-fit/offer-index.ts";
import type { OfferRefusal, RefusalReason } from "../offer-fit/offer-refusal.ts";
import { type Taken, takeResources } from "../offer-fit/offer-taking.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import { refusalsTold } from "../offer-fit/placement-request.ts";
import { keptProblem } from "./kept-capacity.ts";
import { type Precedence, precedenceMessage } from "./precedence.ts";

/** The place of a request, before it is taken. */
export interface Fit {
  readonly placement: Placement;
  readonly bundle: OfferBundle;
  readonly rest: readonly Resource[];
}

/** Takes the request's resources, except those that are kept for others. */
function takeUnclaimed(request: PlacementRequest, bundle: OfferBundle): Taken | readonly RefusalReason[] {
  const taken = takeResources(request, bundle);
  const problem = "rest" in taken ? keptProblem(request, bundle, taken.rest) : undefined;
  return problem === undefined ? taken : [problem];
}

function precedenceProblem(precedence: Precedence | undefined, { agentId }: OfferBundle): RefusalReason | undefined {
  return precedence?.agents.has(agentId) === true ? { kind: "kept", words: precedenceMessage(precedence) } : undefined;
}

/**
 * The best place; or why every offer was refused, at most `refusalsTold`, the nearest ones first. `precedence`: the precedence of
 * another workload.
 */
export function fit(
  request: PlacementRequest,
  index: OfferIndex,
  precedence?: Precedence,
): Fit | readonly OfferRefusal[] {
  const refusals: OfferRefusal[] = [];
  const told = new Set<OfferBundle>();
  for (const { bundle, certain } of index.candidates(request, refusalsTold)) {
    // When enough refusals are known, only bundles that may fit are checked.
    if (certain && told.size >= refusalsTold) continue;
    const problem = placeProblem(request, bundle) ?? precedenceProblem(precedence, bundle);
    const taken = problem === undefined ? takeUnclaimed(request, bundle) : [problem];
    const { agentId, hostname, role, offerIds } = bundle;
    if ("rest" in taken) {
      const { resources, reserve, own, rest } = taken;
      const apartAt = apartValue(request, bundle);
      const place = { request, agentId, hostname, role, offerIds, resources, reserve, own };
      return { placement: apartAt === undefined ? place : { ...place, apartAt }, bundle, rest };
    }
    if (told.size < refusalsTold) refusals.push(...taken.map((reason) => ({ ...reason, agentId, hostname, role })));
    told.add(bundle);
  }
  return refusals;
}

/** Takes the place. Returns the function that undoes it, valid until something else is taken. */
export function take({ placement: { request }, bundle, rest }: Fit, index: OfferIndex): () => void {
  const before = bundle.remaining;
  const ports = request.parts.flatMap((part) => part.ports);
  const isFirstStateful = request.spread && !bundle.stateful.has(request.workload);
  for (const port of ports) bundle.ports.set(port, request.id);
  if (isFirstStateful) bundle.stateful.add(request.workload);
  index.take(bundle, rest);
  return () => {
    for (const port of ports) bundle.ports.delete(port);
    if (isFirstStateful) bundle.stateful.delete(request.workload);
    index.take(bundle, before);
  };
}

/** The `count` agents that come nearest to what the request needs, beside `known`. */
export function nearestAgents(
  request: PlacementRequest,
  index: OfferIndex,
  known: ReadonlySet<string>,
  count: number,
): readonly string[] {
  const found = new Set<string>();
  for (const { bundle } of index.candidates(request, refusalsTold)) {
    if (found.size >= count) break;
    if (!known.has(bundle.agentId) && placeProblem(request, bundle) === undefined) found.add(bundle.agentId);
  }
  return [...found];
}
