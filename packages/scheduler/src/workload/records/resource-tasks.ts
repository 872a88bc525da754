// What a process's tasks hold in Mesos. Mesos cannot resize a task: what a process has beyond a base is held by further tasks, which
// can be launched and killed while it runs. Pure.
import { isTerminal, type LaunchRecord, type TaskRecord, taskReportOf } from "./records.ts";

/** CPUs and MiB. */
export interface HeldAmount {
  readonly cpu: number;
  readonly mem: number;
}

/** Names of processes have no dots, so that this is never one. */
const mark = ".res";

/** A process has this many such tasks at most, and one more while two of them become one. */
export const mostResourceTasks = 4;

/** Name of the first such task of the process. */
export const resourceTaskName = (process: string) => `${process}${mark}`;

/** True for a task that only holds resources of a process. `process`: of the task's record. */
export const isResourceTask = ({ process }: Pick<TaskRecord, "process">) => process.includes(mark);

/** The process for which a task of that name holds resources; undefined for a process itself. */
export function holderOf(process: string): string | undefined {
  const at = process.indexOf(mark);
  return at < 0 ? undefined : process.slice(0, at);
}

/** The tasks that hold resources of the process, ended ones too. */
export function resourceTasksOf({ tasks }: LaunchRecord, process: string): readonly TaskRecord[] {
  return tasks.filter((task) => holderOf(task.process) === process);
}

/** A name for one more such task of the process: one whose task has ended, or a new one. */
export function freeResourceTask(launch: LaunchRecord, process: string): string {
  const present = resourceTasksOf(launch, process);
  const ended = present.find(isTerminal);
  if (ended !== undefined) return ended.process;
  const taken = new Set(present.map((task) => task.process));
  let name = resourceTaskName(process);
  for (let number = 2; taken.has(name); number += 1) name = `${process}${mark}-${number}`;
  return name;
}

const millis = (cpu: number) => Math.round(cpu * 1000);

export function addAmounts(amounts: readonly HeldAmount[]): HeldAmount {
  return {
    cpu: amounts.reduce((sum, { cpu }) => sum + millis(cpu), 0) / 1000,
    mem: amounts.reduce((sum, { mem }) => sum + mem, 0),
  };
}

/** What of `left` is beyond `right`. */
export function beyondAmount(left: HeldAmount, right: HeldAmount): HeldAmount {
  return {
    cpu: Math.max(0, millis(left.cpu) - millis(right.cpu)) / 1000,
    mem: Math.max(0, left.mem - right.mem),
  };
}

export const leastAmount = (left: HeldAmount, right: HeldAmount): HeldAmount => ({
  cpu: Math.min(left.cpu, right.cpu),
  mem: Math.min(left.mem, right.mem),
});

export const mostAmount = (left: HeldAmount, right: HeldAmount): HeldAmount => ({
  cpu: Math.max(left.cpu, right.cpu),
  mem: Math.max(left.mem, right.mem),
});

export const isNoAmount = ({ cpu, mem }: HeldAmount) => millis(cpu) === 0 && mem === 0;

export const sameAmount = (left: HeldAmount, right: HeldAmount) =>
  millis(left.cpu) === millis(right.cpu) && left.mem === right.mem;

/** "0.2 CPUs and 512 MiB" */
export function describeAmount({ cpu, mem }: HeldAmount): string {
  const parts = [...(millis(cpu) === 0 ? [] : [`${cpu} CPUs`]), ...(mem === 0 ? [] : [`${mem} MiB`])];
  return parts.length === 0 ? "nothing" : parts.join(" and ");
}

/** True for a task that was ended because what it held is not needed any more, or is held by another one. */
export const isGivenBack = (task: TaskRecord) => isResourceTask(task) && task.state === "TASK_KILLED";

/**
 * What Mesos accounts for a process: its own task and those beside it. `wanted`: what a launch of it takes. Undefined while its own
 * task does not live.
 */
export function heldBy(launch: LaunchRecord | undefined, process: string, wanted: HeldAmount): HeldAmount | undefined {
  const task = launch?.tasks.find((one) => one.process === process);
  if (launch === undefined || task === undefined || isTerminal(task)) return undefined;
  const beside = resourceTasksOf(launch, process).filter((one) => !isTerminal(one));
  return addAmounts([task.holds ?? wanted, ...beside.flatMap(({ holds }) => holds ?? [])]);
}

type HeldProcess = { readonly name: string; readonly res: HeldAmount; readonly mayFinish: boolean };

/** What Mesos accounts for a unit. `ofEnded`: what is counted for a process whose task does not live. */
export function heldByUnit(
  launch: LaunchRecord,
  unit: { readonly executor: HeldAmount; readonly unitTask: HeldAmount; readonly processes: readonly HeldProcess[] },
  ofEnded: (process: HeldProcess) => HeldAmount,
): HeldAmount {
  const processes = unit.processes.map((process) => {
    const { name, res, mayFinish } = process;
    // What a process needs whose end is its success is held by the unit's own task.
    return mayFinish ? res : (heldBy(launch, name, res) ?? ofEnded(process));
  });
  return addAmounts([unit.executor, unit.unitTask, ...processes]);
}

/** Which version of what it is to be a process follows, by its last report, and why no later one; "" for none. */
export function followedBy(task: TaskRecord) {
  const { processVersion = "", processProblem = "", processProblemVersion = "" } = taskReportOf(task) ?? {};
  return { version: processVersion, problem: processProblem, problemVersion: processProblemVersion };
}
