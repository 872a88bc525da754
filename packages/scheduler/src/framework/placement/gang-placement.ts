// Masters of one cluster, placed together: a quorum of them at least, or nothing.
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

/** One after the other, as many as fit. */
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
 * Orders in which masters are tried: those that are tied to a place first, of them the large ones first; and, if that is not
 * enough, the smallest that make a quorum before the others. For masters of one size they are the same.
 */
function gangOrders({ needs, missing }: PlacementUnit): readonly (readonly PlacementRequest[])[] {
  const largeFirst = [...needs].sort((left, right) => urgency(left) - urgency(right) || sizeOf(right) - sizeOf(left));
  const small = new Set([...needs].sort((left, right) => sizeOf(left) - sizeOf(right)).slice(0, missing));
  const smallSet = [...largeFirst.filter((need) => small.has(need)), ...largeFirst.filter((need) => !small.has(need))];
  return smallSet.every((need, place) => need === largeFirst[place]) ? [largeFirst] : [largeFirst, smallSet];
}

/** `missing` of them at least, and nothing is taken when fewer fit: what is told then is of the last order tried. */
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

/** "m2 has mem 1000 of 2016 on host a" of each that does not fit: the host that came nearest. */
export function shortWords(refusals: Together["refusals"]): readonly string[] {
  return [...refusals].map(([need, [nearest]]) =>
    nearest === undefined
      ? `${nodeOf(need)} has no offer yet`
      : `${nodeOf(need)} ${nearest.words} on host ${nearest.hostname}`,
  );
}

/** What was found for masters of another cluster, which need the same one by one, as if for these. */
export function alike(known: Together, before: PlacementUnit, unit: PlacementUnit): Together {
  const counterpart = (need: PlacementRequest) => unit.needs[before.needs.indexOf(need)] ?? need;
  return {
    fits: known.fits.map((one) => ({ ...one, placement: { ...one.placement, need: counterpart(one.placement.need) } })),
    refusals: new Map([...known.refusals].map(([need, refusals]) => [counterpart(need), refusals] as const)),
    undo: known.undo,
  };
}
