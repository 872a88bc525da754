// Makes the tasks that stand beside a unit's own: at its launch, and later when they join its executor. Pure.
import type { ExecutorInfo, TaskInfo } from "@cke/mesos";
import type { RenderedUnit } from "../../workload/kinds/workload-kind.ts";
import type { UnitIdentity } from "../../workload/records/identity.ts";
import {
  attemptOf,
  isTerminal,
  type LaunchRecord,
  newTaskRecord,
  type TaskRecord,
} from "../../workload/records/records.ts";
import { holderOf } from "../../workload/records/resource-tasks.ts";
import { taskIdOf } from "../../workload/records/task-ids.ts";
import { failureOf } from "../../workload/tasks/failure.ts";
import type { PlacedTask } from "./launch-parts.ts";
import { taskInfo } from "./task-info.ts";

/** Where tasks are launched. */
export interface JoinedLaunch {
  readonly launch: Pick<LaunchRecord, "agentId" | "executorId" | "pod" | "forgottenAttempts">;
  /** As it was launched, unchanged. */
  readonly executor: ExecutorInfo;
  readonly unit: UnitIdentity;
  readonly rendered: RenderedUnit;
  readonly now: number;
}

export interface BuiltTask {
  readonly record: TaskRecord;
  readonly info: TaskInfo;
}

/** What an ended task of the same name leaves to the next one. `forgotten`: attempts that may have been, where there is none. */
function inherited(old: TaskRecord | undefined, forgotten: number) {
  if (old === undefined) return { attempt: forgotten + 1, failures: 0 };
  const failure = holderOf(old.process) === undefined ? failureOf(old) : undefined;
  // What was ended to be launched anew, or was given back, has not failed.
  const wanted = old.replaced !== undefined || (holderOf(old.process) !== undefined && old.state === "TASK_KILLED");
  return { attempt: attemptOf(old) + 1, failures: wanted ? 0 : old.failures, ...(failure && { failure }) };
}

/** One task. `old`: the ended one of the same name. Undefined when the unit has no such process. */
export function buildTask(
  { launch, executor, unit, rendered, now }: JoinedLaunch,
  { name, amount, resources }: PlacedTask,
  old: TaskRecord | undefined,
): BuiltTask | undefined {
  const holder = holderOf(name);
  const process = rendered.processes.find((one) => one.name === (holder ?? name));
  const data = holder === undefined ? process?.data() : rendered.resourceData?.(holder);
  if (process === undefined || data === undefined) return undefined;
  const { agentId, executorId } = launch;
  const from = inherited(old, launch.forgottenAttempts ?? 0);
  const taskId = taskIdOf(executorId, name, from.attempt);
  const configHash = holder === undefined ? process.configHash : "";
  // A task group changes as a whole only, and so do the units of a kind without resource tasks.
  const holds = launch.pod === true || rendered.resourceData === undefined ? {} : { holds: amount };
  return {
    record: newTaskRecord({ taskId, process: name, configHash, ...from, ...holds }, now),
    info: taskInfo({ unit, process: name, taskId, configHash, agentId, executor, resources, data }),
  };
}

/**
 * Tasks that join a unit which runs: processes that ended alone, and tasks that hold resources. Undefined when one of them
 * lives already, or is of no process.
 */
export function buildJoining(
  joined: Omit<JoinedLaunch, "launch"> & { readonly launch: LaunchRecord },
  placed: readonly PlacedTask[],
): { readonly launch: LaunchRecord; readonly tasks: readonly TaskInfo[] } | undefined {
  let { launch } = joined;
  const tasks: TaskInfo[] = [];
  for (const one of placed) {
    const old = launch.tasks.find(({ process }) => process === one.name);
    const isProcess = holderOf(one.name) === undefined;
    const built = buildTask(joined, one, old);
    if (built === undefined || (isProcess ? old === undefined : old !== undefined && !isTerminal(old)))
      return undefined;
    const { record, info } = built;
    const list = launch.tasks.map((task) => (task === old ? record : task));
    launch = { ...launch, tasks: old === undefined ? [...list, record] : list };
    tasks.push(info);
  }
  return { launch, tasks };
}
