// Reserved resources that an OFFERS event shows and that are to be given back: one entry per agent, role and owner.
import type { Resource } from "@cke/mesos";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";

export interface Release {
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  /** All offers of that agent and role in the event. */
  readonly offerIds: readonly string[];
  readonly owner: ReservationOwner;
  readonly pieces: readonly Resource[];
}
