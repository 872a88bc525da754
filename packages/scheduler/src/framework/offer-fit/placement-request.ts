// What one launch asks of the offers, and the place that was found for it. Values only: how offers are judged is in this room,
// which request goes to which offer is decided in placement/.
import type { Resource } from "@cke/mesos";
import type { ReservedAmounts } from "../../workload/records/reservation-record.ts";
import type { AttributeConstraint } from "../../workload/records/workload-spec.ts";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";
import type { Gate } from "./offer-refusal.ts";

/** What one task, or the executor, takes. */
export interface RequestPart {
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  readonly ports: readonly number[];
  /** MiB; none when absent. */
  readonly disk?: number | undefined;
}

/** The reservation that a request uses or makes. */
export interface RequestedReservation {
  readonly owner: ReservationOwner;
  /** True: whatever is not reserved for the owner is reserved with the launch. False: it uses what it has. */
  readonly reserve: boolean;
  /** The framework's, when it has one: Mesos takes no other. */
  readonly principal?: string | undefined;
  /** What Mesos keeps for it, and where. */
  readonly held?: { readonly agentId: string; readonly amounts: ReservedAmounts } | undefined;
}

/** The executor that a process joins, and where it runs. */
export interface RequestedExecutor {
  readonly agentId: string;
  readonly hostname: string;
  readonly executorId: string;
  readonly role: string;
}

/** How far a cluster is from a quorum of its masters; one value for all requests of the cluster. */
export interface Quorum {
  /** How many masters the cluster is to have. */
  readonly masters: number;
  /** How many of them make the others worth placing: more than half. */
  readonly size: number;
  /** Masters that were launched and have not ended, and those whose data waits for them on a host. */
  readonly placed: number;
  /** Of the others: why they do not even wait for an offer, as "<node>: <why>". */
  readonly held: readonly string[];
}

/** What one launch takes. */
export interface PlacementRequest {
  /** Unique: `<cluster>/<node>` or `<cluster>/<node>/<process>`. */
  readonly id: string;
  readonly cluster: string;
  readonly host: string;
  readonly attributes: readonly AttributeConstraint[];
  readonly parts: readonly RequestPart[];
  /** Roles whose offers will do; empty: any. */
  readonly roles: readonly string[];
  /** Whose reserved resources it may use, and whether the rest is to be reserved for it too. */
  readonly reservation?: RequestedReservation | undefined;
  /** For a process that joins its node's executor: where that runs. */
  readonly executor?: RequestedExecutor | undefined;
  /** Host that holds the node's volumes. */
  readonly home: string;
  /** True: no other host will do. */
  readonly homeOnly: boolean;
  /** True: launched there only to remove what an earlier incarnation left. */
  readonly cleanup: boolean;
  /** Masters of one cluster go to different agents where there is a choice. */
  readonly spread: boolean;
  /** Agents that will not do: an earlier incarnation may still run there. */
  readonly avoid?: readonly string[] | undefined;
  /** The masters of its cluster; without it nothing waits for them. */
  readonly quorum?: Quorum | undefined;
  /** Since when it is to run and is not placed, UNIX ms; without it nothing is ever kept for it. */
  readonly sinceMs?: number | undefined;
  /** Why it is not launched yet, whatever is offered; a master is placed with its quorum all the same. */
  readonly gate?: Gate | undefined;
}

/** The place that was found for a request. */
export interface Placement {
  readonly need: PlacementRequest;
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  readonly offerIds: readonly string[];
  /** By part, in order. */
  readonly resources: readonly (readonly Resource[])[];
  /** Those of `resources` that the ACCEPT has to reserve first, as they are once they are reserved. */
  readonly reserve: readonly Resource[];
  /** What the offers show of the need's reservation, taken or not. */
  readonly own: readonly Resource[];
}

/** Refusals told of one need: enough to see what is wrong; the others of ten thousand agents would say the same. */
export const refusalsTold = 100;
