// From records to the statuses that the API has for processes and units; each kind has those of its workloads.

import { memoize } from "../records/memoize.ts";
import {
  isOutOfReach,
  isTerminal,
  processTaskOf,
  reportOf,
  silenceOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
  type WorkloadRecord,
} from "../records/records.ts";
import { awaitedOrphans, holdingPlan, isExpected, isLeaving, mayRunOnWithoutLaunch } from "../records/removal-state.ts";
import { isResourceTask } from "../records/resource-tasks.ts";

/** The status of a task. `finished`: it ended successfully, as it was to. */
export type ProcessStatus = "init" | "staging" | "starting" | "running" | "finished" | "failed" | "killing" | "killed";
/** `unresponsive`: it runs, and nothing in it answers. */
export type UnitStatus = Exclude<ProcessStatus, "finished"> | "unresponsive";

/** What is wanted of a unit: that it runs, that it stops and keeps its data, or that it goes. */
export type Wish = "run" | "stop" | "delete";

export function wishOf(workload: WorkloadRecord, unit: string): Wish {
  if (isLeaving(workload, unit)) return "delete";
  return isExpected(workload, unit) && holdingPlan(workload, unit) === undefined ? "run" : "stop";
}

/** True for a process that does not run because it is not to, while its task goes on. */
export function isHalted(task: TaskRecord): boolean {
  if (task.state !== "TASK_RUNNING") return false;
  const report = reportOf(task);
  return report?.kind === "process" && report.value.phase === "stopped";
}

/**
 * The status of one task: the unit's own or a process. A task that ended successfully is finished; `processStatus`
 * knows whether it should.
 */
export function taskStatus(task: TaskRecord | undefined, wish: Wish): ProcessStatus {
  if (task === undefined) return wish === "run" ? "init" : "killed";
  if (isTerminal(task)) {
    if (task.state === "TASK_FINISHED") return "finished";
    return wish !== "run" || task.state === "TASK_KILLED" ? "killed" : "failed";
  }
  if (wish !== "run" || task.state === "TASK_KILLING") return "killing";
  if (isOutOfReach(task)) return "failed";
  if (task.state === "TASK_INTENDED" || task.state === "TASK_STAGING") return "staging";
  const report = reportOf(task);
  if (report?.kind === "process" && (report.value.phase === "backoff" || report.value.phase === "failed"))
    return "failed";
  if (isHalted(task)) return "killed";
  return task.state === "TASK_RUNNING" && task.healthy ? "running" : "starting";
}

/** `mayFinish`: its end is its success. Another process that ended successfully and is to run is launched again. */
export function processStatus(task: TaskRecord | undefined, mayFinish: boolean, wish: Wish): ProcessStatus {
  const status = taskStatus(task, wish);
  return status === "finished" && !mayFinish ? (wish === "run" ? "failed" : "killed") : status;
}

/** For units that are to run. */
const known = memoize((record: UnitRecord) => statusOf(record, "run"));

/** A unit has the status of its container; it is running only when all of its processes run or have finished. */
export function unitStatus(record: UnitRecord, wish: Wish): UnitStatus {
  return wish === "run" ? known(record) : statusOf(record, wish);
}

function statusOf(record: UnitRecord, wish: Wish): UnitStatus {
  const { launch } = record;
  if (launch === undefined) {
    if (wish === "stop") return mayRunOnWithoutLaunch(record) ? "killing" : "killed";
    if (wish === "delete")
      return awaitedOrphans(record).length > 0 || record.reservations.length > 0 ? "killing" : "killed";
    return record.failures > 0 || record.blocked ? "failed" : "init";
  }
  const unitTask = unitTaskOf(launch);
  const own = taskStatus(unitTask, wish);
  if (wish === "run" && unitTask !== undefined && silenceOf(unitTask) !== undefined) return "unresponsive";
  // What is left of it is known when its launch is retired.
  if (wish === "stop" && (own === "killed" || own === "finished")) return "killing";
  // A unit's own task never ends by itself.
  if (own === "finished") return wish === "run" ? "failed" : "killed";
  if (own !== "running") return own;
  const isWell = (task: TaskRecord) => isHalted(task) || ["running", "finished"].includes(taskStatus(task, wish));
  return launch.tasks.every((task) => isResourceTask(task) || isWell(task)) ? "running" : "starting";
}

export function isReady(record: UnitRecord): boolean {
  return unitStatus(record, "run") === "running";
}

/** A process without which a unit is not healthy. */
export interface RequiredProcess {
  readonly name: string;
  /** True for a process whose end is its success. */
  readonly mayFinish: boolean;
}

/**
 * True when the unit does what it is for: its container and its required processes are healthy, or have finished as
 * they should.
 */
export function isServing({ launch }: UnitRecord, required: Iterable<RequiredProcess>): boolean {
  const unitTask = launch === undefined ? undefined : unitTaskOf(launch);
  if (unitTask === undefined || taskStatus(unitTask, "run") !== "running" || silenceOf(unitTask) !== undefined)
    return false;
  return [...required].every(({ name, mayFinish }) =>
    ["running", "finished"].includes(processStatus(processTaskOf(launch, name), mayFinish, "run")),
  );
}
