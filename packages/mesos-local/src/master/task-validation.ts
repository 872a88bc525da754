// Is a task fit to be launched? The checks of Mesos in its order, in its words. Facts: recording task-failures.
import { type ExecutorInfo, Resources, type TaskInfo } from "@cke/mesos";
import { addBags, type Bag, containsBag } from "../resources/bag.ts";
import { bagText } from "../resources/format.ts";
import { messageText } from "../wire/index.ts";
import { commandProblem, overlaps, overlapWords, valueProblem } from "./resource-validation.ts";

export interface TaskFacts {
  readonly task: TaskInfo;
  readonly frameworkId: string;
  readonly agentId: string;
  /** What the accepted offers have left, allocated. */
  readonly available: Bag;
  readonly taskResources: Bag;
  /** Of the task's executor, allocated; empty when the executor runs already. */
  readonly executorResources: Bag;
  /** The executor of that id on that agent, as it was launched, and as this task describes it. */
  readonly runningExecutor?: ExecutorInfo;
  readonly describedExecutor?: ExecutorInfo;
  /** Which of the framework's tasks has that id already. */
  readonly known: (taskId: string) => "running" | "unreachable" | undefined;
  /** In a task group the executor is the group's. */
  readonly inGroup: boolean;
}

/** Why a task is refused, or undefined. */
export function taskProblem(facts: TaskFacts): string | undefined {
  const { task, agentId, taskResources } = facts;
  const id = task.task_id.value;
  return (
    idProblem(id) ??
    knownProblem(id, facts.known(id)) ??
    (task.agent_id.value === agentId
      ? undefined
      : `Task uses invalid agent ${task.agent_id.value} while agent ${agentId} is expected`) ??
    killPolicyProblem(task) ??
    ((task.resources ?? []).length === 0 ? "Task uses no resources" : undefined) ??
    within("Task uses invalid resources", valueProblem(task.resources)) ??
    (taskResources.length === 0 ? "Task uses no resources" : undefined) ??
    within("Task's `CommandInfo` is invalid", commandProblem(task.command)) ??
    volumesProblem(taskResources) ??
    executorProblem(facts) ??
    amountProblem(facts)
  );
}

const within = (words: string, problem: string | undefined) =>
  problem === undefined ? undefined : `${words}: ${problem}`;

function knownProblem(id: string, known: ReturnType<TaskFacts["known"]>): string | undefined {
  if (known === undefined) return undefined;
  return known === "running" ? `Task has duplicate ID: ${id}` : `Task reuses the ID of an unreachable task: ${id}`;
}

const killPolicyProblem = ({ kill_policy }: TaskInfo) =>
  Number(kill_policy?.grace_period?.nanoseconds ?? 0) < 0
    ? "Task's 'kill_policy.grace_period' must be non-negative"
    : undefined;

/** Ids become names of directories. */
export function idProblem(id: string): string | undefined {
  if (id === "") return "ID must not be empty";
  if (id === "." || id === "..") return `'${id}' is disallowed`;
  if (id.length > 255) return "ID must not be greater than 255 characters";
  return [...id].some((char) => char === "/" || char === "\\" || char < " " || char === "\x7f")
    ? `'${id}' contains invalid characters`
    : undefined;
}

function volumesProblem(resources: Bag): string | undefined {
  const seen = new Set<string>();
  for (const { disk } of resources) {
    const id = disk?.persistence?.id;
    if (id !== undefined && seen.has(id)) return `Task uses duplicate persistence ID ${id}`;
    if (id !== undefined) seen.add(id);
  }
  return undefined;
}

function executorProblem(facts: TaskFacts): string | undefined {
  const { task, inGroup } = facts;
  if (inGroup) return undefined;
  if ((task.executor === undefined) === (task.command === undefined)) {
    return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present";
  }
  if (task.executor === undefined) return undefined;
  if (task.executor.type !== undefined && task.executor.type !== "CUSTOM")
    return "'ExecutorInfo.type' must be 'CUSTOM'";
  return executorInfoProblem(facts, task.executor);
}

/** Checks shared by executors of tasks and of task groups. */
export function executorInfoProblem(
  facts: Pick<TaskFacts, "frameworkId" | "runningExecutor" | "describedExecutor">,
  executor: ExecutorInfo,
): string | undefined {
  const id = idProblem(executor.executor_id.value);
  if (id !== undefined) return id;
  if (executor.type === "DEFAULT" && executor.command !== undefined) {
    return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor";
  }
  if (executor.type !== "DEFAULT" && executor.command === undefined) {
    return "'ExecutorInfo.command' must be set for 'CUSTOM' executor";
  }
  const actual = executor.framework_id?.value;
  if (actual !== undefined && actual !== facts.frameworkId) {
    return `ExecutorInfo has an invalid FrameworkID (Actual: ${actual} vs Expected: ${facts.frameworkId})`;
  }
  if (Number(executor.shutdown_grace_period?.nanoseconds ?? 0) < 0) {
    return "ExecutorInfo's 'shutdown_grace_period' must be non-negative";
  }
  const invalid =
    within("Executor uses invalid resources", valueProblem(executor.resources)) ??
    within("Executor's `CommandInfo` is invalid", commandProblem(executor.command));
  if (invalid !== undefined) return invalid;
  const { runningExecutor: running, describedExecutor: described = executor } = facts;
  if (running === undefined) return undefined;
  const [before, now] = [messageText("ExecutorInfo", running), messageText("ExecutorInfo", described)];
  if (before === now) return undefined;
  const rule = "-".repeat(60);
  return `ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n${rule}\nExisting ExecutorInfo:\n${before}\n${rule}\nExecutorInfo:\n${now}\n${rule}\n`;
}

const groupMinimum = { cpus: 0.01, mem: 32 } as const;

/** What Mesos asks of a task group's executor alone: a type, some cpus and memory, and disk (src/master/validation.cpp). */
export function groupExecutorProblem({ type, executor_id, resources = [] }: ExecutorInfo): string | undefined {
  if (type === undefined) return "'ExecutorInfo.type' must be set";
  const total = (name: string) =>
    resources.some((resource) => resource.name === name) ? Resources.scalarOf(resources, name) : undefined;
  const [cpus, mem, disk] = [total("cpus"), total("mem"), total("disk")];
  const of = `Executor '${executor_id.value}' uses`;
  if (cpus === undefined || cpus < groupMinimum.cpus)
    return `${of} less CPUs (${cpus ?? "None"}) than the minimum required (${groupMinimum.cpus})`;
  if (mem === undefined || mem < groupMinimum.mem)
    return `${of} less memory (${mem === undefined ? "None" : `${mem}MB`}) than the minimum required (${groupMinimum.mem}MB)`;
  return disk === undefined ? `${of} no disk` : undefined;
}

function amountProblem({ available, taskResources, executorResources, inGroup }: TaskFacts): string | undefined {
  if (inGroup) return undefined;
  if (overlaps([taskResources, executorResources])) return overlapWords("task", taskResources, executorResources);
  const total = addBags(taskResources, executorResources);
  if (containsBag(available, total)) return undefined;
  return `Total resources ${bagText(total)} required by task and its executor is more than available ${bagText(available)}`;
}
