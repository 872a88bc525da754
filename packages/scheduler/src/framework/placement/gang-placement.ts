// Places the stateful units of one workload together: at least a quorum of them, or none.

import { besidePlaced } from "../offer-fit/neighbours.ts";
import { urgency } from "../offer-fit/offer-fitness.ts";
import type { OfferIndex } from "../offer-fit/offer-index.ts";
import type { OfferRefusal } from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { type Fit, fit, take } from "./best-place.ts";
import type { PlacementGroup } from "./placement-order.ts";
import type { Precedence } from "./precedence.ts";

export interface Together {
  readonly fits: readonly Fit[];
  readonly refusals: ReadonlyMap<PlacementRequest, readonly OfferRefusal[]>;
  readonly undo: () => void;
}

/** Takes them one after the other, as many as fit. */
function takeOneByOne(
  requests: readonly PlacementRequest[],
  index: OfferIndex,
  precedence: Precedence | undefined,
): Together {
  const fits: Fit[] = [];
  const undos: (() => void)[] = [];
  const refusals = new Map<PlacementRequest, readonly OfferRefusal[]>();
  for (const asked of requests) {
    const request = besidePlaced(
      asked,
      fits.map(({ placement }) => placement),
    );
    const result = fit(request, index, precedence);
    if ("placement" in result) {
      fits.push(result);
      undos.unshift(take(result, index));
    } else refusals.set(asked, result);
  }
  const undo = () => {
    for (const one of undos) one();
  };
  return { fits, refusals, undo };
}

const sizeOf = ({ parts }: PlacementRequest) => parts.reduce((sum, { mem }) => sum + mem, 0);

/**
 * The orders in which stateful units are tried: those that are tied to a place first, of them the large ones first. If not
 * enough fit: the smallest ones that make a quorum before the others. For stateful units of equal size both orders are the
 * same.
 */
function gangOrders({ requests, missing }: PlacementGroup): readonly (readonly PlacementRequest[])[] {
  const largeFirst = [...requests].sort(
    (left, right) => urgency(left) - urgency(right) || sizeOf(right) - sizeOf(left),
  );
  const small = new Set([...requests].sort((left, right) => sizeOf(left) - sizeOf(right)).slice(0, missing));
  const smallSet = [
    ...largeFirst.filter((request) => small.has(request)),
    ...largeFirst.filter((request) => !small.has(request)),
  ];
  return smallSet.every((request, place) => request === largeFirst[place]) ? [largeFirst] : [largeFirst, smallSet];
}

/** Takes at least `missing` of them. When fewer fit nothing is taken, and the result describes the last order. */
export function takeTogether(group: PlacementGroup, index: OfferIndex, precedence: Precedence | undefined): Together {
  let last: Together = { fits: [], refusals: new Map(), undo: () => undefined };
  for (const order of gangOrders(group)) {
    last = takeOneByOne(order, index, precedence);
    if (last.fits.length >= group.missing) return last;
    last.undo();
  }
  return last;
}

const unitOf = ({ id }: PlacementRequest) => id.slice(id.indexOf("/") + 1);

/** "m2 has mem 1000 of 2016 on host a" for each unit that does not fit, with the host that came nearest. */
export function shortWords(refusals: Together["refusals"]): readonly string[] {
  return [...refusals].map(([request, [nearest]]) =>
    nearest === undefined
      ? `${unitOf(request)} has no offer yet`
      : `${unitOf(request)} ${nearest.words} on host ${nearest.hostname}`,
  );
}

/** The result for stateful units of another workload with the same requests, used for these. */
export function alike(known: Together, before: PlacementGroup, group: PlacementGroup): Together {
  const counterpart = (request: PlacementRequest) => group.requests[before.requests.indexOf(request)] ?? request;
  return {
    fits: known.fits.map((one) => ({
      ...one,
      placement: { ...one.placement, request: counterpart(one.placement.request) },
    })),
    refusals: new Map([...known.refusals].map(([request, refusals]) => [counterpart(request), refusals] as const)),
    undo: known.undo,
  };
}
