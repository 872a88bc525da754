// Validates the executor of a task or of a task group. Words and order: src/master/validation.cpp of
// Mesos 1.12; recording task-failures.
import { type ExecutorInfo, Resources } from "@cke/mesos";
import type { Bag } from "../../resources/bag.ts";
import { bagText } from "../../resources/format.ts";
import { messageText } from "../../wire/index.ts";
import { commandProblem } from "./command-validation.ts";
import { containerProblem, executorCgroupsProblem } from "./container-validation.ts";
import { idProblem } from "./id-validation.ts";
import { duplicateVolume, mixedRevocable, usedResourcesProblem } from "./resource-validation.ts";

export interface ExecutorFacts {
  readonly frameworkId: string;
  /** The executor of that id on that agent, as it was launched. */
  readonly runningExecutor?: ExecutorInfo;
  /** The executor as it would be launched: with its framework and its allocation filled in. */
  readonly describedExecutor?: ExecutorInfo;
}

export const within = (words: string, problem: string | undefined) =>
  problem === undefined ? undefined : `${words}: ${problem}`;

/** Checks shared by executors of tasks and of task groups. */
export function executorInfoProblem(facts: ExecutorFacts, executor: ExecutorInfo): string | undefined {
  const resources = facts.describedExecutor?.resources ?? executor.resources ?? [];
  return (
    typeProblem(executor) ??
    idProblem(executor.executor_id.value) ??
    (Number(executor.shutdown_grace_period?.nanoseconds ?? 0) < 0
      ? "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
      : undefined) ??
    within("Executor's `CommandInfo` is invalid", commandProblem(executor.command)) ??
    within("Executor's `ContainerInfo` is invalid", containerProblem(executor.container)) ??
    frameworkProblem(facts, executor) ??
    within("Executor uses invalid resources", usedResourcesProblem(resources)) ??
    within("Executor uses duplicate persistence ID", duplicateVolume(resources)) ??
    within("Invalid executor resources", allocationProblem(resources)) ??
    within("Executor mixes revocable and non-revocable resources", mixedRevocable(resources)) ??
    compatibleProblem(facts, executor)
  );
}

/** An executor without a type is from before there were types: it is not checked here. */
function typeProblem({ type, command, container }: ExecutorInfo): string | undefined {
  if (type === "CUSTOM" && command === undefined) return "'ExecutorInfo.command' must be set for 'CUSTOM' executor";
  if (type !== "DEFAULT") return undefined;
  if (command !== undefined) return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor";
  if (container === undefined) return undefined;
  if (container.type !== "MESOS") return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor";
  return container.mesos?.image === undefined
    ? undefined
    : "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor";
}

function frameworkProblem({ frameworkId }: ExecutorFacts, { framework_id }: ExecutorInfo): string | undefined {
  const actual = framework_id?.value;
  return actual === undefined || actual === frameworkId
    ? undefined
    : `ExecutorInfo has an invalid FrameworkID (Actual: ${actual} vs Expected: ${frameworkId})`;
}

/** Resources come from the offers of one role. */
export function allocationProblem(resources: Bag): string | undefined {
  const roles = [...new Set(resources.map(({ allocation_info }) => allocation_info?.role))];
  const [one, two] = roles;
  if (roles.length < 2) return undefined;
  return `The resources have multiple allocation roles ('${two}' and '${one}') but only one allocation role is allowed`;
}

function compatibleProblem(facts: ExecutorFacts, executor: ExecutorInfo): string | undefined {
  const { runningExecutor: running, describedExecutor: described = executor } = facts;
  if (running === undefined) return undefined;
  const [before, now] = [messageText("ExecutorInfo", running), messageText("ExecutorInfo", described)];
  if (before === now) return undefined;
  const rule = "-".repeat(60);
  return `ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n${rule}\nExisting ExecutorInfo:\n${before}\n${rule}\nExecutorInfo:\n${now}\n${rule}\n`;
}

/** What is required of the executor of a single task. */
export function ownExecutorProblem(facts: ExecutorFacts, executor: ExecutorInfo): string | undefined {
  const general = executorInfoProblem(facts, executor);
  if (general !== undefined) return general;
  if (executor.type !== undefined && executor.type !== "CUSTOM") return "'ExecutorInfo.type' must be 'CUSTOM'";
  if (executor.command === undefined) return "'ExecutorInfo.command' must be set";
  const { resources = [] } = facts.describedExecutor ?? executor;
  if (resources.some(({ shared }) => shared !== undefined))
    return `Executor resources ${bagText(resources)} should not contain any shared resources`;
  return executorCgroupsProblem(executor.container);
}

const groupMinimum = { cpus: 0.01, mem: 32 } as const;

/** What is required of a task group's executor before its tasks are checked. */
export function groupExecutorTypeProblem({ type, container }: ExecutorInfo): string | undefined {
  if (type === undefined) return "'ExecutorInfo.type' must be set";
  if (type === "UNKNOWN") return "Unknown executor type";
  return container?.type === "DOCKER" ? "Docker ContainerInfo is not supported on the executor" : undefined;
}

/** Some cpus and memory, and disk. */
export function groupExecutorAmountProblem({ executor_id, resources = [] }: ExecutorInfo): string | undefined {
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
