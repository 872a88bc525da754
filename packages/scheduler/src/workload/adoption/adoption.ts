// Adopts tasks that run in Mesos but are in no record. A store that was restored from a backup lacks the last launches.
// Their tasks belong to CKE, and killing them would stop a unit that works. So a unit without a launch, or with an earlier
// one that is over or out of reach, takes such an incarnation into its record when everything about it fits. What does
// not fit is killed. Pure.
import type { TaskState } from "@cke/mesos";
import { identityIn } from "../records/identity.ts";
import { withLaunch } from "../records/launches.ts";
import {
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  newTaskRecord,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import { type HeldAmount, holderOf } from "../records/resource-tasks.ts";
import { incarnationOf, isLater } from "../records/task-ids.ts";
import { applyStatus } from "../tasks/task-transition.ts";

export interface SnapshotTask {
  readonly taskId: string;
  readonly executorId: string;
  readonly state: TaskState;
  /** The health that its executor reported last with this state. */
  readonly healthy?: boolean | undefined;
  /** Its resources; undefined when the Mesos master did not tell. */
  readonly holds?: HeldAmount | undefined;
  readonly labels: ReadonlyMap<string, string>;
}

export interface SnapshotExecutor {
  readonly executorId: string;
  readonly agentId: string;
  readonly hostname: string;
  readonly role: string;
  readonly labels: ReadonlyMap<string, string>;
  /** ExecutorInfo as the Mesos master has it. A later task must carry exactly this. */
  readonly info: unknown;
}

/** What the Mesos master knows about this framework. */
export interface AgentSnapshot {
  readonly executors: readonly SnapshotExecutor[];
  /** Completed tasks too. */
  readonly tasks: readonly SnapshotTask[];
}

export type Adoption =
  | { readonly kind: "adopted"; readonly record: UnitRecord; readonly explanation: string }
  | { readonly kind: "refused"; readonly reason: string };

const refused = (reason: string): Adoption => ({ kind: "refused", reason });

/** Attempts of a process whose number is not known go on from here, so that no task id is used twice. */
const forgottenAttempts = 1_000;

/** The attempt in the task id of a process; 1 for the first, whose id has none. */
const attemptIn = (taskId: string) => Number(/\.(\d+)$/.exec(taskId)?.[1] ?? 1);

/** The last task of a process that the Mesos master knows; undefined when it knows none. */
function latest(tasks: readonly SnapshotTask[], process: string): SnapshotTask | undefined {
  return tasks
    .filter(({ labels }) => labels.get("cke.process") === process)
    .sort((left, right) => attemptIn(right.taskId) - attemptIn(left.taskId))[0];
}

function taskRecord(found: SnapshotTask, process: string, now: number, pod = false): TaskRecord {
  const { taskId, state, healthy, labels } = found;
  const holds = pod || process === "" || found.holds === undefined ? {} : { holds: found.holds };
  const configHash = labels.get("cke.config-hash") ?? "";
  const attempt = process === "" ? 1 : attemptIn(taskId);
  const record = newTaskRecord({ taskId, process, configHash, failures: 0, attempt, ...holds }, now);
  return (
    applyStatus(record, { task_id: { value: taskId }, state, ...(healthy === undefined ? {} : { healthy }) }, now) ??
    record
  );
}

const processIn = ({ labels }: SnapshotTask) => labels.get("cke.process") ?? "";

/** The last task of each name that holds resources of these processes. */
function resourceTasksIn(tasks: readonly SnapshotTask[], processes: readonly string[]): readonly SnapshotTask[] {
  const names = new Set(tasks.map(processIn).filter((name) => processes.includes(holderOf(name) ?? "")));
  return [...names].sort().flatMap((name) => latest(tasks, name) ?? []);
}

/** The record of a process that Mesos does not know any more: as if it had just ended, so that it is launched again. */
function forgotten(executorId: string, process: string, now: number): TaskRecord {
  const taskId = `${executorId}.${process}.${forgottenAttempts}`;
  const record = newTaskRecord({ taskId, process, configHash: "", failures: 0, attempt: forgottenAttempts }, now);
  return {
    ...record,
    state: "TASK_GONE",
    reason: "REASON_RECONCILIATION",
    message: "the Mesos master does not know it",
    retryAtMs: now,
  };
}

/**
 * True when an executor may belong to the unit: the unit has no launch, or an earlier one. A launch is always stored
 * before it is made, so a store without this one was restored from an older backup.
 */
export function mayBeOwn({ launch }: UnitRecord, executorId: string): boolean {
  return launch === undefined || isLater(incarnationOf(executorId), launch.incarnation);
}

/** True while the launch in the record is about to go, or while it is not known whether it still runs. */
export function isInDoubt({ launch }: UnitRecord, unanswered: (taskId: string) => boolean): boolean {
  const unitTask = launch === undefined ? undefined : unitTaskOf(launch);
  return unitTask !== undefined && (isTerminal(unitTask) || (!isOutOfReach(unitTask) && unanswered(unitTask.taskId)));
}

/** The record with an incarnation that runs and is in no record, or why it does not belong to the unit. */
export function adopt(
  kind: string,
  record: UnitRecord,
  processes: readonly string[],
  executorId: string,
  snapshot: AgentSnapshot,
  now: number,
): Adoption {
  const present = record.launch === undefined ? undefined : unitTaskOf(record.launch);
  if (present !== undefined && !isOutOfReach(present))
    return refused(`the unit has incarnation ${record.launch?.incarnation}`);
  const executor = snapshot.executors.find((candidate) => candidate.executorId === executorId);
  if (executor === undefined) return refused("the Mesos master does not know its executor");
  const { labels, agentId, hostname, role, info } = executor;
  const named = identityIn((key) => labels.get(key));
  if (named.kind !== kind || named.workload !== record.workload || named.unit !== record.unit)
    return refused("its labels name another unit");
  if (record.instance === "" || labels.get("cke.instance") !== record.instance)
    return refused("it belongs to another instance of a workload with this name");
  const tasks = snapshot.tasks.filter((task) => task.executorId === executorId);
  const unitTask = latest(tasks, "");
  if (unitTask === undefined) return refused("its unit has no task");
  const found = processes.map((process) => ({ process, task: latest(tasks, process) }));
  if (processes.length > 0 && found.every(({ task }) => task === undefined))
    return refused("none of its processes was ever launched: it is a clean-up");
  const pod = labels.get("cke.pod") === "true";
  const launch: LaunchRecord = {
    incarnation: incarnationOf(executorId),
    executorId,
    agentId,
    hostname,
    role,
    configHash: unitTask.labels.get("cke.config-hash") ?? "",
    cleanup: false,
    evicted: "",
    ...(pod ? { pod: true } : {}),
    ...(labels.get("cke.one-shots-held-by") === "node" ? { oneShotsHeldByUnit: true } : {}),
    // Which tasks held resources and have ended is not known: the master remembers the last ones of a framework only.
    forgottenAttempts,
    executor: info,
    createdAtMs: now,
    readyAtMs: 0,
    tasks: [
      taskRecord(unitTask, "", now),
      ...found.map(({ process, task }) =>
        task === undefined ? forgotten(executorId, process, now) : taskRecord(task, process, now, pod),
      ),
      ...resourceTasksIn(tasks, processes).map((task) => taskRecord(task, processIn(task), now)),
    ],
  };
  const explanation = `incarnation ${launch.incarnation} runs on ${hostname} and was in no record: the unit takes it as its own`;
  return {
    kind: "adopted",
    explanation,
    record: { ...withLaunch(record, launch), home: hostname, homeSinceMs: now, blocked: false },
  };
}
