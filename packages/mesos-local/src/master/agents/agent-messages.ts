// Messages of agents: status updates, framework messages, ends of executors. Facts: recordings task-failures and
// scheduler-lifecycle.
import { type TaskStatus, taskStates } from "@cke/mesos";
import type { AgentMessage } from "../../link/index.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord, TaskRecord } from "../state/records.ts";
import { removeExecutor, setTaskState } from "../tasks/task-completion.ts";
import { markRemoved } from "./agent-removal.ts";
import { drainedStatus } from "./draining.ts";

type MessageOf<Type extends AgentMessage["type"]> = Extract<AgentMessage, { readonly type: Type }>;

/** Forwards an update to its framework and updates the task's record. The same update may come many times. */
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
  setTaskState(agent, task, taskStates.find((name) => name === message.latest_state) ?? status.state);
  if (news) state.publish({ type: "TASK_UPDATED", task, status });
}

/** Keeps one status for each state that the task went through: the latest. */
function remember(task: TaskRecord, status: TaskStatus): void {
  if (task.statuses.some(({ uuid }) => uuid !== undefined && uuid === status.uuid)) return;
  const last = task.statuses.at(-1);
  const kept = last?.state === status.state ? task.statuses.slice(0, -1) : task.statuses;
  task.statuses = [...kept, withoutData(status)].slice(-20);
}

/** Statuses are kept without their data: only the framework reads it, and it may be large. */
function withoutData<T extends { readonly data?: string }>({ data: _, ...status }: T): Omit<T, "data"> {
  return status;
}

export function executorMessage(state: MasterState, agent: AgentRecord, message: MessageOf<"FRAMEWORK_MESSAGE">): void {
  const framework = state.frameworks.get(message.framework_id.value);
  if (framework === undefined) return;
  const { executor_id, data } = message;
  state.send(framework, { type: "MESSAGE", message: { agent_id: { value: agent.id }, executor_id, data } });
}

export function executorExited(state: MasterState, agent: AgentRecord, message: MessageOf<"EXECUTOR_EXITED">): void {
  const framework = state.frameworks.get(message.framework_id.value);
  if (framework === undefined || !removeExecutor(agent, framework, message.executor_id.value)) return;
  const { executor_id, status } = message;
  state.send(framework, {
    type: "FAILURE",
    failure: { agent_id: { value: agent.id }, executor_id, ...(status === undefined ? {} : { status }) },
  });
}

/** Handles one message of a registered agent. Any message shows that the agent is alive. */
export function handleAgentMessage(state: MasterState, agent: AgentRecord, message: AgentMessage): void {
  agent.missedPings = 0;
  switch (message.type) {
    case "STATUS_UPDATE":
      statusUpdate(state, agent, message);
      break;
    case "FRAMEWORK_MESSAGE":
      executorMessage(state, agent, message);
      break;
    case "EXECUTOR_EXITED":
      executorExited(state, agent, message);
      break;
    case "UNREGISTER":
      markRemoved(state, agent, "the agent unregistered");
      break;
    case "PONG":
      break;
  }
}
