// The reservations of this framework in offers, by owner. The labels say to whom a reservation belongs. Pure.
import type { Offer, Resource } from "@cke/mesos";
import { ownerOf, type ReservationOwner } from "../../workload/reservations/reservation.ts";

export interface OfferedReservation {
  readonly owner: ReservationOwner;
  readonly pieces: readonly Resource[];
}

/** By `<workload>/<unit>/<instance>`. Reservations of other frameworks and of operators are left out. */
export function offeredReservations(
  offers: readonly Offer[],
  framework: string,
): ReadonlyMap<string, OfferedReservation> {
  const seen = new Map<string, { readonly owner: ReservationOwner; readonly pieces: Resource[] }>();
  for (const piece of offers.flatMap((offer) => offer.resources ?? [])) {
    const owner = ownerOf(piece);
    if (owner === undefined || owner.framework !== framework) continue;
    const key = `${owner.workload}/${owner.unit}/${owner.instance}`;
    const entry = seen.get(key) ?? { owner, pieces: [] };
    seen.set(key, entry);
    entry.pieces.push(piece);
  }
  return seen;
}
