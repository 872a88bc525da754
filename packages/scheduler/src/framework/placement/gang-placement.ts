// Places the masters of one cluster together: at least a quorum of them, or none.
import { urgency } from "../offer-fit/offer-fitness.ts";
import type { OfferIndex } from "../offer-fit/offer-index.ts";
import type { OfferRefusal } from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { type Fit, fit, take } from "./offer-fit.ts";
import type { PlacementUnit } from "./placement-order.ts";
import type { Turn } from "./placement-turn.ts";

export interface Together {
  readonly fits: readonly Fit[];
  readonly refusals: ReadonlyMap<PlacementRequest, readonly OfferRefusal[]>;
  readonly undo: () => void;
}

/** Takes them one after the other, as many as fit. */
function takeOneByOne(needs: readonly PlacementRequest[], index: OfferIndex, turn: Turn | undefined): Together {
  const fits: Fit[] = [];
  const undos: (() => void)[] = [];
  const refusals = new Map<PlacementRequest, readonly OfferRefusal[]>();
  for (const need of needs) {
    const result = fit(need, index, turn);
    if ("placement" in result) {
      fits.push(result);
      undos.unshift(take(result, index));
    } else refusals.set(need, result);
  }
  const undo = () => {
    for (const one of undos) one();
  };
  return { fits, refusals, undo };
}

const sizeOf = ({ parts }: PlacementRequest) => parts.reduce((sum, { mem }) => sum + mem, 0);

/**
 * The orders in which masters are tried: those that are tied to a place first, of them the large ones first. If not
 * enough fit: the smallest ones that make a quorum before the others. For masters of equal size both orders are the
 * same.
 */
function gangOrders({ needs, missing }: PlacementUnit): readonly (readonly PlacementRequest[])[] {
  const largeFirst = [...needs].sort((left, right) => urgency(left) - urgency(right) || sizeOf(right) - sizeOf(left));
  const small = new Set([...needs].sort((left, right) => sizeOf(left) - sizeOf(right)).slice(0, missing));
  const smallSet = [...largeFirst.filter((need) => small.has(need)), ...largeFirst.filter((need) => !small.has(need))];
  return smallSet.every((need, place) => need === largeFirst[place]) ? [largeFirst] : [largeFirst, smallSet];
}

/** Takes at least `missing` of them. When fewer fit nothing is taken, and the result describes the last order. */
export function takeTogether(unit: PlacementUnit, index: OfferIndex, turn: Turn | undefined): Together {
  let last: Together = { fits: [], refusals: new Map(), undo: () => undefined };
  for (const order of gangOrders(unit)) {
    last = takeOneByOne(order, index, turn);
    if (last.fits.length >= unit.missing) return last;
    last.undo();
  }
  return last;
}

const nodeOf = ({ id }: PlacementRequest) => id.slice(id.indexOf("/") + 1);

/** "m2 has mem 1000 of 2016 on host a" for each master that does not fit, with the host that came nearest. */
export function shortWords(refusals: Together["refusals"]): readonly string[] {
  return [...refusals].map(([need, [nearest]]) =>
    nearest === undefined
      ? `${nodeOf(need)} has no offer yet`
      : `${nodeOf(need)} ${nearest.words} on host ${nearest.hostname}`,
  );
}

/** The result for masters of another cluster with the same needs, used for these. */
export function alike(known: Together, before: PlacementUnit, unit: PlacementUnit): Together {
  const counterpart = (need: PlacementRequest) => unit.needs[before.needs.indexOf(need)] ?? need;
  return {
    fits: known.fits.map((one) => ({ ...one, placement: { ...one.placement, need: counterpart(one.placement.need) } })),
    refusals: new Map([...known.refusals].map(([need, refusals]) => [counterpart(need), refusals] as const)),
    undo: known.undo,
  };
}
