// Reserved resources in offers that CKE must give back: one entry for each agent, role and owner.
import type { Resource } from "@cke/mesos";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";

export interface Release {
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  /** All offers of that agent to that role. */
  readonly offerIds: readonly string[];
  readonly owner: ReservationOwner;
  readonly pieces: readonly Resource[];
}
