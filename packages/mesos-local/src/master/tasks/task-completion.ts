// The end of what holds resources: a task that reaches a terminal state, a task that is completed, an executor that is
// gone. All of it gives its resources back to the agent's ledger here and nowhere else.
import { isTerminalTaskState, type TaskState } from "@cke/mesos";
import type { MasterState } from "../state/master-state.ts";
import { type AgentRecord, type FrameworkRecord, holderOf, type TaskRecord } from "../state/records.ts";

/** A task never leaves a terminal state; when it reaches one, what it held is free. */
export function setTaskState(agent: AgentRecord, task: TaskRecord, next: TaskState): void {
  if (isTerminalTaskState(task.state)) return;
  task.state = next;
  if (isTerminalTaskState(next)) agent.ledger.release(holderOf.task(task.frameworkId, task.info.task_id.value));
}

/** Moves a task to the completed ones; what it held is free. */
export function completeTask(state: MasterState, framework: FrameworkRecord, task: TaskRecord): void {
  const id = task.info.task_id.value;
  state.agents.get(task.agentId)?.ledger.release(holderOf.task(framework.id, id));
  framework.tasks.delete(id);
  framework.completedTasks.push(task);
}

/** Removes an executor and frees what it held; false when it was not known. */
export function removeExecutor(agent: AgentRecord, framework: FrameworkRecord, executorId: string): boolean {
  const executors = agent.executors.get(framework.id);
  const executor = executors?.get(executorId);
  if (executors === undefined || executor === undefined) return false;
  executors.delete(executorId);
  if (executors.size === 0) agent.executors.delete(framework.id);
  agent.ledger.release(holderOf.executor(framework.id, executorId));
  framework.completedExecutors.push(executor);
  return true;
}
