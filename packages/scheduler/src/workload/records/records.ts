// What the scheduler stores about workloads and their units: JSON under `workloads/<name>` and
// `units/<workload>/<unit>`. A unit's record has one present launch. A new incarnation begins only after every task of
// the old one has ended, or beside a launch that is superseded because its agent was out of reach for too long.
import { isTerminalTaskState, taskStates } from "@cke/mesos";
import { TaskReport } from "@cke/protocol";
import { z } from "zod";
import { readingEarlierNames } from "./earlier-names.ts";
import { memoize } from "./memoize.ts";
import { workloadPlanSchema } from "./plan-record.ts";
import { type ReservationRecord, reservationRecord } from "./reservation-record.ts";
import {
  endedLaunch,
  failureRecord,
  heldAmount,
  hostMoment,
  mark,
  orphanedResources,
  unitMarks,
} from "./unit-marks.ts";
import { type WorkloadSpec, workloadSpecSchema } from "./workload-spec.ts";

/** `TASK_INTENDED`: stored before ACCEPT, without an update so far. */
export const recordedStates = ["TASK_INTENDED", ...taskStates] as const;
export type RecordedState = (typeof recordedStates)[number];

const taskRecord = z.object({
  taskId: z.string(),
  /** Name of the process; "" for the unit's own task. */
  process: z.string(),
  state: z.enum(recordedStates),
  healthy: z.boolean(),
  /** Mesos' reason, like REASON_EXECUTOR_TERMINATED; "" for none. */
  reason: z.string(),
  message: z.string(),
  /** The sender: SOURCE_EXECUTOR, SOURCE_AGENT, SOURCE_MASTER; "" in old records. */
  source: z.string().default(""),
  /** The last TaskReport, base64; "" before the first. */
  report: z.string(),
  configHash: z.string(),
  /** In seconds: time of the last status from its agent or executor (those have a uuid); 0 before the first. */
  statusTimestamp: z.number(),
  statusUuid: z.string(),
  /** In seconds: time of the status with which `report` came. */
  reportTimestamp: z.number().default(0),
  /** Uuid of the agent's status that ended it; "" while it runs, and when only the Mesos master reported the end. */
  endUuid: z.string().default(""),
  changedAtMs: z.number(),
  /** When it first ran; 0 before. */
  startedAtMs: z.number(),
  /** Launches of this process in this incarnation that ended by themselves, since the last retry by an operator. */
  failures: z.number(),
  /** Number of this launch of the process in its incarnation, from 1; 0 in old records (see `attemptOf`). */
  attempt: z.number().default(0),
  /** Why the launch before this one ended. */
  failure: failureRecord.optional(),
  /** It is not launched again before this time. */
  retryAtMs: z.number(),
  /** What the task holds in Mesos. Absent: what its process is launched with. */
  holds: heldAmount.optional(),
  /** Why it is ended, to be launched anew. */
  replaced: z.string().optional(),
  /** The limits that the process may have now. Absent: those that it is launched with. */
  granted: heldAmount.optional(),
  /** When an operator lowered its limits last. Absent: never, or by an earlier version. */
  loweredAtMs: z.number().optional(),
});

const presentLaunchRecord = z.object({
  incarnation: z.string(),
  executorId: z.string(),
  agentId: z.string(),
  hostname: z.string(),
  role: z.string(),
  configHash: z.string(),
  /** True for a launch that is only to be killed, so that its executor removes what the unit has left on this host. */
  cleanup: z.boolean().default(false),
  /** A clean-up that ends what an executor has left running, and leaves the unit's data. Absent: it is none. */
  keepsData: z.literal(true).optional(),
  /** The instance that a clean-up is for. Absent: it is none, or launched by an earlier version. */
  instance: z.string().optional(),
  /** Why the launch is ended on purpose to be made elsewhere; "" when it is not. */
  evicted: z.string().default(""),
  /** A stop had begun to end it when a start was asked for: should it end by that, it is no failure. Absent: it had not. */
  stopBegan: z.literal(true).optional(),
  /** Launched as one task group, which begins and ends as a whole. Absent: it was not. */
  pod: z.boolean().optional(),
  /** The unit's task holds what its one-shots need. Absent: they hold it themselves, and free it when they end. */
  oneShotsHeldByUnit: z.boolean().optional(),
  /** Grace of the kill policy that its unit's task has in Mesos. Absent: none, or launched by an earlier version. */
  killGraceMs: z.number().optional(),
  /** Attempts of tasks that hold resources and are not in `tasks` go on from here: Mesos has forgotten which there were. Absent: from 0. */
  forgottenAttempts: z.number().optional(),
  /** ExecutorInfo as it was launched. A later task for the same executor must carry exactly this. */
  executor: z.unknown(),
  createdAtMs: z.number(),
  /** When all of the unit ran for the first time; 0 before. */
  readyAtMs: z.number(),
  /** The unit's own task first. */
  tasks: z.array(taskRecord),
});

/** Earlier versions had another name for `oneShotsHeldByUnit`. */
const launchRecord = readingEarlierNames(presentLaunchRecord, { oneShotsHeldByNode: "oneShotsHeldByUnit" });

const unitRecord = z.object({
  workload: z.string(),
  unit: z.string(),
  /** The instance: one value over all incarnations of the unit; another unit of its name has another. "" in old records. */
  instance: z.string().default(""),
  launch: launchRecord.optional(),
  /** Earlier launches that may still run on agents out of reach. They are killed when those agents come back. */
  superseded: z.array(launchRecord).default([]),
  /** When it was added to its workload; absent for a unit as old as the workload, and in records of earlier versions. */
  addedAtMs: z.number().optional(),
  /** Launches in a row that failed. */
  failures: z.number(),
  retryAtMs: z.number(),
  /** Why the last launch ended; "" when none did. */
  lastFailure: z.string(),
  /** True when another try without a change is useless: it waits for an operator. */
  blocked: z.boolean(),
  /** Hostname of the agent that has its data; "" before it ran. */
  home: z.string(),
  homeSinceMs: z.number(),
  /** Why the last launch ended. */
  failure: failureRecord.optional(),
  /** Absent in old records, and before a launch has ended. */
  last: endedLaunch.optional(),
  /** It replaces an earlier instance: where that was, and since when this one is wanted. */
  replaced: hostMoment.optional(),
  /** The agent that had its data was marked gone, and it has not run anywhere since. Of stateful units only. */
  dataLost: hostMoment.optional(),
  /** The last launch ended for a reason that an operator must remove: no such image, for example. */
  needsHelp: z.boolean().default(false),
  /** When the unit first did what it is for, since its workload was created or started; 0 before. */
  servedAtMs: z.number().default(0),
  ...unitMarks,
  /** Nothing of the unit is launched while this is set. */
  paused: mark.optional(),
  /** Processes that are not launched again when they end, until an operator asks for a retry. */
  skipped: z.array(z.object({ process: z.string(), ...mark.shape })).default([]),
  /** Hosts where an executor may have left a container, volumes and files. */
  orphaned: z.array(orphanedResources).default([]),
  /** What Mesos reserves for it on agents. */
  reservations: z.array(reservationRecord).default([]),
});

export const workloadRecordSchema = z.object({
  /** The kind of the workload. It knows what `spec` means. */
  kind: z.string(),
  spec: workloadSpecSchema,
  createdAtMs: z.number(),
  deleting: z.boolean(),
  /** Nothing of the workload is launched while this is set. */
  paused: mark.optional(),
  /** The plan of the whole workload, while there is one: a stop. */
  plan: workloadPlanSchema.optional(),
  /** Plans of single units: a removal, for example. They go on side by side, while the workload is to run. */
  plans: z.array(workloadPlanSchema).optional(),
});

/** Records of older versions note only when all of the launch ran, and have another name for `orphaned`. */
export const unitRecordSchema = readingEarlierNames(unitRecord, { leftovers: "orphaned" }).transform((record) =>
  record.servedAtMs > 0 ? record : { ...record, servedAtMs: record.launch?.readyAtMs ?? 0 },
);
export type Mark = Readonly<z.infer<typeof mark>>;
export type FailureRecord = Readonly<z.infer<typeof failureRecord>>;
export type TaskRecord = Readonly<z.infer<typeof taskRecord>>;
export type LaunchRecord = Readonly<Omit<z.infer<typeof launchRecord>, "tasks">> & {
  readonly tasks: readonly TaskRecord[];
};
export type OrphanedResources = Readonly<z.infer<typeof orphanedResources>>;
export interface UnitRecord
  extends Readonly<Omit<z.infer<typeof unitRecord>, "launch" | "superseded" | "orphaned" | "reservations">> {
  readonly superseded: readonly LaunchRecord[];
  readonly orphaned: readonly OrphanedResources[];
  readonly reservations: readonly ReservationRecord[];
  readonly launch?: LaunchRecord | undefined;
}
export interface WorkloadRecord extends Readonly<Omit<z.infer<typeof workloadRecordSchema>, "spec">> {
  readonly spec: WorkloadSpec;
}

export const workloadKey = (workload: string) => `workloads/${workload}`;
export const unitKey = (workload: string, unit: string) => `units/${workload}/${unit}`;

export function newUnitRecord(workload: string, unit: string, instance: string): UnitRecord {
  return {
    workload,
    unit,
    instance,
    failures: 0,
    retryAtMs: 0,
    lastFailure: "",
    blocked: false,
    needsHelp: false,
    servedAtMs: 0,
    home: "",
    homeSinceMs: 0,
    superseded: [],
    skipped: [],
    orphaned: [],
    reservations: [],
  };
}

export function newTaskRecord(
  task: Pick<TaskRecord, "taskId" | "process" | "configHash" | "failures"> & Partial<TaskRecord>,
  now: number,
): TaskRecord {
  return {
    attempt: 1,
    ...task,
    state: "TASK_INTENDED",
    healthy: false,
    reason: "",
    message: "",
    source: "",
    report: "",
    statusTimestamp: 0,
    statusUuid: "",
    reportTimestamp: 0,
    endUuid: "",
    changedAtMs: now,
    startedAtMs: 0,
    retryAtMs: 0,
  };
}

/** Number of this launch of the process in its incarnation. Task ids contain it, so no id is used twice. */
export function attemptOf({ attempt, failures }: Pick<TaskRecord, "attempt" | "failures">): number {
  // Old records have only the failures since the first launch.
  return Math.max(attempt, failures);
}

/** True when the task will never run (again) under this id. */
export function isTerminal(task: Pick<TaskRecord, "state">): boolean {
  return task.state !== "TASK_INTENDED" && isTerminalTaskState(task.state);
}

/** True when it is not known whether the task runs: its agent is out of reach. */
export function isOutOfReach(task: Pick<TaskRecord, "state">): boolean {
  return task.state === "TASK_UNREACHABLE" || task.state === "TASK_UNKNOWN";
}

export function unitTaskOf(launch: LaunchRecord): TaskRecord | undefined {
  return launch.tasks.find(({ process }) => process === "");
}

export function processTaskOf(launch: LaunchRecord | undefined, process: string): TaskRecord | undefined {
  return launch?.tasks.find((task) => task.process === process);
}

const decoded = memoize((task: TaskRecord): TaskReport | undefined => {
  try {
    return TaskReport.decode(Buffer.from(task.report, "base64"));
  } catch {
    // The report is torn or of another version. The task's state counts all the same.
    return undefined;
  }
});

/** For a process whose unit does not answer: since when, in UNIX ms, by its last report; 0 otherwise. */
export function unknownSinceMs(task: TaskRecord): number {
  return taskReportOf(task)?.unresponsiveSinceMs ?? 0;
}

/** All that was reported last about this task; undefined before the first report that can be read. */
export const taskReportOf = (task: TaskRecord) => (task.report === "" ? undefined : decoded(task));

/** The last report about this task; undefined before the first that can be read. */
export function reportOf(task: TaskRecord): TaskReport["report"] {
  return taskReportOf(task)?.report;
}

/** For a unit that does not answer: since when, in UNIX ms, and the executor's text about it; undefined otherwise. */
export function silenceOf(task: TaskRecord): { readonly sinceMs: number; readonly words: string } | undefined {
  if (task.state !== "TASK_RUNNING" && task.state !== "TASK_STARTING") return undefined;
  const report = reportOf(task);
  if (report?.kind !== "unit" || report.value.unresponsiveSinceMs === 0) return undefined;
  return { sinceMs: report.value.unresponsiveSinceMs, words: report.value.detail };
}
