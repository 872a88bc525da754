// The steps by which Mesos' ledger follows a process whose resources were changed. More: a further task holds what its own does not, and
// when that task runs, the limits are raised. Less: the limits were lowered at once, and when the executor has reported that, tasks
// that hold too much are killed; where one holds only in part too much, a smaller one takes its place. The process itself is never
// touched, and Mesos accounts for what it may take at every moment, unless its agent has no room for the smaller task beside the larger
// one. Pure.
import { isTerminal, type LaunchRecord, reportOf, type TaskRecord } from "../records/records.ts";
import {
  addAmounts,
  beyondAmount,
  describeAmount,
  followedBy,
  freeResourceTask,
  type HeldAmount,
  isNoAmount,
  mostResourceTasks,
  resourceTasksOf,
  sameAmount,
} from "../records/resource-tasks.ts";
import type { Step } from "./step.ts";

const mebibyte = 1024 * 1024;
/**
 * A smaller task is launched beside the larger one, so that Mesos always accounts for what the process may take. An agent with
 * room offers it within a second or two. After this time there is none: then the larger one ends first, because an agent that
 * is full is why resources are given back.
 */
export const roomMs = 10_000;

/** What the decision needs: the resources of each process as they are wanted, by name. */
export interface WantedResources {
  readonly now: number;
  readonly shares?: ReadonlyMap<string, HeldAmount> | undefined;
  /** Processes that were given up until a retry: nothing is held for them. */
  readonly skipped?: ReadonlySet<string> | undefined;
  /** Mesos keeps what the unit has for it, on this agent: nobody else takes what a task of it gives back. */
  readonly reserved?: boolean | undefined;
  /** Since when a task is asked to end; undefined for one that is not. What it holds is as good as gone. */
  readonly killingSince?: ((taskId: string) => number | undefined) | undefined;
}

/** True when the limits in the unit are not above these any more, as far as the executor has reported. */
function isLowered(task: TaskRecord, { cpu, mem }: HeldAmount): boolean {
  const report = reportOf(task);
  if (report?.kind !== "process") return false;
  const { phase, resources } = report.value;
  if (resources === undefined) return phase === "stopped";
  return resources.cpuMillis <= Math.round(cpu * 1000) && resources.memoryBytes <= Math.round(mem * mebibyte);
}

type KillStep = Extract<Step, { readonly kind: "kill-task" }>;

/** Ends one task of a launch; the unit's data stays. */
export const killOf = (launch: LaunchRecord, task: TaskRecord, explanation: string): KillStep => ({
  kind: "kill-task",
  taskId: task.taskId,
  agentId: launch.agentId,
  executorId: launch.executorId,
  removal: false,
  explanation,
});

const heldOf = (tasks: readonly TaskRecord[]) => addAmounts(tasks.flatMap(({ holds }) => holds ?? []));
const isRunning = ({ state }: TaskRecord) => state === "TASK_RUNNING";
const sizeOf = ({ holds }: TaskRecord) => (holds?.mem ?? 0) + (holds?.cpu ?? 0) / 1024;
const bySize = (left: TaskRecord, right: TaskRecord) => sizeOf(left) - sizeOf(right);

/** The tasks that may end at once: those that run beside them hold all that is needed. The largest that may go. */
function spareTasks(running: readonly TaskRecord[], needed: HeldAmount): readonly TaskRecord[] {
  let left = running;
  return running
    .toSorted(bySize)
    .reverse()
    .filter((one) => {
      const others = left.filter((other) => other !== one);
      const may = isNoAmount(beyondAmount(needed, heldOf(others)));
      if (may) left = others;
      return may;
    });
}

interface Part {
  readonly task: TaskRecord;
  /** What of it is needed. */
  readonly amount: HeldAmount;
}

/** The task that holds in part too much, and needs the smallest one in its place. */
function partlySpare(running: readonly TaskRecord[], needed: HeldAmount): Part | undefined {
  const parts = running.map((task): Part => {
    const others = running.filter((other) => other !== task);
    return { task, amount: beyondAmount(needed, heldOf(others)) };
  });
  const trimmed = parts.filter(({ task, amount }) => task.holds !== undefined && !sameAmount(task.holds, amount));
  return trimmed.toSorted((left, right) => left.amount.mem - right.amount.mem || left.amount.cpu - right.amount.cpu)[0];
}

/** One process of a launch, whose own task lives. */
interface Holder {
  readonly launch: LaunchRecord;
  readonly task: TaskRecord;
  readonly wanted: HeldAmount;
  /** What its own task does not hold. */
  readonly needed: HeldAmount;
  /** The live tasks beside it. */
  readonly live: readonly TaskRecord[];
}

/** A further task for the process, or a wait when the last one failed just now. */
function holdStep(
  { launch, task }: Holder,
  amount: HeldAmount,
  explanation: string,
  now: number,
  untilMs?: number,
): Step {
  // One that was given back has not failed.
  const failed = resourceTasksOf(launch, task.process).filter((one) => isTerminal(one) && one.state !== "TASK_KILLED");
  const next = Math.max(0, ...failed.map(({ retryAtMs }) => retryAtMs));
  const process = freeResourceTask(launch, task.process);
  return next > now
    ? { kind: "wait", process, untilMs: next, explanation }
    : { kind: "hold-resources", process, amount, ...(untilMs === undefined ? {} : { untilMs }), explanation };
}

/** More is needed than is held. */
function growSteps(holder: Holder, missing: HeldAmount, now: number): readonly Step[] {
  const { launch, task, live } = holder;
  const words = `${task.process} waits for ${describeAmount(missing)} more on ${launch.hostname}`;
  if (live.length < mostResourceTasks) return [holdStep(holder, missing, words, now)];
  // The next one holds what the smallest does, too, and that one goes when the next one runs.
  const [smallest] = live.toSorted(bySize);
  if (smallest === undefined || !live.every(isRunning)) return [];
  const amount = addAmounts([missing, smallest.holds ?? { cpu: 0, mem: 0 }]);
  return [holdStep(holder, amount, `${words}, in one task with the smallest of ${live.length}`, now)];
}

/** More is held than is needed, and not all of any task. */
function trimSteps(holder: Holder, { now, reserved }: WantedResources): readonly Step[] {
  const { launch, task, wanted, needed, live } = holder;
  const part = live.every(isRunning) ? partlySpare(live, needed) : undefined;
  if (part === undefined) return [];
  const words = `${task.process} needs ${describeAmount(wanted)} only: a smaller task takes the place of ${part.task.process} on ${launch.hostname}`;
  const untilMs = (task.loweredAtMs ?? 0) + roomMs;
  if (reserved === true || now >= untilMs)
    return [{ ...killOf(launch, part.task, `${words}, when that has ended`), heldAnew: true }];
  return [holdStep(holder, part.amount, words, now, untilMs)];
}

function stepsOfProcess(
  launch: LaunchRecord,
  task: TaskRecord,
  wanted: HeldAmount,
  input: WantedResources,
): readonly Step[] {
  const { process } = task;
  const own = task.holds ?? wanted;
  const granted = task.granted ?? wanted;
  const live = resourceTasksOf(launch, process).filter((one) => !isTerminal(one) && one.state !== "TASK_KILLING");
  const running = live.filter(isRunning);
  const staying = running.filter(({ taskId }) => input.killingSince?.(taskId) === undefined);
  const kept = addAmounts([own, heldOf(staying)]);
  if (!sameAmount(granted, wanted) && isNoAmount(beyondAmount(wanted, kept))) {
    const explanation = `${process} may take ${describeAmount(wanted)}: its tasks hold it`;
    return [{ kind: "grant-resources", process, amount: wanted, explanation }];
  }
  const needed = beyondAmount(wanted, own);
  const missing = beyondAmount(needed, heldOf(live));
  const holder = { launch, task, wanted, needed, live };
  if (!isNoAmount(missing)) return followedBy(task).version === "" ? [] : growSteps(holder, missing, input.now);
  if (isNoAmount(beyondAmount(heldOf(live), needed)) || !isLowered(task, wanted)) return [];
  const spare = spareTasks(running, needed);
  if (spare.length === 0) return trimSteps(holder, input);
  const explanation = `${process} needs ${describeAmount(wanted)} only: Mesos gets back what is held beyond`;
  return spare.map((one) => killOf(launch, one, explanation));
}

/** An operator has given the process up, and it has ended: Mesos gets back what is held for it. */
function giveBackSteps(launch: LaunchRecord, { process }: TaskRecord): readonly Step[] {
  const explanation = `${process} was given up: Mesos gets back what is held for it`;
  return resourceTasksOf(launch, process)
    .filter((one) => !isTerminal(one) && one.state !== "TASK_KILLING")
    .map((one) => killOf(launch, one, explanation));
}

/** Of a launch that runs. */
export function resourceSteps(launch: LaunchRecord, input: WantedResources): readonly Step[] {
  const { shares } = input;
  if (shares === undefined) return [];
  return launch.tasks.flatMap((task): readonly Step[] => {
    const { process } = task;
    const wanted = shares.get(process);
    if (wanted === undefined || process === "" || (task.holds === undefined && task.granted === undefined)) return [];
    if (isTerminal(task)) return input.skipped?.has(process) === true ? giveBackSteps(launch, task) : [];
    return stepsOfProcess(launch, task, wanted, input);
  });
}
