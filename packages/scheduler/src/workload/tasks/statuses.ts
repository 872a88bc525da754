// From records to the words of the API for processes and nodes; cluster-status.ts has those for clusters.

import { memo } from "../records/memo.ts";
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

/** What is so of a task. `finished`: it ended well, as it was to. */
export type ProcessStatus = "init" | "staging" | "starting" | "running" | "finished" | "failed" | "killing" | "killed";
/** `unresponsive`: it runs, and nothing in it answers. */
export type UnitStatus = Exclude<ProcessStatus, "finished"> | "unresponsive";

/** What is to become of a unit: it runs, it stops and keeps its data, or it goes. */
export type Wish = "run" | "stop" | "delete";

export function wishOf({ deleting, spec }: WorkloadRecord, node: string): Wish {
  if (deleting) return "delete";
  const own = spec.units.find(({ name }) => name === node)?.expect;
  return spec.expect === "RUN" && own === "RUN" ? "run" : "stop";
}

/** Of one task: the node's own or a process. A task that ended well has finished; whether it should, see `processStatus`. */
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
  return task.state === "TASK_RUNNING" && task.healthy ? "running" : "starting";
}

/** `mayFinish`: its end is its success. One that ended well and is to run is launched again. */
export function processStatus(task: TaskRecord | undefined, mayFinish: boolean, wish: Wish): ProcessStatus {
  const status = taskStatus(task, wish);
  return status === "finished" && !mayFinish ? (wish === "run" ? "failed" : "killed") : status;
}

/** Of nodes that are to run. */
const known = memo((record: UnitRecord) => statusOf(record, "run"));

/** A node is what its container is, and running only when all its processes are or have finished. */
export function unitStatus(record: UnitRecord, wish: Wish): UnitStatus {
  return wish === "run" ? known(record) : statusOf(record, wish);
}

function statusOf(record: UnitRecord, wish: Wish): UnitStatus {
  const { launch } = record;
  if (launch === undefined) {
    if (wish === "stop") return "killed";
    if (wish === "delete") return record.leftovers.length > 0 || record.reservations.length > 0 ? "killing" : "killed";
    return record.failures > 0 || record.blocked ? "failed" : "init";
  }
  const node = unitTaskOf(launch);
  const own = taskStatus(node, wish);
  if (wish === "run" && node !== undefined && silenceOf(node) !== undefined) return "unresponsive";
  // A node's own task is never to end by itself.
  if (own === "finished") return wish === "run" ? "failed" : "killed";
  if (own !== "running") return own;
  const isWell = (task: TaskRecord) => ["running", "finished"].includes(taskStatus(task, wish));
  return launch.tasks.every(isWell) ? "running" : "starting";
}

export function isReady(record: UnitRecord): boolean {
  return unitStatus(record, "run") === "running";
}

/** A process that a node cannot do without. */
export interface RequiredProcess {
  readonly name: string;
  /** Its end is its success. */
  readonly mayFinish: boolean;
}

/**
 * True when the node does what it is for now: its container and what it cannot do without (`required`) are healthy, or have
 * finished as they are to.
 */
export function isServing({ launch }: UnitRecord, required: Iterable<RequiredProcess>): boolean {
  const node = launch === undefined ? undefined : unitTaskOf(launch);
  if (node === undefined || taskStatus(node, "run") !== "running" || silenceOf(node) !== undefined) return false;
  return [...required].every(({ name, mayFinish }) =>
    ["running", "finished"].includes(processStatus(processTaskOf(launch, name), mayFinish, "run")),
  );
}
