// Agents that have come back under another id, because what they had stored was removed. The Mesos master removes the agent of before
// when another one registers at its address (Master::registerSlave in src/master/master.cpp), and tells of its tasks once. Who does not
// hear that (the scheduler was away, the master failed over) gets TASK_UNKNOWN from then on. The agent of before cannot be marked gone
// either, for the master has none of that id. So CKE asks for the agents that there are.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { Ask } from "../interfaces/mesos-connection.ts";
import { agentListSchema } from "./agent-list.ts";

/** An agent that the master has not known for so long is looked for among the others. After a failover it may come a moment later. */
export const unknownMs = 120_000;
/** The answer is large for thousands of agents. */
const askEveryMs = 60_000;

export interface AgentSuccessorsParts {
  readonly clock: Pick<Clock, "now">;
  readonly logger: Logger;
  /** Absent: nothing is known of other agents. */
  readonly ask?: Ask | undefined;
}

export class AgentSuccessors {
  readonly #parts: AgentSuccessorsParts;
  /** Since when the master says that it does not know the agent, by its id. */
  readonly #unknown = new Map<string, number>();
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AgentSuccessorsParts) {
    this.#parts = parts;
  }

  /** Any update, also the answer for a task that does not exist. */
  heard({ state, agent_id }: Pick<TaskStatus, "state" | "agent_id">): void {
    const agentId = agent_id?.value;
    if (agentId === undefined) return;
    if (state !== "TASK_UNKNOWN") this.#unknown.delete(agentId);
    else if (!this.#unknown.has(agentId)) this.#unknown.set(agentId, this.#parts.clock.now());
  }

  /** Agents that the master does not know. */
  unknown(): Iterable<string> {
    return this.#unknown.keys();
  }

  /** Nothing is awaited of it. */
  forget(agentId: string): void {
    this.#unknown.delete(agentId);
  }

  /** By agents of these hosts that the master has not known for long: the ids of those that are there in their places. */
  async look(hosts: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
    const { ask, clock, logger } = this.#parts;
    const now = clock.now();
    const lost = [...hosts].filter(([agentId]) => now - (this.#unknown.get(agentId) ?? now) >= unknownMs);
    if (ask === undefined || lost.length === 0 || now - this.#askedAtMs < askEveryMs) return new Map();
    this.#askedAtMs = now;
    const answer = await ask("GET_AGENTS");
    if (answer.kind === "failed") {
      logger.info("the Mesos master does not tell whether other agents have taken the places of lost ones", {
        problem: answer.reason,
      });
      return new Map();
    }
    try {
      return successors(answer.body, new Map(lost));
    } catch (error) {
      logger.warning("the Mesos master's list of agents cannot be read", { problem: messageOf(error) });
      return new Map();
    }
  }
}

function successors(body: unknown, lost: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const { agents, recovered_agents } = agentListSchema.parse(body).get_agents;
  const there = new Set([...agents.map(({ agent_info }) => agent_info), ...recovered_agents].map(({ id }) => id.value));
  // Of several on one host the last.
  const byHost = new Map(agents.map(({ agent_info: { hostname, id } }) => [hostname.toLowerCase(), id.value]));
  return new Map(
    [...lost].flatMap(([agentId, hostname]): [string, string][] => {
      const successor = byHost.get(hostname.toLowerCase()) ?? "";
      return successor === "" || there.has(agentId) ? [] : [[agentId, successor]];
    }),
  );
}
