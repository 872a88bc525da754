// How the master loses an agent: the link breaks, the agent is unreachable, or it is gone for good. What ran on it gets the
// status that Mesos gives in that case. Facts: recordings agent-restart, agent-lost, executor-edge.
import { isTerminalTaskState, type TaskState, type TaskStatusReason } from "@cke/mesos";
import { rescindOffersOf } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import { limits } from "../state/options.ts";
import { type AgentRecord, type FrameworkRecord, type TaskRecord, tasksOn } from "../state/records.ts";
import { masterStatus } from "../tasks/master-status.ts";
import { completeTask, removeExecutor } from "../tasks/task-completion.ts";

interface Ending {
  /** New state for frameworks with and without PARTITION_AWARE. */
  readonly aware: TaskState;
  readonly unaware: TaskState;
  readonly message: string;
  readonly reason: TaskStatusReason;
  readonly unreachableTime?: bigint;
}

/** The link broke: offers are rescinded; tasks of frameworks without checkpointing are lost at once. */
export function disconnectAgent(state: MasterState, agent: AgentRecord, streamId: string): void {
  if (agent.stream?.id !== streamId) return;
  delete agent.stream;
  rescindOffersOf(state, agent);
  for (const framework of state.frameworks.values()) {
    if (framework.info.checkpoint === true) continue;
    const message = `Agent ${agent.hostname} disconnected`;
    const ending: Ending = { aware: "TASK_LOST", unaware: "TASK_LOST", message, reason: "REASON_AGENT_DISCONNECTED" };
    for (const task of tasksOn(framework, agent.id)) endTask(state, framework, task, ending);
    for (const executorId of [...(agent.executors.get(framework.id)?.keys() ?? [])]) {
      removeExecutor(agent, framework, executorId);
    }
  }
}

/** Too many pings without an answer: the agent's tasks are unreachable until it registers again. */
export function markUnreachable(state: MasterState, agent: AgentRecord): void {
  const unreachableTime = state.nanoseconds();
  state.unreachable.set(agent.id, unreachableTime);
  removeAgent(state, agent, {
    aware: "TASK_UNREACHABLE",
    unaware: "TASK_LOST",
    message: "health check timed out",
    reason: "REASON_AGENT_REMOVED",
    unreachableTime,
  });
}

/**
 * The agent will not come back under this id. No operator has marked it gone, so that asked for a task there the master does not say
 * so (Master::removeSlave in src/master/master.cpp adds to `slaves.removed` only).
 */
export function markRemoved(state: MasterState, agent: AgentRecord, why: string): void {
  state.removedAgents.add(agent.id);
  const message = `Agent ${agent.hostname} removed: ${why}`;
  removeAgent(state, agent, { aware: "TASK_GONE", unaware: "TASK_LOST", message, reason: "REASON_AGENT_REMOVED" });
}

/** An operator has marked the agent gone: it and what ran on it do not come back. */
export function markGoneByOperator(state: MasterState, agent: AgentRecord): void {
  state.goneAgents.add(agent.id);
  const message = `Agent ${agent.hostname} marked gone by an operator`;
  agent.stream?.send({ type: "SHUTDOWN", message });
  removeAgent(state, agent, {
    aware: "TASK_GONE_BY_OPERATOR",
    unaware: "TASK_LOST",
    message,
    reason: "REASON_AGENT_REMOVED_BY_OPERATOR",
  });
}

/** The agent shuts down with everything that runs on it. It may register again later, as a new agent. */
export function shutdownAgent(state: MasterState, agent: AgentRecord, message: string): void {
  agent.stream?.send({ type: "SHUTDOWN", message });
  removeAgent(state, agent, { aware: "TASK_GONE", unaware: "TASK_LOST", message, reason: "REASON_AGENT_REMOVED" });
}

function removeAgent(state: MasterState, agent: AgentRecord, ending: Ending): void {
  rescindOffersOf(state, agent);
  const stream = agent.stream;
  delete agent.stream;
  for (const framework of state.frameworks.values()) {
    for (const task of tasksOn(framework, agent.id)) endTask(state, framework, task, ending);
  }
  state.agents.delete(agent.id);
  state.count("slave_removals");
  state.publish({ type: "AGENT_REMOVED", agentId: agent.id });
  for (const framework of state.frameworks.values()) {
    framework.filters.forgetAgent(agent.id);
    framework.inverseFilters.delete(agent.id);
    for (const [id, agentId] of [...framework.inverseOffers])
      if (agentId === agent.id) framework.inverseOffers.delete(id);
    state.send(framework, { type: "FAILURE", failure: { agent_id: { value: agent.id } } });
  }
  state.services.saveRegistry();
  stream?.end();
}

/** The master itself ends a task. An unreachable task is kept apart from the completed ones, for it may come back. */
function endTask(state: MasterState, framework: FrameworkRecord, task: TaskRecord, ending: Ending): void {
  const wasTerminal = isTerminalTaskState(task.state);
  const aware = framework.capabilities.has("PARTITION_AWARE");
  if (!wasTerminal) task.state = aware ? ending.aware : ending.unaware;
  completeTask(state, framework, task);
  if (wasTerminal) return;
  if (task.state === "TASK_UNREACHABLE") {
    framework.completedTasks.remove(task);
    if (ending.unreachableTime !== undefined) task.unreachableTime = ending.unreachableTime;
    framework.unreachableTasks.set(task.info.task_id.value, task);
    const oldest = framework.unreachableTasks.keys().next().value;
    if (framework.unreachableTasks.size > limits.unreachableTasks && oldest !== undefined) {
      framework.unreachableTasks.delete(oldest);
    }
  }
  const status = masterStatus(state, {
    task_id: task.info.task_id,
    state: task.state,
    message: ending.message,
    reason: ending.reason,
    agent_id: { value: task.agentId },
    ...(task.executorId === undefined ? {} : { executor_id: { value: task.executorId } }),
    ...(ending.unreachableTime === undefined ? {} : { unreachable_time: { nanoseconds: ending.unreachableTime } }),
  });
  state.publish({ type: "TASK_UPDATED", task, status });
  state.sendUpdate(framework, status);
}

/** A task that the agent does not know (any more): it was never started, or it is gone. */
export function endUnknownTask(state: MasterState, framework: FrameworkRecord, task: TaskRecord): void {
  endTask(state, framework, task, {
    aware: task.state === "TASK_STAGING" ? "TASK_DROPPED" : "TASK_GONE",
    unaware: "TASK_LOST",
    message: "Reconciliation: Task is unknown to the agent",
    reason: "REASON_RECONCILIATION",
  });
}
