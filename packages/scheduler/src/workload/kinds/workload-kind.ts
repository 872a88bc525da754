// The port of a kind of workload. Behind it KubeNodes, virtual machines and later kinds are all the same to the
// framework. The framework places, launches, watches, reserves and removes the units of workloads, and asks the kind
// for everything that depends on what runs in them. A workload's name is unique among all kinds.
import type { z } from "zod";
import type { StoreOperation } from "../../store/store.ts";
import type { UnitOutline } from "../outline/unit-outline.ts";
import type { UnitPlan } from "../plans/bring-up-view.ts";
import type { PlanStage } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import type { UnitRules } from "../records/unit-rules.ts";
import type { WorkloadSpec } from "../records/workload-spec.ts";
import type { Relocation } from "../steps/relocation.ts";
import type { ClaimedPort } from "./claimed-ports.ts";
import type { PlanActionOutcome, PlanActionRequest } from "./plan-action.ts";

/** The parts of a launch that go into the messages for its executor. */
export interface LaunchIdentity {
  readonly incarnation: string;
  readonly frameworkId: string;
  /** The unit's instance, as its record has it; "" in old records. */
  readonly instance: string;
  /** True for a launch that is only to be killed, so that the executor removes what the unit has left on its host. */
  readonly cleanup: boolean;
  /** True for a clean-up that ends what runs, and leaves the data of the unit where it is. Absent: false. */
  readonly keepsData?: boolean | undefined;
}

/** A process of a unit, as it is launched. */
export interface RenderedProcess {
  readonly name: string;
  readonly configHash: string;
  /** `TaskInfo.data`: a TaskData of the protocol. */
  readonly data: () => Uint8Array;
}

/** A unit as it was rendered when its workload was created. Later launches use exactly these messages. */
export interface RenderedUnit {
  readonly configHash: string;
  /** Data of the unit's own task. */
  readonly data: (launch: LaunchIdentity) => Uint8Array;
  /** In the order of the outline. */
  readonly processes: readonly RenderedProcess[];
  /** The time that its executor has to stop it in order, whoever kills its task, in ms. Absent: the executor's own. */
  readonly killGraceMs?: number | undefined;
  /** Data of a task that only holds further resources of a process. Absent: the processes of this kind never change. */
  readonly resourceData?: ((process: string) => Uint8Array) | undefined;
}

/** The facts that a unit's plan shows. */
export interface PlanInput {
  readonly record: UnitRecord;
  /** "since <time> by <who>"; "" when it is not paused. */
  readonly paused: string;
  /** Why no offer was good enough; "" when none is needed. */
  readonly waitReason: string;
}

/** Tells what executors have reported about hosts. */
export interface KnownHosts {
  readonly hasNetwork: (name: string) => boolean;
}

/** Why a unit waits, whatever is offered: for the network of its host, or for a plan of its workload. */
export interface UnitWait {
  readonly kind: "network" | "plan";
  /** To follow the unit's name. */
  readonly words: string;
}

/** By unit; undefined when it may be placed. */
export type UnitPrerequisite = (unit: string) => UnitWait | undefined;

/** Hosts on which a unit is not launched for now, whatever they offer. */
export interface ExcludedHosts {
  readonly hostnames: readonly string[];
  /** To follow the name of a host. */
  readonly words: string;
}

/** The secrets of a unit by name; undefined when it is not known any more which those are. */
export type UnitSecrets = ReadonlyMap<string, string> | undefined;

/** The present workloads of the kind, and a way to send messages to their executors. */
export interface PresentWorkloads {
  /** Of this kind. */
  readonly workloads: () => readonly WorkloadRecord[];
  readonly unitsOf: (workload: string) => readonly UnitRecord[];
  /** Sends a framework message to an executor. It must be small, and it may be lost. */
  readonly send: (agentId: string, executorId: string, message: Uint8Array) => Promise<void>;
}

/** What a kind stores when the stateful units of a workload begin anew. */
export interface KindBeginning {
  readonly workload: WorkloadRecord;
  readonly operations: readonly StoreOperation[];
  /** Called when all of that is stored. */
  readonly stored: () => void;
}

/** The stateful units of a workload cannot begin anew now. Nothing of them is launched before they can. */
export interface PreventedBeginning {
  /** Why, and what to do. */
  readonly problem: string;
}

export interface WorkloadKind {
  /** The name in records, ids and labels: lower-case letters. */
  readonly name: string;
  /** File name of the program that runs its units, below /exec. */
  readonly executor: string;
  readonly rules: UnitRules;
  /** How the program's log names a workload, or a unit of it. */
  readonly logFields: (workload: string, unit: string | undefined) => Readonly<Record<string, string>>;
  /** What a store holds of it. */
  readonly spec: z.ZodType<WorkloadSpec>;
  /** Called at the start of a term, before anything is launched: reads what the kind has stored beside the records. */
  readonly load: (present: PresentWorkloads) => Promise<void>;
  /** Called once a second while Mesos can be called, so that the kind can send messages to running units. */
  readonly tick: (present: PresentWorkloads) => Promise<void>;
  /**
   * Undefined for a unit that was never rendered. It is called all the time, and returns the same object while nothing
   * changes.
   */
  readonly outline: (workload: WorkloadRecord, unit: string) => UnitOutline | undefined;
  /** The rendering for a launch; undefined like `outline`. */
  readonly rendered: (workload: WorkloadRecord, unit: string) => RenderedUnit | undefined;
  /** Ports that its units publish on their agents' hosts. */
  readonly hostPorts: (workload: WorkloadRecord) => readonly ClaimedPort[];
  /** Why nothing of the workload can be launched now; undefined when it can. */
  readonly problem: (workload: WorkloadRecord) => string | undefined;
  /** The order in which the units of the workload stop. */
  readonly stopStages: (workload: WorkloadRecord) => readonly PlanStage[];
  /**
   * Carries out an action of a plan for one unit. It may take long, and it must be idempotent: it is called again after
   * an end of the scheduler, and until it says "done". What it throws is shown, and it is tried again with a growing
   * delay.
   */
  readonly act: (request: PlanActionRequest) => Promise<PlanActionOutcome>;
  /** The workload as it is stored when entries of a plan have begun or have reached their goals. Absent: nothing else changes. */
  readonly afterPlanStep?: (workload: WorkloadRecord) => WorkloadRecord;
  /**
   * Actions of plans before whose end the plan has not touched a unit for good: until then a skip gives up all that is left to do with
   * the unit, and the unit stays. Absent: none.
   */
  readonly revocable?: ReadonlySet<string>;
  /** What stays undone when an action of a plan is skipped, and who does it then, in words for an operator. Absent: nothing. */
  readonly undone?: ReadonlyMap<string, string>;
  /**
   * What must come before the units that wait for a place; undefined when nothing must. `mayLaunch`: true for a unit
   * that is launched now, or later by itself.
   */
  readonly prerequisite: (
    workload: WorkloadRecord,
    units: readonly UnitRecord[],
    hosts: KnownHosts,
    mayLaunch: (unit: UnitRecord) => boolean,
  ) => UnitPrerequisite | undefined;
  /** By unit, for units that wait for a place. Absent, or undefined: they may be placed on any host. */
  readonly excludedHosts?: (
    workload: WorkloadRecord,
    units: readonly UnitRecord[],
  ) => ((unit: string) => ExcludedHosts | undefined) | undefined;
  /** The unit's bring-up for a person; undefined for a unit that was never rendered. */
  readonly plan: (workload: WorkloadRecord, input: PlanInput) => UnitPlan | undefined;
  /**
   * The unit's secrets, made at the first call, and anew when they must say something else. `hostname`: the host where the
   * unit is launched; "" before that. Rejects with a WorkloadGoneError when the workload does not exist any more.
   */
  readonly secrets: (workload: WorkloadRecord, unit: string, hostname: string) => Promise<UnitSecrets>;
  /** Operations that remove what the kind has stored beside the records of the workload. */
  readonly deleteOperations: (workload: string) => Promise<readonly StoreOperation[]>;
  /**
   * What all stateful units of the workload are to be, when none of them has data any more and they begin anew together. Absent: what
   * they were. What prevents it is returned and not thrown, because everything else of the workload goes on. It is tried again.
   */
  readonly beginAnew?: (workload: WorkloadRecord) => KindBeginning | PreventedBeginning | undefined;
  /** Called when the workload is removed. */
  readonly forget: (workload: string) => void;
  /** Operations that remove what the kind has stored beside the record of one unit. */
  readonly deleteUnitOperations: (record: UnitRecord) => Promise<readonly StoreOperation[]>;
  /** Operations that remove what only this instance of the unit has: another one begins under its name. */
  readonly replaceUnitOperations: (record: UnitRecord) => Promise<readonly StoreOperation[]>;
  /**
   * What becomes of a unit that has a launch, when its agent goes into maintenance. Absent, or undefined: a unit with data of its own stays,
   * and any other is launched elsewhere. `windowStartMs`: when that begins, UNIX ms; undefined when it was looked at before.
   */
  readonly relocation?: (
    workload: WorkloadRecord,
    unit: UnitRecord,
    windowStartMs: number | undefined,
  ) => Relocation | undefined;
  /** Called when the unit is removed. */
  readonly forgetUnit: (workload: string, unit: string) => void;
  /** What the specification becomes when a unit has left it; it is stored with the removal. Absent: nothing else changes. */
  readonly withoutUnit?: (workload: WorkloadRecord) => WorkloadSpec;
}
