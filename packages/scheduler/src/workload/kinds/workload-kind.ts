// What a kind of workload is: the port behind which KubeNodes, virtual machines and whatever comes later are all the same to the
// framework. It places, launches, watches, reserves and removes the units of workloads, and asks the kind for everything that
// depends on what runs in them. A workload's name is unique among all kinds.
import type { z } from "zod";
import type { StoreOperation } from "../../store/store.ts";
import type { UnitOutline } from "../outline/unit-outline.ts";
import type { UnitPlan } from "../plans/plan.ts";
import type { PlanStage } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";
import type { WorkloadSpec } from "../records/workload-spec.ts";

/** What of a launch goes into the messages for its executor. */
export interface LaunchIdentity {
  readonly incarnation: string;
  readonly frameworkId: string;
  /** The unit's life, as its record has it; "" in old records. */
  readonly instance: string;
  /** Launched only to be killed: what the unit has left on its host is removed with it. */
  readonly cleanup: boolean;
}

/** A process of a unit, as it is launched. */
export interface RenderedProcess {
  readonly name: string;
  readonly configHash: string;
  /** `TaskInfo.data`: a TaskData of the protocol. */
  readonly data: () => Uint8Array;
}

/** A unit as it was rendered when its workload was created: what is launched later is of exactly these messages. */
export interface RenderedUnit {
  readonly configHash: string;
  /** Data of the unit's own task. */
  readonly data: (launch: LaunchIdentity) => Uint8Array;
  /** In the order of the outline. */
  readonly processes: readonly RenderedProcess[];
}

/** What may be read in the bring-up of a unit. */
export interface PlanInput {
  readonly record: UnitRecord;
  /** "since <time> by <who>"; "" when it is not paused. */
  readonly paused: string;
  /** Why no offer was good enough; "" when none is needed. */
  readonly waitReason: string;
}

/** What has told of the hosts of agents. */
export interface KnownHosts {
  readonly hasNetwork: (name: string) => boolean;
}

/** By unit: why it waits, whatever is offered; undefined when it may be placed. */
export type UnitGate = (unit: string) => string | undefined;

/** The secrets that an executor may have by name; undefined when nobody knows any more which those are. */
export type UnitSecrets = ReadonlyMap<string, string> | undefined;

/** What there is now. */
export interface PresentWorkloads {
  /** Of this kind. */
  readonly workloads: () => readonly WorkloadRecord[];
  readonly unitsOf: (workload: string) => readonly UnitRecord[];
  /** A framework message for an executor: small, and it may be lost. */
  readonly send: (agentId: string, executorId: string, message: Uint8Array) => Promise<void>;
}

export interface WorkloadKind {
  /** As records, ids and labels name it: lower-case letters. */
  readonly name: string;
  /** File name of the program that runs its units, below /exec. */
  readonly executor: string;
  /** How the program's log names a workload, or a unit of it. */
  readonly logFields: (workload: string, unit: string | undefined) => Readonly<Record<string, string>>;
  /** What a store holds of it. */
  readonly spec: z.ZodType<WorkloadSpec>;
  /** At the start of a term, before anything is launched: reads what the kind has stored beside the records. */
  readonly load: (present: PresentWorkloads) => Promise<void>;
  /** Once a second while Mesos can be called: what the kind has to say to units that run. */
  readonly tick: (present: PresentWorkloads) => Promise<void>;
  /** Undefined for a unit that was never rendered. Asked all the time: the same object as long as nothing changes. */
  readonly outline: (workload: WorkloadRecord, unit: string) => UnitOutline | undefined;
  /** For a launch; undefined as `outline` is. */
  readonly rendered: (workload: WorkloadRecord, unit: string) => RenderedUnit | undefined;
  /** Why nothing of it can be launched now; undefined when it can. */
  readonly problem: (workload: WorkloadRecord) => string | undefined;
  /** In which order the units of the workload stop. */
  readonly stopStages: (workload: WorkloadRecord) => readonly PlanStage[];
  /** What has to come before the units that ask for a place; undefined when nothing has. `mayLaunch`: now, or later by itself. */
  readonly gate: (
    workload: WorkloadRecord,
    units: readonly UnitRecord[],
    hosts: KnownHosts,
    mayLaunch: (unit: UnitRecord) => boolean,
  ) => UnitGate | undefined;
  /** The bring-up of a unit as a person reads it; undefined for a unit that was never rendered. */
  readonly plan: (workload: WorkloadRecord, input: PlanInput) => UnitPlan | undefined;
  /** Made when they are asked for first. Rejects with a WorkloadGoneError when the workload is no more. */
  readonly secrets: (workload: WorkloadRecord, unit: string) => Promise<UnitSecrets>;
  /** What the kind has stored beside the records of the workload: removed with them. */
  readonly deleteOperations: (workload: string) => Promise<readonly StoreOperation[]>;
  /** The workload is no more. */
  readonly forget: (workload: string) => void;
}
