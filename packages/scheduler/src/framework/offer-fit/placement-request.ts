// What one launch asks of an offer, and the place that was found for it. Values only. Whether an offer is good enough
// is decided in this room; which request gets which offer is decided in placement/.
import type { Resource } from "@cke/mesos";
import type { ExcludedHosts } from "../../workload/kinds/workload-kind.ts";
import type { ReservedAmounts } from "../../workload/records/reservation-record.ts";
import type { AttributeConstraint } from "../../workload/records/workload-spec.ts";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";
import type { Prerequisite } from "./offer-refusal.ts";

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

/** How far a workload is from a quorum of its stateful units. All its requests share this value. */
export interface Quorum {
  /** What the kind calls its stateful units. */
  readonly word: string;
  /** Number of stateful units of the workload. */
  readonly stateful: number;
  /** Number of stateful units that must be placed first: more than half. */
  readonly size: number;
  /** Number of stateful units that are launched and have not ended, or whose data is on a host. */
  readonly placed: number;
  /** Why other stateful units do not even wait for an offer, as "<unit>: <why>". */
  readonly waiting: readonly string[];
}

/** Where another unit of the group is, or where its data is. */
export interface Neighbour {
  /** `<workload>/<unit>` */
  readonly unit: string;
  readonly hostname: string;
  /** Of the attribute, where that is known; "" for none. */
  readonly value: string;
}

/** Not where other units of a group are: on none of their hosts, or at none of their values of an attribute. */
export interface ApartRequest {
  /** Of all workloads of the kind. */
  readonly group: string;
  /** "host", or the name of an attribute of agents. */
  readonly by: string;
  /** The others at the moment of the match. */
  readonly neighbours: readonly Neighbour[];
}

/** An agent that had room for a stateful unit, and does not offer in this match. */
export interface AwaitedAgent {
  readonly hostname: string;
  /** UNIX ms; then any agent is taken. */
  readonly untilMs: number;
}

/** What one launch takes. */
export interface PlacementRequest {
  /** Unique: `<workload>/<unit>` or `<workload>/<unit>/<process>`. */
  readonly id: string;
  readonly workload: string;
  readonly host: string;
  /** Hostname of an agent that is never used; absent: none. */
  readonly notOn?: string | undefined;
  readonly attributes: readonly AttributeConstraint[];
  readonly parts: readonly RequestPart[];
  /** By part, the process or resource task that it is for; "" for the executor and the unit's own task. Absent: it has no processes. */
  readonly tasks?: readonly string[] | undefined;
  /** Roles whose offers may be used; empty: any. */
  readonly roles: readonly string[];
  /** The reservation that it may use, and whether the rest is to be reserved too. */
  readonly reservation?: RequestedReservation | undefined;
  /** For a process that joins a running unit: its executor. */
  readonly executor?: RequestedExecutor | undefined;
  /** The host that has the unit's data. */
  readonly home: string;
  /** True: only that host may be used, and those of `alsoAt`. */
  readonly homeOnly: boolean;
  /** Hosts that are as good as `home`: a clean-up begins on whichever offers first. */
  readonly alsoAt?: readonly string[] | undefined;
  /** The host of the instance that it replaces: another one is better; `strictly`: and this one is not taken now. */
  readonly shuns?: { readonly hostname: string; readonly strictly: boolean } | undefined;
  /** True for a launch that only removes what an earlier incarnation has left. */
  readonly cleanup: boolean;
  /** True for a clean-up of a stopped unit, which ends what still runs and leaves its data. Absent: false. */
  readonly keepsData?: boolean | undefined;
  /** True for stateful units: those of one workload go to different agents when possible. */
  readonly spread: boolean;
  /** Until then an agent that has a stateful unit of its workload is not taken. */
  readonly awaits?: AwaitedAgent | undefined;
  /** Absent: it may be beside any other unit. */
  readonly apart?: ApartRequest | undefined;
  /** Agents that may not be used, because an earlier incarnation may still run there. */
  readonly avoid?: readonly string[] | undefined;
  /** Hosts that its kind excludes for now; absent: none. */
  readonly excludes?: ExcludedHosts | undefined;
  /** The stateful units of its workload; absent when the request does not wait for them. */
  readonly quorum?: Quorum | undefined;
  /** Since when it waits, UNIX ms. Without it nothing is kept for the request. */
  readonly sinceMs?: number | undefined;
  /** Why it is not launched yet, whatever is offered. A stateful unit is placed with its quorum all the same. */
  readonly prerequisite?: Prerequisite | undefined;
}

/** The place that was found for a request. */
export interface Placement {
  readonly request: PlacementRequest;
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
  /** For a request that is to be apart by an attribute: its value there; "" for none. */
  readonly apartAt?: string | undefined;
}

/** Most refusals that are reported for one request. The others of ten thousand agents would say the same. */
export const refusalsTold = 100;
