// How large agents are, as far as this scheduler has seen: from the Mesos master's operator API when it answers,
// otherwise from offers and CKE's own tasks. Other frameworks may use the rest, so the latter may be less than the true
// size.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Offer } from "@cke/mesos";
import { z } from "zod";
import { type AgentSize, type LargestAgents, oversize, withAgent } from "../../workload/agents/agent-sizes.ts";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { totalOf } from "../../workload/outline/unit-outline.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { isTerminal, unitTaskOf } from "../../workload/records/records.ts";
import { addAmounts, type HeldAmount, heldByUnit, leastAmount } from "../../workload/records/resource-tasks.ts";
import type { Ask } from "../interfaces/mesos-connection.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";

const none: HeldAmount = { cpu: 0, mem: 0 };

/** The answer is large for thousands of agents, and agents seldom grow. */
const askEveryMs = 600_000;

const scalars = z.array(z.object({ name: z.string(), scalar: z.object({ value: z.number() }).optional() })).default([]);
const agentsSchema = z.object({
  get_agents: z.object({
    agents: z.array(z.object({ agent_info: z.object({ hostname: z.string() }), total_resources: scalars })).default([]),
  }),
});

export interface AgentSizesParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  /** Absent: only offers tell sizes. */
  readonly ask?: Ask | undefined;
}

export class AgentSizes {
  readonly #parts: AgentSizesParts;
  #largest: LargestAgents = [];
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AgentSizesParts) {
    this.#parts = parts;
  }

  /**
   * Takes sizes from offers when a request asks for more than was seen so far. There may be thousands of offers every
   * second.
   */
  offered(offers: readonly Offer[], requests: readonly PlacementRequest[]): void {
    if (this.#largest.length > 0 && requests.every((request) => this.problem(request) === "")) return;
    const agents = new Map<string, { readonly hostname: string; cpus: number; mem: number; disk: number }>();
    for (const { agent_id, hostname, resources = [] } of offers) {
      const known = agents.get(agent_id.value);
      const agent = known ?? { hostname, ...this.#usedOn(agent_id.value), disk: 0 };
      if (known === undefined) agents.set(agent_id.value, agent);
      for (const { name, scalar } of resources)
        if (name === "cpus" || name === "mem" || name === "disk") agent[name] += scalar?.value ?? 0;
    }
    for (const agent of agents.values()) this.#note(agent);
  }

  /**
   * Asks the Mesos master, when a request waits that is larger than all agents seen so far; at most every ten minutes.
   */
  async look(requests: readonly PlacementRequest[]): Promise<void> {
    const { ask, clock, logger } = this.#parts;
    const now = clock.now();
    if (ask === undefined || now - this.#askedAtMs < askEveryMs) return;
    if (requests.every((request) => this.problem(request) === "")) return;
    this.#askedAtMs = now;
    const answer = await ask("GET_AGENTS");
    if (answer.kind === "failed") {
      logger.info("the Mesos master does not tell how large its agents are; offers do", { problem: answer.reason });
      return;
    }
    try {
      for (const { agent_info, total_resources } of agentsSchema.parse(answer.body).get_agents.agents) {
        const total = (name: string) =>
          total_resources.reduce((sum, entry) => sum + (entry.name === name ? (entry.scalar?.value ?? 0) : 0), 0);
        this.#note({ hostname: agent_info.hostname, cpus: total("cpus"), mem: total("mem"), disk: total("disk") });
      }
    } catch (error) {
      logger.warning("the Mesos master's list of agents cannot be read", { problem: messageOf(error) });
    }
  }

  /**
   * The text that no agent large enough was ever seen; "" when one was, or when none was seen at all. What joins a running unit needs
   * an agent for both.
   */
  problem({ executor, parts }: Pick<PlacementRequest, "executor" | "parts">): string {
    const sum = (of: (part: PlacementRequest["parts"][number]) => number) =>
      parts.reduce((total, part) => total + of(part), 0);
    const asked = { cpu: sum(({ cpus }) => cpus), mem: sum(({ mem }) => mem) };
    const { cpu, mem } = executor === undefined ? asked : this.#withUnit(executor.executorId, asked);
    return oversize(this.#largest, { cpus: cpu, mem, disk: sum(({ disk = 0 }) => disk) });
  }

  /** What the unit of the executor has with what it asks for: at most what it is to have, for a smaller task may replace a larger one. */
  #withUnit(executorId: string, asked: HeldAmount): HeldAmount {
    const { ledger, kinds } = this.#parts;
    const record = ledger.findExecutor(executorId);
    const outline = record && kinds.outline(ledger.workload(record.workload), record.unit);
    const launch = record?.launch;
    if (outline === undefined || launch === undefined) return asked;
    return leastAmount(totalOf(outline), addAmounts([heldByUnit(launch, outline, () => none), asked]));
  }

  #note(agent: AgentSize): void {
    this.#largest = withAgent(this.#largest, agent);
  }

  #usedOn(agentId: string): { readonly cpus: number; readonly mem: number } {
    const { ledger, kinds } = this.#parts;
    let cpus = 0;
    let mem = 0;
    for (const record of ledger.unitsOn(agentId)) {
      const outline = kinds.outline(ledger.workload(record.workload), record.unit);
      if (outline === undefined) continue;
      for (const launch of launchesOf(record)) {
        const task = unitTaskOf(launch);
        if (launch.agentId !== agentId || task === undefined || isTerminal(task)) continue;
        const total = heldByUnit(launch, outline, ({ res }) => res);
        cpus += total.cpu;
        mem += total.mem;
      }
    }
    return { cpus, mem };
  }
}
