// Messages of agents: status updates, framework messages, ends of executors. Facts: recordings task-failures and
// scheduler-lifecycle.
import { isTerminalTaskState, type TaskState, type TaskStatus, taskStates } from "@cke/mesos";
import type { AgentMessage } from "../../link/index.ts";
import type { MasterState } from "../state/master-state.ts";
import { type AgentRecord, type FrameworkRecord, holderOf, type TaskRecord } from "../state/records.ts";
import { drainedStatus } from "./draining.ts";

type MessageOf<Type extends AgentMessage["type"]> = Extract<AgentMessage, { readonly type: Type }>;

/** Forwards an update to its framework and keeps the books; the same update may come many times. */
export function statusUpdate(state: MasterState, agent: AgentRecord, message: MessageOf<"STATUS_UPDATE">): void {
  const framework = state.frameworks.get(message.framework_id.value);
  if (framework === undefined) return;
  const status = drainedStatus(state, agent.id, message.status);
  state.sendUpdate(framework, status);
  const task = framework.tasks.get(status.task_id.value);
  if (task === undefined || task.agentId !== agent.id) return;
  const news = task.statuses.at(-1)?.state !== status.state || /_CHECK_STATUS_UPDATED$/.test(status.reason ?? "");
  remember(task, status);
  if (status.uuid !== undefined) task.unacknowledged = status;
  task.forwarded = { state: status.state, ...(status.uuid === undefined ? {} : { uuid: status.uuid }) };
  setState(agent, task, taskStates.find((name) => name === message.latest_state) ?? status.state);
  if (news) state.announce({ type: "TASK_UPDATED", task, status });
}

/** Keeps the latest status of every stretch of one state. */
function remember(task: TaskRecord, status: TaskStatus): void {
  if (task.statuses.some(({ uuid }) => uuid !== undefined && uuid === status.uuid)) return;
  const last = task.statuses.at(-1);
  const kept = last?.state === status.state ? task.statuses.slice(0, -1) : task.statuses;
  task.statuses = [...kept, withoutData(status)].slice(-20);
}

/** Statuses are kept without their payload: it is the framework's business and may be large. */
function withoutData<T extends { readonly data?: string }>({ data: _, ...status }: T): Omit<T, "data"> {
  return status;
}

/** A task never leaves a terminal state; when it reaches one, what it held is free. */
export function setState(agent: AgentRecord, task: TaskRecord, next: TaskState): void {
  if (isTerminalTaskState(task.state)) return;
  task.state = next;
  if (isTerminalTaskState(next)) agent.ledger.release(holderOf.task(task.frameworkId, task.info.task_id.value));
}

export function executorMessage(state: MasterState, agent: AgentRecord, message: MessageOf<"FRAMEWORK_MESSAGE">): void {
  const framework = state.frameworks.get(message.framework_id.value);
  if (framework === undefined) return;
  const { executor_id, data } = message;
  state.send(framework, { type: "MESSAGE", message: { agent_id: { value: agent.id }, executor_id, data } });
}

export function executorExited(state: MasterState, agent: AgentRecord, message: MessageOf<"EXECUTOR_EXITED">): void {
  const framework = state.frameworks.get(message.framework_id.value);
  if (framework === undefined || !forgetExecutor(agent, framework, message.executor_id.value)) return;
  const { executor_id, status } = message;
  state.send(framework, {
    type: "FAILURE",
    failure: { agent_id: { value: agent.id }, executor_id, ...(status === undefined ? {} : { status }) },
  });
}

/** Removes an executor and frees what it held; false when it was not known. */
export function forgetExecutor(agent: AgentRecord, framework: FrameworkRecord, executorId: string): boolean {
  const executors = agent.executors.get(framework.id);
  const executor = executors?.get(executorId);
  if (executors === undefined || executor === undefined) return false;
  executors.delete(executorId);
  if (executors.size === 0) agent.executors.delete(framework.id);
  agent.ledger.release(holderOf.executor(framework.id, executorId));
  framework.completedExecutors.push(executor);
  return true;
}
