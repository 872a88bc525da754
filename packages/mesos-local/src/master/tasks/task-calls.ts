// Calls about running tasks: KILL, ACKNOWLEDGE, RECONCILE, MESSAGE, SHUTDOWN. Facts: recordings scheduler-lifecycle,
// plain-framework, agent-lost, master-restart.
import { isTerminalTaskState, type SchedulerCallOf, type TaskID, type TaskStatus } from "@cke/mesos";
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord } from "../state/records.ts";
import { latestStatus, lostState, masterStatus, reportedState } from "./master-status.ts";
import { completeTask } from "./task-completion.ts";

export function killTask(state: MasterState, framework: FrameworkRecord, { kill }: SchedulerCallOf<"KILL">): void {
  const task = framework.tasks.get(kill.task_id.value);
  if (task === undefined) {
    const status = reconcileTask(state, framework, kill.task_id, kill.agent_id?.value);
    if (status !== undefined) state.sendUpdate(framework, status);
    return;
  }
  if (kill.agent_id !== undefined && kill.agent_id.value !== task.agentId) return;
  task.killWanted = true;
  state.sendToAgent(task.agentId, {
    type: "KILL_TASK",
    framework_id: { value: framework.id },
    task_id: kill.task_id,
    ...(kill.kill_policy === undefined ? {} : { kill_policy: kill.kill_policy }),
  });
}

export function acknowledge(
  state: MasterState,
  framework: FrameworkRecord,
  { acknowledge: { agent_id, task_id, uuid } }: SchedulerCallOf<"ACKNOWLEDGE">,
): void {
  if (!state.agents.has(agent_id.value)) return;
  const task = framework.tasks.get(task_id.value);
  const forwarded = task?.forwarded;
  if (task?.unacknowledged?.uuid === uuid) delete task?.unacknowledged;
  if (task !== undefined && forwarded?.uuid === uuid && isTerminalTaskState(forwarded.state)) {
    completeTask(state, framework, task);
  }
  state.sendToAgent(agent_id.value, {
    type: "STATUS_ACKNOWLEDGE",
    framework_id: { value: framework.id },
    task_id,
    uuid,
  });
}

/** Without tasks: implicit, everything the master knows. Else one answer per task that can be answered. */
export function reconcile(state: MasterState, framework: FrameworkRecord, call: SchedulerCallOf<"RECONCILE">): void {
  const { tasks = [] } = call.reconcile;
  const statuses =
    tasks.length === 0
      ? [...framework.tasks.values()].map((task) => reconcileTask(state, framework, task.info.task_id, task.agentId))
      : tasks.map(({ task_id, agent_id }) => reconcileTask(state, framework, task_id, agent_id?.value));
  for (const status of statuses) if (status !== undefined) state.sendUpdate(framework, status);
}

/** What the master knows of one task; undefined while a restarted master still waits for the task's agent. */
function reconcileTask(
  state: MasterState,
  framework: FrameworkRecord,
  task_id: TaskID,
  agentId: string | undefined,
): TaskStatus | undefined {
  const reason = "REASON_RECONCILIATION" as const;
  const task = framework.tasks.get(task_id.value);
  if (task !== undefined) {
    return latestStatus(state, task, {
      state: reportedState(task),
      message: "Reconciliation: Latest task state",
      reason,
    });
  }
  const at = agentId === undefined ? {} : { agent_id: { value: agentId } };
  const answer = (
    status: Pick<TaskStatus, "state"> & { message: string; unreachable_time?: { nanoseconds: bigint } },
  ) => masterStatus(state, { task_id, reason, ...at, ...status });
  if (agentId === undefined ? state.recoveredAgents.size > 0 : state.recoveredAgents.has(agentId)) return undefined;
  if (agentId !== undefined && state.agents.has(agentId)) {
    const message = "Reconciliation: Task is unknown to the agent";
    return answer({ state: lostState(framework, "TASK_GONE"), message });
  }
  const unreachable = framework.unreachableTasks.get(task_id.value);
  const since = unreachable?.unreachableTime ?? (agentId === undefined ? undefined : state.unreachable.get(agentId));
  if (since !== undefined) {
    const message = "Reconciliation: Task is unreachable";
    return answer({
      state: lostState(framework, "TASK_UNREACHABLE"),
      message,
      unreachable_time: { nanoseconds: since },
      ...(unreachable === undefined ? {} : { agent_id: { value: unreachable.agentId } }),
    });
  }
  if (agentId !== undefined && state.goneAgents.has(agentId)) {
    const message = "Reconciliation: Task is gone";
    return answer({ state: lostState(framework, "TASK_GONE_BY_OPERATOR"), message });
  }
  return answer({ state: lostState(framework, "TASK_UNKNOWN"), message: "Reconciliation: Task is unknown" });
}

/** MESSAGE to an executor. As in Mesos, a message to an unknown executor is dropped without an error. */
export function sendMessage(state: MasterState, framework: FrameworkRecord, call: SchedulerCallOf<"MESSAGE">): void {
  const { agent_id, executor_id, data } = call.message;
  state.sendToAgent(agent_id.value, {
    type: "FRAMEWORK_MESSAGE",
    framework_id: { value: framework.id },
    executor_id,
    data,
  });
}

export function shutdownExecutor(
  state: MasterState,
  framework: FrameworkRecord,
  { shutdown: { agent_id, executor_id } }: SchedulerCallOf<"SHUTDOWN">,
): void {
  const agent = state.agents.get(agent_id.value);
  if (agent?.executors.get(framework.id)?.has(executor_id.value) !== true) return;
  state.sendToAgent(agent.id, { type: "SHUTDOWN_EXECUTOR", framework_id: { value: framework.id }, executor_id });
}
