// The end of a framework: its connection breaks, its failover timeout passes, or it is torn down. A removed framework never
// comes back under its id.
import { isTerminalTaskState } from "@cke/mesos";
import { forgetInverseOffers } from "../offers/inverse-offers.ts";
import { removeOffer } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import { limits } from "../state/options.ts";
import type { FrameworkRecord } from "../state/records.ts";
import { masterStatus } from "../tasks/master-status.ts";
import { completeTask, removeExecutor } from "../tasks/task-completion.ts";

/** The connection of a stream is gone: offers are taken back, and the failover timeout begins. */
export function disconnectFramework(state: MasterState, framework: FrameworkRecord, streamId: string): void {
  if (framework.stream?.id !== streamId) return;
  delete framework.stream;
  framework.cancelHeartbeat?.();
  framework.filters.clear();
  forgetInverseOffers(framework);
  for (const offer of [...framework.offers.values()]) removeOffer(state, framework, offer);
  const timeoutMs = Math.max(0, framework.info.failover_timeout ?? 0) * 1000;
  framework.cancelFailover = state.after(timeoutMs, () => {
    state.services.logger.info("the framework did not come back within its failover timeout", {
      framework: framework.id,
    });
    removeFramework(state, framework);
  });
  state.allocateSoon();
}

/** The end of a framework: its executors are shut down everywhere, its id must not come back. */
export function removeFramework(state: MasterState, framework: FrameworkRecord): void {
  framework.cancelFailover?.();
  framework.cancelHeartbeat?.();
  const stream = framework.stream;
  delete framework.stream;
  for (const offer of [...framework.offers.values()]) removeOffer(state, framework, offer);
  for (const task of [...framework.tasks.values()]) {
    const killed = masterStatus(state, {
      task_id: task.info.task_id,
      state: "TASK_KILLED",
      message: `Framework ${framework.id} removed`,
      reason: "REASON_FRAMEWORK_REMOVED",
      agent_id: { value: task.agentId },
    });
    const ended = isTerminalTaskState(task.state);
    task.statuses = [...task.statuses, killed];
    if (!ended) {
      task.state = "TASK_KILLED";
      state.publish({ type: "TASK_UPDATED", task, status: killed });
    }
    completeTask(state, framework, task);
  }
  for (const task of framework.unreachableTasks.values()) framework.completedTasks.push(task);
  framework.unreachableTasks.clear();
  for (const agent of state.agents.values()) {
    state.sendToAgent(agent.id, { type: "SHUTDOWN_FRAMEWORK", framework_id: { value: framework.id } });
    for (const executorId of [...(agent.executors.get(framework.id)?.keys() ?? [])]) {
      removeExecutor(agent, framework, executorId);
    }
  }
  framework.unregisteredMs = state.services.clock.now();
  state.maintenance.forgetFramework(framework.id);
  state.frameworks.delete(framework.id);
  state.removedFrameworks.add(framework.id);
  state.completedFrameworks = [...state.completedFrameworks, framework].slice(-limits.completedFrameworks);
  state.publish({ type: "FRAMEWORK_REMOVED", framework });
  state.services.saveRegistry();
  stream?.end();
  state.allocateSoon();
}
