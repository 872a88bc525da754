// Is an agent ever to come back? Something is awaited from it (reserved resources that it has to offer), but no task of ours is
// there whose end would tell. A master answers for a task that nobody has by what it knows of the agent alone: registered
// TASK_GONE, out of reach TASK_UNREACHABLE, marked gone TASK_GONE_BY_OPERATOR, forgotten TASK_UNKNOWN; one that is still to
// register again after the master's restart gets no answer (Master::reconcile in src/master/master.cpp).
import type { Clock } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { MesosCalls } from "../mesos/mesos-calls.ts";

export const probeEveryMs = 300_000;
const prefix = "cke-agent-probe.";

export class AgentProbe {
  readonly #clock: Clock;
  readonly #calls: Pick<MesosCalls, "reconcile">;
  /** When each was asked for last. */
  readonly #asked = new Map<string, number>();
  readonly #gone = new Set<string>();

  constructor(clock: Clock, calls: Pick<MesosCalls, "reconcile">) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Asks for those that were not asked for lately; all others are forgotten. Call it every second or so. */
  async ask(agentIds: ReadonlySet<string>): Promise<void> {
    const now = this.#clock.now();
    for (const agentId of [...this.#asked.keys()]) if (!agentIds.has(agentId)) this.#asked.delete(agentId);
    const due = [...agentIds].filter((agentId) => now - (this.#asked.get(agentId) ?? 0) >= probeEveryMs);
    if (due.length === 0) return;
    for (const agentId of due) this.#asked.set(agentId, now);
    await this.#calls.reconcile(due.map((agentId) => ({ taskId: `${prefix}${agentId}`, agentId })));
  }

  /** True when the update answers for an agent, and for no task. */
  heard({ task_id, state, agent_id }: TaskStatus): boolean {
    if (!task_id.value.startsWith(prefix)) return false;
    const agentId = agent_id?.value ?? task_id.value.slice(prefix.length);
    if (state === "TASK_GONE_BY_OPERATOR") this.#gone.add(agentId);
    return true;
  }

  /** Agents that an operator marked gone, as far as was heard since the last call. */
  takeGone(): ReadonlySet<string> {
    const gone = new Set(this.#gone);
    this.#gone.clear();
    return gone;
  }
}
