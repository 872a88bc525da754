// The shapes of virtual machines in the API.

import type { BringUpPlan, FailureView } from "../../workload/plans/bring-up-view.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { AttributeConstraint, Expectation } from "../../workload/records/workload-spec.ts";
import type { ReservationView } from "../../workload/reservations/reservation-view.ts";

/**
 * - `starting`: it is to run, and what is missing comes by itself. `running`, `paused`: its guest does.
 * - `failed`: its last launch failed. `unresponsive`: its executor says that nothing answers.
 * - `finished`: its guest ended by itself, and its restart policy leaves it so.
 * - `stopping`, `stopped`: it is not to run; its disks stay. `killing`, `killed`: it is being deleted.
 */
export type VmStatus =
  | "starting"
  | "running"
  | "paused"
  | "failed"
  | "unresponsive"
  | "finished"
  | "stopping"
  | "stopped"
  | "killing"
  | "killed";

/** CPUs, and memory in MiB. */
export interface ResView {
  readonly cpu: number;
  readonly mem: number;
}

export interface VmListItem {
  readonly id: string;
  readonly name: string;
  readonly uuid: string;
  readonly title: string;
  readonly status: VmStatus;
  /** In one line; "" when all is well. */
  readonly status_reason: string;
  readonly expect: Expectation;
  /** ISO 8601. */
  readonly create_time: string;
  /** Of the present guest's start; "" while it has none. */
  readonly start_time: string;
  readonly cpus: number;
  /** MiB of the guest. */
  readonly mem: number;
  /** What Mesos accounts for: emulator and executor too. */
  readonly total_res: ResView;
  /** As the operator gave it: host name, address or "*". */
  readonly host: string;
  /** Host name of the agent that it runs on; "" while it waits for an offer. */
  readonly real_host: string;
  /** Of the guest, as far as they are known. */
  readonly addresses: readonly string[];
  readonly osInfo: string;
  readonly region: string;
  readonly zone: string;
  readonly label: Readonly<Record<string, string>>;
  /** Paths of its consoles on this scheduler; "" for one without. */
  readonly console: { readonly vnc: string; readonly serial: string };
}

export interface VmView extends VmListItem {
  /** Of a clone: "vm" or "vm@snapshot"; "" for any other. */
  readonly from: string;
  readonly template: boolean;
  readonly attributes: readonly AttributeConstraint[];
  readonly role: string;
  readonly reservation: boolean;
  readonly group: string;
  readonly spread: string;
  readonly bootType: string;
  readonly network: unknown;
  readonly disk: unknown;
}

export interface VmNicStateView {
  readonly nic: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** Of the host. */
  readonly device: string;
}

export interface VmDiskStateView {
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** MiB that it takes on the host's storage. */
  readonly allocated: number;
  readonly problem: string;
}

/** What libvirt and the guest say; null while nothing runs. */
export interface DomainView {
  readonly state: string;
  readonly reason: string;
  /** kvm, or qemu: software emulation. */
  readonly acceleration: string;
  /** The guest agent answers. */
  readonly guest_agent: boolean;
  readonly warnings: readonly string[];
  readonly nics: readonly VmNicStateView[];
  readonly disks: readonly VmDiskStateView[];
}

/** A VM with everything that is known about it. */
export interface VmStateView extends VmView {
  readonly task_id: string;
  /** Mesos' task state, "" before the launch. */
  readonly task_state: string;
  readonly agent_id: string;
  readonly executor_id: string;
  readonly incarnation: string;
  /** Host name of the agent that has its disks; "" before its guest has run, and when they are lost. */
  readonly home: string;
  /** Launch step of the executor (libvirt, images, disks, network, seed, define, start, ready, stopping) and its detail. */
  readonly launch_step: string;
  /** Its earlier name, which clients know. Elsewhere a step is one of a plan. */
  readonly step: string;
  readonly detail: string;
  /** Why it waits or failed, in words; "" when all is well. */
  readonly reason: string;
  readonly unresponsive_since: string;
  readonly storage_problem: string;
  readonly host_problem: string;
  readonly failures: number;
  readonly attempt: number;
  readonly next_try: string;
  readonly failure: FailureView | null;
  /** What of a change that was asked for is not done yet, and why; "" when it is as is wanted. */
  readonly change: string;
  /** Fields that follow with the next start. */
  readonly at_next_start: readonly string[];
  readonly domain: DomainView | null;
  readonly reservations: readonly ReservationView[];
  /** What is not placed yet, and why; empty when nothing waits. */
  readonly pending: readonly PendingView[];
  readonly plan: BringUpPlan;
}

/** A VM that has finished, or is gone. */
export interface OverVmView {
  readonly id: string;
  readonly name: string;
  readonly uuid: string;
  /** `finished`: it is still there, and may be started again. `deleted`: it is gone with its disks. */
  readonly status: "finished" | "deleted";
  readonly create_time: string;
  readonly end_time: string;
  /** Where it ran last; "" for one that never ran. */
  readonly real_host: string;
  readonly cpus: number;
  readonly mem: number;
  readonly osInfo: string;
  readonly label: Readonly<Record<string, string>>;
  /** Why its last launch ended, in words. */
  readonly reason: string;
}
