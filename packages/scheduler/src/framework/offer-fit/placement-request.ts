// What one launch asks of an offer, and the place that was found for it. Values only. Whether an offer is good enough
// is decided in this room; which request gets which offer is decided in placement/.
import type { Resource } from "@cke/mesos";
import type { ReservedAmounts } from "../../workload/records/reservation-record.ts";
import type { AttributeConstraint } from "../../workload/records/workload-spec.ts";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";
import type { Gate } from "./offer-refusal.ts";

/** What one task or the executor needs. */
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
  /**
   * True: what is not yet reserved for the owner is reserved at the launch. False: only existing reservations are used.
   */
  readonly reserve: boolean;
  /** The framework's principal, when it has one. Mesos accepts no other. */
  readonly principal?: string | undefined;
  /** What Mesos keeps for it, and on which agent. */
  readonly held?: { readonly agentId: string; readonly amounts: ReservedAmounts } | undefined;
}

/** The executor that a process joins, and its agent. */
export interface RequestedExecutor {
  readonly agentId: string;
  readonly hostname: string;
  readonly executorId: string;
  readonly role: string;
}

/** How far a cluster is from a quorum of its masters. All requests of the cluster share this value. */
export interface Quorum {
  /** Number of masters of the cluster. */
  readonly masters: number;
  /** Number of masters that must be placed first: more than half. */
  readonly size: number;
  /** Number of masters that are launched and have not ended, or whose data is on a host. */
  readonly placed: number;
  /** Why other masters do not even wait for an offer, as "<node>: <why>". */
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
  /** Roles whose offers may be used; empty: any. */
  readonly roles: readonly string[];
  /** The reservation that it may use, and whether the rest is to be reserved too. */
  readonly reservation?: RequestedReservation | undefined;
  /** For a process that joins a running unit: its executor. */
  readonly executor?: RequestedExecutor | undefined;
  /** The host that has the unit's data. */
  readonly home: string;
  /** True: only that host may be used. */
  readonly homeOnly: boolean;
  /** True for a launch that only removes what an earlier incarnation has left. */
  readonly cleanup: boolean;
  /** True for masters: those of one cluster go to different agents when possible. */
  readonly spread: boolean;
  /** Agents that may not be used, because an earlier incarnation may still run there. */
  readonly avoid?: readonly string[] | undefined;
  /** The masters of its cluster; absent when the request does not wait for them. */
  readonly quorum?: Quorum | undefined;
  /** Since when it waits, UNIX ms. Without it nothing is kept for the request. */
  readonly sinceMs?: number | undefined;
  /** Why it is not launched yet, whatever is offered. A master is placed with its quorum all the same. */
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
  /** Those of `resources` that the ACCEPT must reserve first, as they are afterwards. */
  readonly reserve: readonly Resource[];
  /** All reserved resources of the unit in the offers, taken or not. */
  readonly own: readonly Resource[];
}

/** Most refusals that are reported for one request. The others of ten thousand agents would say the same. */
export const refusalsTold = 100;
