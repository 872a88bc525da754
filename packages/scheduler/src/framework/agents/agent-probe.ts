// Finds out whether an agent will ever come back, when CKE waits for its reserved resources but has no task there whose
// end would tell. A Mesos master answers for a task that does not exist by what it knows of the agent: registered
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
  readonly #gone = new Set<string>();

  constructor(clock: Clock, calls: Pick<MesosCalls, "reconcile">) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Asks for those agents that were not asked for lately, and forgets all others. Call it every second or so. */
  async ask(agentIds: ReadonlySet<string>): Promise<void> {
    const now = this.#clock.now();
    for (const agentId of [...this.#asked.keys()]) if (!agentIds.has(agentId)) this.#asked.delete(agentId);
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
    return true;
  }

  /** Agents that an operator has marked gone, as far as reported since the last call. */
  takeGone(): ReadonlySet<string> {
    const gone = new Set(this.#gone);
    this.#gone.clear();
    return gone;
  }
}
