// Is a task fit to be launched? The checks of Mesos in its order, in its words: src/master/validation.cpp of Mesos 1.12;
// recording task-failures.
import { Resources, type TaskInfo } from "@cke/mesos";
import { addBags, type Bag, containsBag } from "../../resources/bag.ts";
import { bagText } from "../../resources/format.ts";
import { checkProblem, healthCheckProblem } from "./check-validation.ts";
import { commandProblem } from "./command-validation.ts";
import { containerProblem, taskCgroupsProblem } from "./container-validation.ts";
import { allocationProblem, type ExecutorFacts, ownExecutorProblem, within } from "./executor-validation.ts";
import { idProblem } from "./id-validation.ts";
import {
  duplicateVolume,
  mixedRevocable,
  overlaps,
  overlapWords,
  usedResourcesProblem,
} from "./resource-validation.ts";

interface TaskFacts extends ExecutorFacts {
  readonly task: TaskInfo;
  readonly agentId: string;
  /** What the accepted offers have left, allocated. */
  readonly available: Bag;
  readonly taskResources: Bag;
  /** Of the task's executor, allocated; empty when the executor runs already. */
  readonly executorResources: Bag;
  /** Which of the framework's tasks has that id already. */
  readonly known: (taskId: string) => "running" | "unreachable" | undefined;
  /** In a task group the executor is the group's. */
  readonly inGroup: boolean;
}

/** Why a task is refused, or undefined. */
export function taskProblem(facts: TaskFacts): string | undefined {
  const { task, agentId, taskResources, inGroup } = facts;
  const id = task.task_id.value;
  const own =
    idProblem(id) ??
    knownProblem(id, facts.known(id)) ??
    (task.agent_id.value === agentId
      ? undefined
      : `Task uses invalid agent ${task.agent_id.value} while agent ${agentId} is expected`) ??
    timesProblem(task) ??
    within("Task uses invalid check", checkProblem(task.check)) ??
    within("Task uses invalid health check", healthCheckProblem(task.health_check)) ??
    ((task.resources ?? []).length === 0 ? "Task uses no resources" : undefined) ??
    within("Task uses invalid resources", usedResourcesProblem(taskResources)) ??
    within("Task uses duplicate persistence ID", duplicateVolume(taskResources)) ??
    within("Invalid task resources", allocationProblem(taskResources)) ??
    within("Task mixes revocable and non-revocable resources", mixedRevocable(taskResources)) ??
    within("Task's `CommandInfo` is invalid", commandProblem(task.command)) ??
    within("Task's `ContainerInfo` is invalid", containerProblem(task.container)) ??
    limitsProblem(task, taskResources);
  if (own !== undefined) return own;
  return inGroup
    ? memberProblem(task)
    : (executorProblem(facts) ?? togetherProblem(facts) ?? taskCgroupsProblem(task.container));
}

function knownProblem(id: string, known: ReturnType<TaskFacts["known"]>): string | undefined {
  if (known === undefined) return undefined;
  return known === "running" ? `Task has duplicate ID: ${id}` : `Task reuses the ID of an unreachable task: ${id}`;
}

function timesProblem({ kill_policy, max_completion_time }: TaskInfo): string | undefined {
  if (Number(kill_policy?.grace_period?.nanoseconds ?? 0) < 0)
    return "Task's 'kill_policy.grace_period' must be non-negative";
  return Number(max_completion_time?.nanoseconds ?? 0) < 0
    ? "Task's `max_completion_time` must be non-negative"
    : undefined;
}

/** A limit is at least what is asked for; it may be infinite. */
function limitsProblem({ limits = {} }: TaskInfo, resources: Bag): string | undefined {
  const { cpus, mem, ...others } = limits;
  if (Object.keys(others).length > 0) return "Only cpus and mem may be included in a task's resource limits";
  const asked = (name: string) =>
    resources.some((resource) => resource.name === name) ? Resources.scalarOf(resources, name) : undefined;
  const [askedCpus, askedMem] = [asked("cpus"), asked("mem")];
  if (cpus !== undefined && askedCpus === undefined)
    return "When a CPU limit is specified, a CPU request must also be specified";
  if (cpus !== undefined && askedCpus !== undefined && cpus.value < askedCpus)
    return "The cpu limit must be greater than or equal to the cpu request";
  if (mem !== undefined && askedMem === undefined)
    return "When a memory limit is specified, a memory request must also be specified";
  if (mem !== undefined && askedMem !== undefined && Number.isFinite(mem.value) && mem.value < askedMem)
    return "The memory limit must be greater than or equal to the memory request";
  return undefined;
}

/** What is asked of a task of a group, which lives in a container within its executor's. */
function memberProblem({ container, health_check, limits = {} }: TaskInfo): string | undefined {
  const joins = (container?.network_infos ?? []).length > 0;
  if (joins && (health_check?.type === "HTTP" || health_check?.type === "TCP"))
    return "HTTP and TCP health checks are not supported for nested containers not joining parent's network";
  if (container?.type === "DOCKER") return "Docker ContainerInfo is not supported on the task";
  return Object.keys(limits).length > 0 && container?.linux_info?.share_cgroups !== false
    ? "Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'."
    : undefined;
}

function executorProblem(facts: TaskFacts): string | undefined {
  const { executor, command } = facts.task;
  if ((executor === undefined) === (command === undefined)) {
    return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present";
  }
  return executor === undefined ? undefined : ownExecutorProblem(facts, executor);
}

/** The task and its executor together. */
function togetherProblem({ available, taskResources, executorResources, describedExecutor }: TaskFacts) {
  const described = describedExecutor?.resources ?? [];
  if (overlaps([taskResources, executorResources])) return overlapWords("task", taskResources, executorResources);
  const both = addBags(taskResources, described);
  const problem =
    within("Task and its executor use invalid resources", usedResourcesProblem(both)) ??
    within("Task and its executor use duplicate persistence ID", duplicateVolume([...taskResources, ...described])) ??
    within("Task and its executor mix revocable and non-revocable resources", mixedRevocable(both));
  if (problem !== undefined) return problem;
  const total = addBags(taskResources, executorResources);
  if (containsBag(available, total)) return undefined;
  return `Total resources ${bagText(total)} required by task and its executor is more than available ${bagText(available)}`;
}
