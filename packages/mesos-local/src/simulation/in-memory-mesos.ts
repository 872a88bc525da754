// A whole Mesos in memory on one clock: a leading master, its registry, agents by host name, and methods that cause faults.
// The caller decides when a fault happens; docs/mesos-local.md lists the faults.
import { type Clock, type Logger, silentLogger } from "@cke/foundation";
import type { Attribute, MasterInfo } from "@cke/mesos";
import { newUuid } from "@cke/mesos";
import { bodyText } from "../http/answer.ts";
import { markGoneByOperator, markUnreachable } from "../master/agents/agent-removal.ts";
import { drainAgent, reactivateAgent } from "../master/agents/draining.ts";
import { updateSchedule } from "../master/agents/maintenance.ts";
import { MasterCore } from "../master/master-core.ts";
import { rescindOffer } from "../master/offers/offers.ts";
import { operatorEndpoint } from "../master/operator-api/endpoint.ts";
import type { MasterState } from "../master/state/master-state.ts";
import type { MasterTimings } from "../master/state/options.ts";
import { memoryRegistry } from "../master/state/registry.ts";
import { parseResources } from "../resources/parse.ts";
import type { ExecutorBehaviour } from "./executor-behaviour.ts";
import type { FaultModel } from "./fault-model.ts";
import { type ConnectionHooks, InMemoryConnection } from "./in-memory-connection.ts";
import { InMemoryLink } from "./in-memory-link.ts";
import { SimulatedAgent } from "./simulated-agent.ts";

export interface AgentSpec {
  readonly hostname: string;
  /** As text, like cpus:16;mem:65536;ports:[31000-32000]. */
  readonly resources: string;
  readonly attributes?: readonly Attribute[];
}

/** When an agent is announced to be unavailable: UNIX time and length in milliseconds. */
export interface AgentWindow {
  readonly hostname: string;
  readonly startMs: number;
  readonly durationMs: number;
}

interface InMemoryMesosOptions {
  readonly agents: readonly AgentSpec[];
  readonly behaviour: ExecutorBehaviour;
  readonly clock: Clock;
  readonly random: () => number;
  readonly faults: FaultModel;
  /** One-way delay between agents and master, ms. */
  readonly linkDelayMs: () => number;
  readonly executorStartMs: () => number;
  readonly timings?: Partial<MasterTimings>;
  readonly logger?: Logger;
}

type OperatorAnswer =
  | { readonly kind: "answered"; readonly body: unknown }
  | { readonly kind: "failed"; readonly reason: string };

export class InMemoryMesos {
  readonly agents = new Map<string, SimulatedAgent>();
  readonly #options: InMemoryMesosOptions;
  readonly #registry = memoryRegistry();
  #core: MasterCore | undefined;
  #masters = 0;
  #ids = 0;

  constructor(options: InMemoryMesosOptions) {
    this.#options = options;
    for (const agent of options.agents) this.#add(agent);
  }

  /** A further agent registers. Its host's name must be new. */
  addAgent(agent: AgentSpec): void {
    this.#add(agent).start();
  }

  #add({ hostname, resources, attributes }: AgentSpec): SimulatedAgent {
    const { clock, random, behaviour, executorStartMs, linkDelayMs, logger } = this.#options;
    const index = this.agents.size;
    const link = new InMemoryLink({
      clock,
      master: () => this.leader,
      delayMs: linkDelayMs,
      newId: () => this.newId(),
    });
    const agent = new SimulatedAgent({
      hostname,
      ip: `10.0.${index >> 8}.${index & 255}`,
      port: 5051,
      resources: parseResources(resources),
      ...(attributes === undefined ? {} : { attributes }),
      behaviour,
      clock,
      random,
      link,
      executorStartMs,
      ...(logger === undefined ? {} : { logger }),
    });
    this.agents.set(hostname, agent);
    return agent;
  }

  /** The leading master's state; undefined while there is none. */
  get leader(): MasterState | undefined {
    return this.#core?.state;
  }

  newId(): string {
    return `id-${this.#ids++}`;
  }

  start(): void {
    this.startMaster();
    for (const agent of this.agents.values()) agent.start();
  }

  /** A new master leads. It has another id and address, the registry of the one before, and no task until agents register. */
  startMaster(): void {
    if (this.#core !== undefined) return;
    const { clock, logger = silentLogger, timings } = this.#options;
    this.#core = new MasterCore({
      info: masterInfo(++this.#masters),
      registry: this.#registry,
      clock,
      logger,
      ...(timings === undefined ? {} : { timings }),
      newUuid,
    });
    this.#core.start();
  }

  /** The leading master dies; agents and schedulers see their connections break. */
  crashMaster(): void {
    const core = this.#core;
    if (core === undefined) return;
    this.#core = undefined;
    const streams = [...core.state.frameworks.values()].flatMap(({ stream }) => stream ?? []);
    for (const agent of this.agents.values()) agent.link.masterDied(core.state);
    for (const stream of streams) stream.end();
    core.stop();
  }

  /** A scheduler's connection. */
  connect(hooks: ConnectionHooks, clock: Clock = this.#options.clock): InMemoryConnection {
    const { random, faults } = this.#options;
    return new InMemoryConnection({
      hooks,
      clock,
      master: () => this.leader,
      faults,
      random,
      newId: () => this.newId(),
    });
  }

  /** Asks the leading master's operator API by the name of a call, like GET_TASKS. */
  async ask(type: string): Promise<OperatorAnswer> {
    const { clock, linkDelayMs } = this.#options;
    await clock.sleep(linkDelayMs());
    const { leader } = this;
    if (leader === undefined) return { kind: "failed", reason: "no master leads" };
    const answer = operatorEndpoint(leader, {
      method: "POST",
      path: "/api/v1",
      query: new URLSearchParams(),
      header: (name) => (name === "content-type" ? "application/json" : undefined),
      body: Buffer.from(JSON.stringify({ type })),
      openStream: () => {
        throw new Error("no stream is asked for");
      },
    });
    await clock.sleep(linkDelayMs());
    if (answer?.status !== 200) return { kind: "failed", reason: `${answer?.status} ${answer?.body}` };
    const parsed: unknown = JSON.parse(bodyText(answer));
    return { kind: "answered", body: parsed };
  }

  agent(hostname: string): SimulatedAgent {
    const agent = this.agents.get(hostname);
    if (agent === undefined) throw new Error(`there is no host ${hostname}`);
    return agent;
  }

  /** The master gives the agent up at once, as after too many unanswered pings. */
  loseAgent(hostname: string): void {
    const agent = this.agent(hostname);
    agent.link.partition(true);
    const record = this.leader?.agents.get(agent.agentId);
    if (this.leader !== undefined && record !== undefined) markUnreachable(this.leader, record);
  }

  returnAgent(hostname: string): void {
    this.agent(hostname).link.partition(false);
  }

  /** An operator marks the agent gone for good; false when the master does not know it now. */
  removeAgent(hostname: string): boolean {
    const agent = this.agent(hostname);
    const { leader } = this;
    const record = leader?.agents.get(agent.agentId);
    if (leader === undefined || record === undefined) return false;
    markGoneByOperator(leader, record);
    return true;
  }

  /** An operator drains the agent; its tasks are killed, and it offers nothing until it is reactivated. False as above. */
  drainAgent(hostname: string): boolean {
    const record = this.leader?.agents.get(this.agent(hostname).agentId);
    if (this.leader === undefined || record === undefined) return false;
    drainAgent(this.leader, record.id, { markGone: false });
    return true;
  }

  /** False when the master does not know the agent now. */
  reactivateAgent(hostname: string): boolean {
    const record = this.leader?.agents.get(this.agent(hostname).agentId);
    if (this.leader === undefined || record === undefined) return false;
    reactivateAgent(this.leader, record.id);
    return true;
  }

  /** Replaces the maintenance windows; false when there is no leader or it refuses them. */
  scheduleMaintenance(windows: readonly AgentWindow[]): boolean {
    if (this.leader === undefined) return false;
    const schedule = windows.map(({ hostname, startMs, durationMs }) => ({
      machine_ids: [{ hostname, ip: this.agent(hostname).ip }],
      unavailability: {
        start: { nanoseconds: BigInt(Math.round(startMs)) * 1_000_000n },
        duration: { nanoseconds: BigInt(Math.round(durationMs)) * 1_000_000n },
      },
    }));
    return updateSchedule(this.leader, { windows: schedule }) === undefined;
  }

  /** Rescinds the chosen offers; returns how many. */
  rescind(chosen: (offerId: string) => boolean): number {
    const { leader } = this;
    if (leader === undefined) return 0;
    let count = 0;
    for (const framework of leader.frameworks.values()) {
      for (const offer of [...framework.offers.values()]) {
        if (!chosen(offer.id)) continue;
        rescindOffer(leader, framework, offer);
        count += 1;
      }
    }
    return count;
  }
}

/** Each master has an address of its own: a scheduler has to find the new one. */
function masterInfo(generation: number): MasterInfo {
  const ip = `10.1.0.${generation % 250}`;
  return {
    id: `master-${generation}`,
    ip: 0,
    port: 5050,
    pid: `master@${ip}:5050`,
    hostname: ip,
    version: "1.12.0",
    address: { hostname: ip, ip, port: 5050 },
    capabilities: [],
  };
}
