// What executors report about their agents' hosts: Docker networks and images. Kept in memory and in the store; bounded
// in number, and removed with the agent.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Offer } from "@cke/mesos";
import { type HostReport, SchedulerMessage } from "@cke/protocol";
import { commitInParts } from "../../store/commit-in-parts.ts";
import { readableEntries } from "../../store/readable-entries.ts";
import type { Store, StoreOperation } from "../../store/store.ts";
import {
  freshMs,
  type HostFacts,
  hostFacts,
  hostFactsSchema,
  type KnownHosts,
  sameFacts,
} from "../../workload/agents/host-facts.ts";
import { isTerminal, unitTaskOf } from "../../workload/records/records.ts";
import type { Ledger } from "../ledger/ledger.ts";

const prefix = "agents/";
/** Unchanged facts are stored again at this interval, for their time. */
const storedMs = 3_600_000;
/** Facts that were not reported for this long are removed. */
const lifeMs = 14 * 86_400_000;
const maxAgents = 10_000;
/** A report that is no older counts as new. */
const justNowMs = 10_000;
/** Most agents that are asked at once. With more agents, the earlier reports suffice to know a network. */
const maxAsked = 50;
/** How long CKE waits for their answers. */
const answerMs = 2_000;

export interface AgentInventoryOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly send: (agentId: string, executorId: string, message: Uint8Array) => Promise<void>;
  /** Called when the facts have changed. */
  readonly onNews: () => void;
}

export class AgentInventory {
  readonly #options: AgentInventoryOptions;
  readonly #hosts = new Map<string, HostFacts>();
  /** The agent that reported last for each host. */
  readonly #agentOf = new Map<string, string>();
  /** Names of all networks of all hosts; undefined when it must be made anew. */
  #networks: ReadonlySet<string> | undefined;
  /** Times of the stored facts, by agent. */
  readonly #stored = new Map<string, number>();
  readonly #dirty = new Set<string>();
  /** Agents that have offered something since this scheduler leads, and that were not lost since. */
  readonly #offered = new Set<string>();
  readonly #waiting = new Set<() => void>();

  constructor(options: AgentInventoryOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    for (const [agentId, facts] of await readableEntries(this.#options.store, prefix, hostFactsSchema)) {
      this.#hosts.set(agentId, facts);
      this.#stored.set(agentId, facts.atMs);
      this.#agentOf.set(facts.hostname, agentId);
    }
    this.#networks = undefined;
  }

  /** True when an agent has ever reported the network. */
  hasNetwork(network: string): boolean {
    this.#networks ??= new Set([...this.#hosts.values()].flatMap(({ networks }) => networks.map(({ name }) => name)));
    return this.#networks.has(network);
  }

  /**
   * `lookMs`: the facts are complete when the report of each agent is no older than this. They are incomplete before
   * the first offers, when the agents are not known yet, and when an agent runs no executor that could be asked.
   */
  known(lookMs = justNowMs): KnownHosts {
    const now = this.#options.clock.now();
    const hosts = [...this.#hosts.values()].filter(({ atMs }) => now - atMs <= freshMs);
    const agents = [...this.#offered, ...this.#hosts.keys(), ...this.#executors().keys()];
    const complete = agents.every((agentId) => now - (this.#hosts.get(agentId)?.atMs ?? 0) <= lookMs);
    return { hosts, complete: complete && this.#offered.size > 0, now };
  }

  offered(offers: readonly Offer[]): void {
    for (const { agent_id } of offers) if (this.#offered.size < maxAgents) this.#offered.add(agent_id.value);
  }

  /** A report of an executor that was launched there. */
  receive(agentId: string, hostname: string, report: HostReport): void {
    const { clock, logger, onNews } = this.#options;
    const facts = hostFacts(report, hostname, clock.now());
    if (facts === undefined) {
      logger.warning("what an executor tells of its host is beyond all bounds, and is ignored", { agentId, hostname });
      return;
    }
    const before = this.#hosts.get(agentId);
    // An agent that registered anew has another id. The facts of the old id on this host are those of the new one.
    const other = this.#agentOf.get(hostname) ?? agentId;
    const silentMs = facts.atMs - (this.#hosts.get(other)?.atMs ?? facts.atMs);
    if (other !== agentId && silentMs > freshMs) this.forget(other);
    this.#agentOf.set(hostname, agentId);
    this.#hosts.set(agentId, facts);
    this.#networks = undefined;
    const changed = before === undefined || !sameFacts(before, facts);
    if (changed || facts.atMs - (this.#stored.get(agentId) ?? 0) >= storedMs) this.#dirty.add(agentId);
    for (const look of this.#waiting) look();
    if (changed) onNews();
  }

  /** The agent is gone. */
  forget(agentId: string): void {
    this.#offered.delete(agentId);
    this.#networks = undefined;
    const facts = this.#hosts.get(agentId);
    if (facts === undefined) return;
    if (this.#agentOf.get(facts.hostname) === agentId) this.#agentOf.delete(facts.hostname);
    this.#hosts.delete(agentId);
    this.#dirty.add(agentId);
  }

  /** Asks one executor of each agent to look at its host now. Resolves when all have answered, or after two seconds. */
  async refresh(): Promise<void> {
    const { clock, send, logger } = this.#options;
    const since = clock.now();
    const asked = [...this.#executors()].slice(0, maxAsked);
    const message = SchedulerMessage.encode({ message: { kind: "reportHost", value: {} } });
    const answered = () => asked.every(([agentId]) => (this.#hosts.get(agentId)?.atMs ?? 0) >= since);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      if (answered()) resolve();
    };
    this.#waiting.add(look);
    const cancel = clock.after(answerMs, resolve);
    try {
      await Promise.all(asked.map(([agentId, executorId]) => send(agentId, executorId, message)));
      look();
      await promise;
    } catch (error) {
      logger.debug("the hosts could not be asked for what they have", { detail: messageOf(error) });
    } finally {
      cancel();
      this.#waiting.delete(look);
    }
  }

  /** Stores changed facts and removes those that are too old. */
  async tick(): Promise<void> {
    const { clock, store } = this.#options;
    const now = clock.now();
    for (const [agentId, { atMs }] of this.#hosts) if (now - atMs > lifeMs) this.forget(agentId);
    if (this.#hosts.size > maxAgents) {
      const oldest = [...this.#hosts].sort(([, left], [, right]) => left.atMs - right.atMs);
      for (const [agentId] of oldest.slice(0, oldest.length - maxAgents)) this.forget(agentId);
    }
    const dirty = [...this.#dirty];
    if (dirty.length === 0) return;
    const operations = dirty.map((agentId): StoreOperation => {
      const facts = this.#hosts.get(agentId);
      const key = `${prefix}${agentId}`;
      return facts === undefined ? { op: "delete", key } : { op: "put", key, value: facts };
    });
    await commitInParts(store, operations);
    for (const agentId of dirty) {
      this.#dirty.delete(agentId);
      this.#stored.set(agentId, this.#hosts.get(agentId)?.atMs ?? 0);
    }
  }

  /** One running executor for each agent. */
  #executors(): ReadonlyMap<string, string> {
    const executors = new Map<string, string>();
    for (const { launch } of this.#options.ledger.allUnits()) {
      const task = launch === undefined ? undefined : unitTaskOf(launch);
      if (launch !== undefined && task?.state === "TASK_RUNNING" && !isTerminal(task))
        executors.set(launch.agentId, launch.executorId);
    }
    return executors;
  }
}
