// A master's state without any I/O: frameworks and agents of a test are streams that remember what they were sent.
import { silentLogger } from "@cke/foundation";
import {
  type ExecutorInfo,
  type KnownSchedulerEvent,
  newUuid,
  type Offer,
  type TaskInfo,
  type TaskState,
} from "@cke/mesos";
import type { MasterMessage, RegisterMessage } from "../../link/index.ts";
import { parseResources } from "../../resources/parse.ts";
import { statusUpdate } from "../agents/agent-messages.ts";
import { registerAgent } from "../agents/agent-registration.ts";
import { runAllocator } from "../allocation-cycle.ts";
import { subscribe } from "../frameworks/subscription.ts";
import { accept } from "../operations/accept.ts";
import { MasterState } from "../state/master-state.ts";
import { defaultTimings } from "../state/options.ts";
import { type AgentRecord, type FrameworkRecord, holderOf } from "../state/records.ts";
import { ManualClock } from "./manual-clock.ts";

export class TestFramework {
  readonly events: KnownSchedulerEvent[] = [];
  id = "";

  offers(): readonly Offer[] {
    return this.events.flatMap((event) => (event.type === "OFFERS" ? (event.offers.offers ?? []) : []));
  }

  updates(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === "UPDATE"
        ? [
            `${event.update.status.task_id.value} ${event.update.status.state} ${event.update.status.reason ?? ""}`.trim(),
          ]
        : [],
    );
  }

  types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }
}

export class MasterFixture {
  readonly clock = new ManualClock();
  readonly state: MasterState;
  #streams = 0;

  constructor() {
    this.state = new MasterState({
      clock: this.clock,
      logger: silentLogger,
      timings: defaultTimings,
      flags: {},
      info: { id: "m", ip: 0, port: 5050 },
      newUuid,
      saveRegistry: () => {},
    });
  }

  /** Subscribes a framework with roles and capabilities; with an id it comes back. */
  subscribe(
    options: { id?: string; roles?: readonly string[]; checkpoint?: boolean; failoverTimeout?: number } = {},
  ): TestFramework {
    const framework = new TestFramework();
    const stream = {
      id: `stream-${this.#streams++}`,
      send: (event: KnownSchedulerEvent) => framework.events.push(event),
      end: () => {},
    };
    const { id, roles = ["dev"], checkpoint = true, failoverTimeout = 60 } = options;
    subscribe(
      this.state,
      {
        type: "SUBSCRIBE",
        subscribe: {
          framework_info: {
            user: "root",
            name: "test",
            ...(id === undefined ? {} : { id: { value: id } }),
            roles,
            checkpoint,
            failover_timeout: failoverTimeout,
            capabilities: [{ type: "MULTI_ROLE" }, { type: "PARTITION_AWARE" }, { type: "RESERVATION_REFINEMENT" }],
          },
        },
      },
      stream,
    );
    for (const event of framework.events) {
      if (event.type === "SUBSCRIBED") framework.id = event.subscribed.framework_id.value;
    }
    return framework;
  }

  /** Registers an agent; what the master sends it is collected. */
  register(
    resources = "cpus:8;mem:16384;ports:[31000-31099]",
    more: Partial<RegisterMessage> = {},
  ): { agent: AgentRecord; messages: MasterMessage[] } {
    const messages: MasterMessage[] = [];
    const stream = {
      id: `link-${this.#streams++}`,
      send: (message: MasterMessage) => messages.push(message),
      end: () => {},
    };
    const agent = registerAgent(
      this.state,
      {
        type: "REGISTER",
        hostname: `h${this.#streams}`,
        ip: "127.0.0.1",
        port: 5051 + this.#streams,
        resources: [...parseResources(resources)],
        attributes: [],
        frameworks: [],
        version: "1.12.0",
        ...more,
      },
      stream,
    );
    if (agent === undefined) throw new Error("the agent was refused");
    return { agent, messages };
  }

  allocate(): void {
    runAllocator(this.state);
  }

  record(framework: TestFramework): FrameworkRecord {
    const record = this.state.frameworks.get(framework.id);
    if (record === undefined) throw new Error(`framework ${framework.id} is gone`);
    return record;
  }

  /** Launches tasks on the last offer. */
  launch(framework: TestFramework, tasks: readonly Partial<TaskInfo>[], refuseSeconds = 0): void {
    const offer = framework.offers().at(-1);
    if (offer === undefined) throw new Error("there is no offer");
    accept(this.state, this.record(framework), {
      type: "ACCEPT",
      accept: {
        offer_ids: [offer.id],
        filters: { refuse_seconds: refuseSeconds },
        operations: [{ type: "LAUNCH", launch: { task_infos: tasks.map((task) => taskInfo(offer, task)) } }],
      },
    });
  }

  update(agent: AgentRecord, framework: TestFramework, taskId: string, state: TaskState): string {
    const uuid = newUuid();
    const status = {
      task_id: { value: taskId },
      state,
      uuid,
      agent_id: { value: agent.id },
      source: "SOURCE_EXECUTOR",
      timestamp: this.clock.now() / 1000,
    };
    statusUpdate(this.state, agent, { type: "STATUS_UPDATE", framework_id: { value: framework.id }, status });
    return uuid;
  }

  /** Throws when a ledger does not add up or holds something that no record knows. */
  check(): void {
    for (const agent of this.state.agents.values()) {
      agent.ledger.check();
      const known = new Set<string>();
      for (const framework of this.state.frameworks.values()) {
        for (const id of framework.tasks.keys()) known.add(holderOf.task(framework.id, id));
        for (const id of framework.offers.keys()) known.add(holderOf.offer(framework.id, id));
        for (const id of agent.executors.get(framework.id)?.keys() ?? [])
          known.add(holderOf.executor(framework.id, id));
      }
      const strange = agent.ledger.sum((holder) => !known.has(holder));
      if (strange.length > 0) throw new Error(`${agent.id} has resources held by nobody: ${JSON.stringify(strange)}`);
    }
  }
}

const testExecutor: ExecutorInfo = {
  type: "CUSTOM",
  executor_id: { value: "e" },
  command: { value: "true" },
  resources: parseResources("cpus:0.1;mem:32"),
};

/** A task with an executor, unless it has a command. */
export function taskInfo(offer: Offer, task: Partial<TaskInfo>): TaskInfo {
  return {
    name: "task",
    task_id: { value: "t" },
    agent_id: offer.agent_id,
    resources: parseResources("cpus:1;mem:64"),
    ...(task.command === undefined ? { executor: testExecutor } : {}),
    ...task,
  };
}
