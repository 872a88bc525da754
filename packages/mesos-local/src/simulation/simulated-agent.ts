// An agent whose executors live in memory: the same duties as the real one (src/link/messages.ts), nothing on disk. What a
// real agent would have checkpointed survives stop() and start(); powerOff() takes the executors away, wipe() everything.
import type { Attribute, Resource } from "@cke/mesos";
import type { MasterMessage, RegisterMessage } from "../link/index.ts";
import { mesosVersion } from "../wire/mesos-version.ts";
import { AgentTasks, type AgentTasksOptions } from "./agent-tasks.ts";
import type { AgentEnd, InMemoryLink } from "./in-memory-link.ts";
import type { SimulatedRun } from "./simulated-run.ts";

interface SimulatedAgentOptions extends AgentTasksOptions {
  /** Only a name: nothing listens there. */
  readonly port: number;
  readonly resources: readonly Resource[];
  readonly attributes?: readonly Attribute[];
  readonly link: InMemoryLink;
}

const firstTimeoutMs = 60_000;

export class SimulatedAgent {
  readonly hostname: string;
  readonly link: InMemoryLink;
  readonly #options: SimulatedAgentOptions;
  readonly #tasks: AgentTasks;
  #resources: readonly Resource[];
  #agentId: string | undefined;
  #up = false;
  #refused = false;
  #end: AgentEnd | undefined;
  #registered = false;
  #cancelRetry = () => {};
  #cancelSilence = () => {};
  #lastMessageMs = 0;
  #attempts = 0;

  constructor(options: SimulatedAgentOptions) {
    this.#options = options;
    this.hostname = options.hostname;
    this.link = options.link;
    this.#resources = options.resources;
    this.#tasks = new AgentTasks({
      ...options,
      agentId: () => this.agentId,
      up: () => this.#up,
      registered: () => this.#registered,
      send: (message) => this.#end?.send(message),
    });
  }

  /** "" before the first registration. */
  get agentId(): string {
    return this.#agentId ?? "";
  }

  get ip(): string {
    return this.#options.ip;
  }

  /** As far as the agent knows. */
  get registered(): boolean {
    return this.#registered;
  }

  /** The agent process runs. */
  get up(): boolean {
    return this.#up;
  }

  /** The master refuses this agent for good; after wipe() it registers as a new one. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Total as the agent has it, with reservations. */
  get resources(): readonly Resource[] {
    return this.#resources;
  }

  /** Every executor whose updates are not all acknowledged, dead ones too. */
  runs(): readonly SimulatedRun[] {
    return this.#tasks.runs();
  }

  /** The agent process starts (again). */
  start(): void {
    if (this.#up || this.#refused) return;
    this.#up = true;
    this.#tasks.recover();
    this.#register();
  }

  /** The agent process dies; executors go on. */
  stop(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#disconnected();
    this.#end?.close();
    this.#end = undefined;
  }

  /** The host loses power: agent and executors are gone; the agent's disk is not. */
  powerOff(): void {
    this.stop();
    this.#tasks.killAll();
  }

  /** The host loses its disk as well: the next start is that of a new agent. */
  wipe(): void {
    this.powerOff();
    this.forget();
  }

  /** The agent process ends and loses what it has stored: the next start is that of a new agent. Its executors live on, and are returned. */
  forget(): readonly SimulatedRun[] {
    this.stop();
    const orphans = this.runs().filter(({ alive }) => alive);
    this.#tasks.forgetAll();
    this.#resources = this.#options.resources;
    this.#agentId = undefined;
    this.#refused = false;
    return orphans;
  }

  #register(): void {
    this.#cancelRetry();
    if (!this.#up) return;
    const end = this.link.open(this.#registerMessage(), {
      onMessage: (message) => {
        if (this.#end === end) this.#handle(message);
      },
      onBroken: () => {
        if (this.#end === end) this.#lost();
      },
    });
    this.#end = end;
    this.#lastMessageMs = this.#options.clock.monotonic();
    if (end === undefined) this.#lost();
    else this.#watchSilence(firstTimeoutMs);
  }

  /** The link is gone: another one is made after a pause. */
  #lost(): void {
    this.#disconnected();
    this.#end = undefined;
    if (!this.#up || this.#refused) return;
    const wait = Math.min(5_000, 200 * 2 ** Math.min(this.#attempts, 6)) * (0.5 + this.#options.random() / 2);
    this.#attempts += 1;
    this.#cancelRetry = this.#options.clock.after(wait, () => this.#register(), { background: true });
  }

  #disconnected(): void {
    this.#registered = false;
    this.#cancelRetry();
    this.#cancelSilence();
    this.#tasks.disconnected();
  }

  #watchSilence(timeoutMs: number): void {
    const { clock } = this.#options;
    this.#cancelSilence();
    const check = () => {
      const leftMs = timeoutMs - (clock.monotonic() - this.#lastMessageMs);
      if (leftMs > 0) {
        this.#cancelSilence = clock.after(leftMs, check, { background: true });
        return;
      }
      this.#end?.close();
      this.#lost();
    };
    this.#cancelSilence = clock.after(timeoutMs, check, { background: true });
  }

  #registerMessage(): RegisterMessage {
    const { hostname, ip, port, attributes = [] } = this.#options;
    return {
      type: "REGISTER",
      ...(this.#agentId === undefined ? {} : { agent_id: { value: this.#agentId } }),
      hostname,
      ip,
      port,
      resources: [...this.#resources],
      attributes: [...attributes],
      version: mesosVersion.version,
      frameworks: this.#tasks.checkpoint(),
    };
  }

  #handle(message: MasterMessage): void {
    this.#lastMessageMs = this.#options.clock.monotonic();
    if (message.type === "REGISTERED") {
      this.#agentId = message.agent_id.value;
      this.#registered = true;
      this.#attempts = 0;
      this.#watchSilence(message.ping_timeout_seconds * 1000);
      this.#tasks.connected();
    } else if (message.type === "PING") this.#end?.send({ type: "PONG" });
    else if (message.type === "CHECKPOINT_RESOURCES") this.#resources = message.resources;
    else if (message.type === "SHUTDOWN") {
      this.#refused = true;
      this.powerOff();
    } else this.#tasks.perform(message);
  }
}
