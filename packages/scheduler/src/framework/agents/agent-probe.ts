// Finds out whether an agent will ever come back, when CKE waits for its reserved resources, or for the data of a unit on it, but has
// no task there whose end would tell. A Mesos master answers for a task that does not exist by what it knows of the agent: registered
// TASK_GONE, out of reach TASK_UNREACHABLE, marked gone TASK_GONE_BY_OPERATOR, forgotten TASK_UNKNOWN. An agent that
// has not yet registered again after the master's restart gets no answer (Master::reconcile in src/master/master.cpp).
import type { Clock } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { MesosCalls } from "../mesos/mesos-calls.ts";

export const probeEveryMs = 300_000;
const prefix = "cke-agent-probe.";

export class AgentProbe {
  readonly #clock: Clock;
  readonly #calls: Pick<MesosCalls, "reconcile">;
  /** When each agent was asked for last. */
  readonly #asked = new Map<string, number>();
  /** Those of which Mesos has told, since they are asked for, that they are not marked gone. */
  readonly #answered = new Set<string>();
  readonly #gone = new Set<string>();
  /** Agents of the same name that have come since, by the agent that is asked for. */
  readonly #successors = new Map<string, Set<string>>();

  constructor(clock: Clock, calls: Pick<MesosCalls, "reconcile">) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Asks for those agents that were not asked for lately, and forgets all others. Call it every second or so. */
  async ask(agentIds: ReadonlySet<string>): Promise<void> {
    const now = this.#clock.now();
    for (const agentId of [...this.#asked.keys(), ...this.#successors.keys()])
      if (!agentIds.has(agentId)) this.#forget(agentId);
    const due = [...agentIds].filter((agentId) => now - (this.#asked.get(agentId) ?? 0) >= probeEveryMs);
    if (due.length === 0) return;
    for (const agentId of due) this.#asked.set(agentId, now);
    await this.#calls.reconcile(due.map((agentId) => ({ taskId: `${prefix}${agentId}`, agentId })));
  }

  /** True when the update answers for an agent and not for a task. */
  heard({ task_id, state, agent_id }: TaskStatus): boolean {
    if (!task_id.value.startsWith(prefix)) return false;
    const agentId = agent_id?.value ?? task_id.value.slice(prefix.length);
    if (state === "TASK_GONE_BY_OPERATOR") this.#gone.add(agentId);
    else if (this.#asked.has(agentId)) this.#answered.add(agentId);
    return true;
  }

  /**
   * True when Mesos has told, since `successor`, another agent of its name, was first seen, that the agent is not marked gone. What it
   * said before counts no more: the agent may have been alive then, and marked gone before the other one came. So the first call for a
   * successor has the agent asked for again. Of one that is marked gone `takeGone` tells.
   */
  answeredSince(agentId: string, successor: string): boolean {
    const successors = this.#successors.get(agentId) ?? new Set();
    if (!successors.has(successor)) {
      this.#asked.delete(agentId);
      this.#answered.delete(agentId);
      this.#successors.set(agentId, successors.add(successor));
    }
    return this.#answered.has(agentId);
  }

  #forget(agentId: string): void {
    this.#asked.delete(agentId);
    this.#answered.delete(agentId);
    this.#successors.delete(agentId);
  }

  /** Agents that an operator has marked gone, as far as reported since the last call. */
  takeGone(): ReadonlySet<string> {
    const gone = new Set(this.#gone);
    this.#gone.clear();
    return gone;
  }
}
