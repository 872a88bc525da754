// LAUNCH and LAUNCH_GROUP: validation, the ledger, and the message to the agent. A task group is launched whole or not at
// all. Facts: recordings scheduler-lifecycle, task-failures, operations.
import type { ExecutorInfo, Operation, TaskInfo, TaskState, TaskStatusReason } from "@cke/mesos";
import { addBags, type Bag, containsBag, sumBags } from "../../resources/bag.ts";
import { bagText } from "../../resources/format.ts";
import { messageText } from "../../wire/index.ts";
import { incoming } from "../offers/offers.ts";
import { type ExecutorRecord, holderOf, type TaskRecord } from "../state/records.ts";
import { lostState, masterStatus } from "../tasks/master-status.ts";
import {
  executorInfoProblem,
  groupExecutorAmountProblem,
  groupExecutorTypeProblem,
  within,
} from "../validation/executor-validation.ts";
import {
  duplicateVolume,
  impossibleResources,
  mixedRevocable,
  overlaps,
  overlapWords,
} from "../validation/resource-validation.ts";
import { taskProblem } from "../validation/task-validation.ts";
import type { Acceptance } from "./acceptance.ts";
import { consume } from "./acceptance.ts";

/** LAUNCH: impossible resources of one task make all tasks of the call invalid; any other fault only its own task. */
export function launchTasks(acceptance: Acceptance, tasks: readonly TaskInfo[]): void {
  const problem = tasks.map(impossibleOf).find((words) => words !== undefined);
  for (const task of tasks) {
    if (problem === undefined) launch(acceptance, task);
    else report(acceptance, task, "TASK_ERROR", problem, "REASON_TASK_INVALID");
  }
}

const impossibleOf = ({ resources, executor }: TaskInfo) =>
  impossibleResources(resources) ?? impossibleResources(executor?.resources);

/** Launches one task, or reports why not. */
function launch(acceptance: Acceptance, task: TaskInfo): void {
  const { state, framework, agent } = acceptance;
  const executor = task.executor === undefined ? undefined : describe(acceptance, task.executor);
  const running = executor === undefined ? undefined : runningExecutor(acceptance, executor);
  const taskResources = incoming(task.resources, acceptance.role);
  const executorResources = executor === undefined || running !== undefined ? [] : (executor.resources ?? []);
  const problem = taskProblem({
    task,
    frameworkId: framework.id,
    agentId: agent.id,
    available: acceptance.left,
    taskResources,
    executorResources,
    ...(running === undefined ? {} : { runningExecutor: running.info }),
    ...(executor === undefined ? {} : { describedExecutor: executor }),
    known: knownTask(acceptance),
    inGroup: false,
  });
  if (problem !== undefined) {
    report(acceptance, task, "TASK_ERROR", problem, "REASON_TASK_INVALID");
    return;
  }
  if (agent.stream === undefined) {
    const lost = lostState(framework, "TASK_DROPPED");
    report(acceptance, task, lost, "Agent disconnected", "REASON_AGENT_DISCONNECTED");
    return;
  }
  if (executor !== undefined && running === undefined) addExecutor(acceptance, executor);
  const info = addTask(acceptance, task, taskResources, executor);
  state.sendToAgent(agent.id, {
    type: "RUN_TASK",
    framework_id: { value: framework.id },
    framework_info: framework.info,
    ...(executor === undefined ? {} : { executor_info: executor }),
    task: info,
  });
}

/** Launches all tasks of a group under one executor, or reports for each why not. */
export function launchGroup(acceptance: Acceptance, group: NonNullable<Operation["launch_group"]>): void {
  const { state, framework, agent } = acceptance;
  const tasks = group.task_group.tasks ?? [];
  const executor = describe(acceptance, group.executor);
  const running = runningExecutor(acceptance, executor);
  const executorResources = running === undefined ? (executor.resources ?? []) : [];
  // Mesos fills it in for LAUNCH only.
  const nameless = group.executor.framework_id === undefined ? "'ExecutorInfo.framework_id' must be set" : undefined;
  const impossible = impossibleResources(group.executor.resources) ?? tasks.map(impossibleOf).find(Boolean);
  const problem = impossible ?? nameless ?? groupProblem(acceptance, tasks, executor, executorResources, running);
  const disconnected = agent.stream === undefined;
  if (problem !== undefined || disconnected) {
    const lost = lostState(framework, "TASK_DROPPED");
    for (const task of tasks) {
      if (problem === undefined) report(acceptance, task, lost, "Agent disconnected", "REASON_AGENT_DISCONNECTED");
      else report(acceptance, task, "TASK_ERROR", problem, "REASON_TASK_GROUP_INVALID");
    }
    return;
  }
  if (running === undefined) addExecutor(acceptance, executor);
  const infos = tasks.map((task) => addTask(acceptance, task, incoming(task.resources, acceptance.role), executor));
  state.sendToAgent(agent.id, {
    type: "RUN_TASK_GROUP",
    framework_id: { value: framework.id },
    framework_info: framework.info,
    executor_info: executor,
    tasks: infos,
  });
}

function groupProblem(
  acceptance: Acceptance,
  tasks: readonly TaskInfo[],
  executor: ExecutorInfo,
  executorResources: Bag,
  running: ExecutorRecord | undefined,
): string | undefined {
  const { framework, agent, left, role } = acceptance;
  if (tasks.length === 0) return "Task group cannot be empty";
  const known = knownTask(acceptance);
  const ids = tasks.map(({ task_id }) => task_id.value);
  const knownHere = (id: string) => known(id) ?? (ids.indexOf(id) === ids.lastIndexOf(id) ? undefined : "running");
  for (const task of tasks) {
    const problem = taskProblem({
      task,
      frameworkId: framework.id,
      agentId: agent.id,
      available: left,
      taskResources: incoming(task.resources, role),
      executorResources: [],
      known: knownHere,
      inGroup: true,
    });
    if (problem !== undefined) return `Task '${task.task_id.value}' is invalid: ${problem}`;
  }
  const facts = { frameworkId: framework.id, describedExecutor: executor };
  const problem = executorInfoProblem(
    running === undefined ? facts : { ...facts, runningExecutor: running.info },
    executor,
  );
  if (problem !== undefined) return problem;
  const other = tasks.find((task) => !isSameExecutor(acceptance, task, executor));
  const strange = other && strangerWords(other, executor);
  const unfit = groupExecutorTypeProblem(executor) ?? strange ?? groupExecutorAmountProblem(executor);
  if (unfit !== undefined) return unfit;
  const bags = tasks.map(({ resources }) => incoming(resources, role));
  const own = incoming(executor.resources, role);
  const together =
    within("Task group and executor use duplicate persistence ID", duplicateVolume([...bags.flat(), ...own])) ??
    within(
      "Task group and executor mix revocable and non-revocable resources",
      mixedRevocable([...bags.flat(), ...own]),
    );
  if (together !== undefined) return together;
  if (overlaps([...bags, own])) return overlapWords("task group's task", bags.flat(), own);
  const total = addBags(sumBags(tasks.map(({ resources }) => incoming(resources, role))), executorResources);
  return containsBag(left, total)
    ? undefined
    : `Total resources ${bagText(total)} required by task group and its executor are more than available ${bagText(left)}`;
}

const strangerWords = ({ task_id }: TaskInfo, { executor_id }: ExecutorInfo) =>
  `The \`ExecutorInfo\` of task '${task_id.value}' is different from executor '${executor_id.value}'`;

/** A task of a group names the group's executor, or none. */
const isSameExecutor = (acceptance: Acceptance, task: TaskInfo, executor: ExecutorInfo) =>
  task.executor === undefined ||
  messageText("ExecutorInfo", describe(acceptance, task.executor)) === messageText("ExecutorInfo", executor);

const knownTask =
  ({ framework }: Acceptance) =>
  (id: string) =>
    framework.tasks.has(id) ? "running" : framework.unreachableTasks.has(id) ? "unreachable" : undefined;

/** The executor as agents get it: allocated resources and the framework's id filled in. */
function describe({ framework, role }: Acceptance, executor: ExecutorInfo): ExecutorInfo {
  return {
    ...executor,
    framework_id: executor.framework_id ?? { value: framework.id },
    resources: incoming(executor.resources, role),
  };
}

const runningExecutor = ({ framework, agent }: Acceptance, { executor_id }: ExecutorInfo) =>
  agent.executors.get(framework.id)?.get(executor_id.value);

function addExecutor(acceptance: Acceptance, info: ExecutorInfo): void {
  const { framework, agent } = acceptance;
  const resources = info.resources ?? [];
  const id = info.executor_id.value;
  consume(acceptance, resources);
  agent.ledger.take(holderOf.executor(framework.id, id), resources);
  const executors = agent.executors.get(framework.id) ?? new Map<string, ExecutorRecord>();
  agent.executors.set(framework.id, executors);
  executors.set(id, { frameworkId: framework.id, agentId: agent.id, info, resources });
}

function addTask(acceptance: Acceptance, task: TaskInfo, resources: Bag, executor: ExecutorInfo | undefined): TaskInfo {
  const { state, framework, agent } = acceptance;
  const info: TaskInfo = {
    ...task,
    resources,
    ...(task.executor === undefined || executor === undefined ? {} : { executor }),
  };
  const record: TaskRecord = {
    frameworkId: framework.id,
    agentId: agent.id,
    ...(executor === undefined ? {} : { executorId: executor.executor_id.value }),
    info,
    resources,
    state: "TASK_STAGING",
    statuses: [],
  };
  consume(acceptance, resources);
  agent.ledger.take(holderOf.task(framework.id, task.task_id.value), resources);
  framework.tasks.set(task.task_id.value, record);
  state.publish({ type: "TASK_ADDED", task: record });
  return info;
}

function report(
  { state, framework }: Acceptance,
  task: TaskInfo,
  taskState: TaskState,
  message: string,
  reason: TaskStatusReason,
): void {
  const { task_id, agent_id } = task;
  state.sendUpdate(framework, masterStatus(state, { task_id, state: taskState, message, reason, agent_id }));
}
