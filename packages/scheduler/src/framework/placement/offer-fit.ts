// One need and the offers at hand: where it goes, and taking it there. A take can be given back, for masters that are placed
// together are taken one after the other. Changes the index that it is given.
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

/** Where a need goes, before it is taken from the offers. */
export interface Fit {
  readonly placement: Placement;
  readonly bundle: OfferBundle;
  readonly rest: readonly Resource[];
}

/** What others are owed there is not taken. */
function takeUnclaimed(need: PlacementRequest, bundle: OfferBundle): Taken | readonly RefusalReason[] {
  const taken = takeResources(need, bundle);
  const problem = "rest" in taken ? keptProblem(need, bundle, taken.rest) : undefined;
  return problem === undefined ? taken : [problem];
}

function turnProblem(turn: Turn | undefined, { agentId }: OfferBundle): RefusalReason | undefined {
  return turn?.agents.has(agentId) === true ? { kind: "kept", words: turnMessage(turn) } : undefined;
}

/** Where it goes; or why every offer was refused, those that came nearest first and at most `refusalsTold`. `turn`: another's. */
export function fit(need: PlacementRequest, index: OfferIndex, turn?: Turn): Fit | readonly OfferRefusal[] {
  const refusals: OfferRefusal[] = [];
  const told = new Set<OfferBundle>();
  for (const { bundle, certain } of index.candidates(need, refusalsTold)) {
    // Without room for words only what might succeed is looked at closely.
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

/** Takes it from the offers; the function that gives it back, as long as nothing else was taken since. */
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

/** The agents where the need might go that come nearest to what it needs, `count` of them beside `known`. */
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
