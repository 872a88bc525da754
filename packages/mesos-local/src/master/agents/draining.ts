// Agents that an operator deactivates or drains. The tasks of a draining agent are killed, and their updates say why. When
// the last one has ended, the agent is drained, and is marked gone if the operator asked for that. Facts: field lists of mesos 1.12
// (REASON_AGENT_DRAINING), documentation of DRAIN_AGENT.
import { isTerminalTaskState, type TaskInfo, type TaskStatus } from "@cke/mesos";
import { rescindInverseOffers } from "../offers/inverse-offers.ts";
import { rescindOffersOf } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import { type AgentRecord, type DrainRecord, tasksOn } from "../state/records.ts";
import { markGoneByOperator } from "./agent-removal.ts";

/** No offers of the agent until it is reactivated; its tasks run on. */
export function deactivateAgent(state: MasterState, agentId: string): void {
  state.deactivated.add(agentId);
  const agent = state.agents.get(agentId);
  if (agent !== undefined) rescindOffersOf(state, agent);
  rescindInverseOffers(state, (id) => id === agentId);
  state.services.saveRegistry();
}

export function reactivateAgent(state: MasterState, agentId: string): void {
  state.deactivated.delete(agentId);
  state.drains.delete(agentId);
  state.services.saveRegistry();
  state.allocateSoon();
}

/** An agent that is out of reach is drained when it returns. */
export function drainAgent(
  state: MasterState,
  agentId: string,
  options: Pick<DrainRecord, "maxGrace" | "markGone">,
): void {
  state.drains.set(agentId, { ...options, startedMs: state.services.clock.now(), drained: false });
  deactivateAgent(state, agentId);
  const agent = state.agents.get(agentId);
  if (agent !== undefined) killEverything(state, agent);
  settleDrains(state);
}

/** Tells the agent to kill what runs on it; also after it registered again. */
export function killEverything(state: MasterState, agent: AgentRecord): void {
  const drain = state.drains.get(agent.id);
  if (drain === undefined) return;
  for (const framework of state.frameworks.values()) {
    for (const task of tasksOn(framework, agent.id)) {
      if (isTerminalTaskState(task.state)) continue;
      state.sendToAgent(agent.id, {
        type: "KILL_TASK",
        framework_id: { value: framework.id },
        task_id: task.info.task_id,
        ...killPolicyOf(task.info, drain.maxGrace),
      });
    }
  }
}

/** The most that an operator gives is no more than a task has for itself. */
function killPolicyOf({ kill_policy }: TaskInfo, most: bigint | undefined) {
  const own = kill_policy?.grace_period?.nanoseconds;
  if (most === undefined || (own !== undefined && BigInt(own) <= most)) return {};
  return { kill_policy: { grace_period: { nanoseconds: most } } };
}

/** The update of a draining agent as its framework gets it: with the reason REASON_AGENT_DRAINING. */
export function drainedStatus(state: MasterState, agentId: string, status: TaskStatus): TaskStatus {
  const drain = state.drains.get(agentId);
  if (drain === undefined || (status.state !== "TASK_KILLING" && status.state !== "TASK_KILLED")) return status;
  const gone = status.state === "TASK_KILLED" && drain.markGone;
  return { ...status, ...(gone ? { state: "TASK_GONE_BY_OPERATOR" } : {}), reason: "REASON_AGENT_DRAINING" };
}

/** Notes as drained every agent that has no task left, and marks those gone for which it was asked. */
export function settleDrains(state: MasterState): void {
  for (const [agentId, drain] of [...state.drains]) {
    const agent = state.agents.get(agentId);
    if (drain.drained || agent?.stream === undefined) continue;
    const busy = [...state.frameworks.values()].some((framework) => tasksOn(framework, agentId).length > 0);
    if (busy) continue;
    state.drains.set(agentId, { ...drain, drained: true });
    if (drain.markGone) markGoneByOperator(state, agent);
    state.services.saveRegistry();
  }
}
