// The state of one master with the services every part needs: clock, log, ids, timers, and the way to agents and
// frameworks. The rooms beside this one are functions over it. Nothing here waits.
import type { Clock, Logger } from "@cke/foundation";
import type { KnownSchedulerEvent, MasterInfo, TaskStatus } from "@cke/mesos";
import type { MasterMessage } from "../../link/index.ts";
import { MaintenanceSchedule } from "./maintenance-schedule.ts";
import type { MasterTimings } from "./options.ts";
import type { AgentRecord, DrainRecord, FrameworkRecord, OperatorEvent } from "./records.ts";

interface MasterServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings: MasterTimings;
  readonly info: MasterInfo;
  /** The settings under the names that mesos-master has for them. */
  readonly flags: Readonly<Record<string, string>>;
  /** Makes what must survive a restart durable. */
  readonly saveRegistry: () => void;
  /** Random bytes as RFC 4122 uuid in base64. */
  readonly newUuid: () => string;
}

export class MasterState {
  readonly services: MasterServices;
  readonly startedMs: number;
  /** False in a master that does not lead. */
  leads = true;
  readonly agents = new Map<string, AgentRecord>();
  /** Agents that are gone from `agents`: when they were marked unreachable, in nanoseconds. */
  readonly unreachable = new Map<string, bigint>();
  readonly goneAgents = new Set<string>();
  /** Their place has been taken by other agents since this master leads. */
  readonly removedAgents = new Set<string>();
  /** Agents that offer nothing because an operator said so. */
  readonly deactivated = new Set<string>();
  /** By agent id. */
  readonly drains = new Map<string, DrainRecord>();
  readonly maintenance = new MaintenanceSchedule();
  /** Agents of an earlier run of this master that have not come back yet. */
  readonly recoveredAgents = new Set<string>();
  readonly frameworks = new Map<string, FrameworkRecord>();
  completedFrameworks: FrameworkRecord[] = [];
  /** Ids of frameworks that must not come back, of earlier runs too. */
  readonly removedFrameworks = new Set<string>();
  /** Counted since the start, by the name of the metric without "master/". */
  readonly counters = new Map<string, number>();
  /** Operators' event streams. */
  readonly watchers = new Set<(change: OperatorEvent) => void>();
  nextFramework = 0;
  nextAgent = 0;
  nextOffer = 0;
  #allocationWanted = false;
  onAllocationWanted: () => void = () => {};

  constructor(services: MasterServices) {
    this.services = services;
    this.startedMs = services.clock.now();
  }

  get masterId(): string {
    return this.services.info.id;
  }

  /** Sends an event to a framework, if it is subscribed. */
  send(framework: FrameworkRecord, event: KnownSchedulerEvent): void {
    framework.stream?.send(event);
  }

  sendUpdate(framework: FrameworkRecord, status: TaskStatus): void {
    this.send(framework, { type: "UPDATE", update: { status } });
  }

  /** Sends a message to an agent, if its link is up. */
  sendToAgent(agentId: string, message: MasterMessage): void {
    this.agents.get(agentId)?.stream?.send(message);
  }

  publish(event: OperatorEvent): void {
    for (const watcher of this.watchers) watcher(event);
  }

  count(counter: string): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1);
  }

  /** Asks for an allocator run at once (REVIVE, subscription, a new agent); several requests make one run. */
  allocateSoon(): void {
    if (this.#allocationWanted) return;
    this.#allocationWanted = true;
    this.onAllocationWanted();
  }

  allocationStarted(): void {
    this.#allocationWanted = false;
  }

  /** UNIX time in seconds with fractions, for timestamps of statuses. */
  seconds(): number {
    return this.services.clock.now() / 1000;
  }

  nanoseconds(): bigint {
    return BigInt(Math.round(this.services.clock.now())) * 1_000_000n;
  }

  /** Calls back after any time: timers of the platform hold only 2^31 ms (24 days), failover timeouts may be longer. */
  after(ms: number, callback: () => void): () => void {
    const longest = 2 ** 31 - 1;
    let cancel = () => {};
    const wait = (left: number) => {
      const step = Math.min(left, longest);
      cancel = this.services.clock.after(step, () => (left > step ? wait(left - step) : callback()), {
        background: true,
      });
    };
    wait(ms);
    return () => cancel();
  }
}
