// The embedded master: HTTP server, timers and state put together. See docs/mesos-local.md.
import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { type Clock, type Logger, silentLogger, systemClock } from "@cke/foundation";
import { type MasterInfo, newUuid } from "@cke/mesos";
import { type Answer, notFound } from "../http/answer.ts";
import { type HttpRequest, HttpServer } from "../http/server.ts";
import { mesosVersion } from "../version-info.ts";
import { pingAgent } from "./agents.ts";
import { isLinkPath, linkEndpoint } from "./link-endpoint.ts";
import { runAllocator } from "./offers.ts";
import { operatorEndpoint } from "./operator/endpoint.ts";
import { defaultTimings, type MasterTimings } from "./options.ts";
import { fileRegistry, memoryRegistry, type Registry } from "./registry.ts";
import { schedulerEndpoint } from "./scheduler-endpoint.ts";
import { MasterState } from "./state.ts";

/** How long agents of an earlier run may stay away before reconciliation stops waiting for them. */
const agentReturnMs = 600_000;

export interface MasterOptions {
  /** Address to listen on, also the one that is announced. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Directory of the registry; without it nothing survives a restart. */
  readonly workDir?: string;
  readonly timings?: Partial<MasterTimings>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export class Master {
  readonly #options: MasterOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timings: MasterTimings;
  #server: HttpServer | undefined;
  #state: MasterState | undefined;
  readonly #cancels = new Map<string, () => void>();

  constructor(options: MasterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#timings = { ...defaultTimings, ...options.timings };
  }

  /** Listens and allocates; resolves with the `host:port` for schedulers and agents. */
  async start(): Promise<string> {
    const { host, port, workDir } = this.#options;
    const server = new HttpServer({
      host,
      port,
      clock: this.#clock,
      logger: this.#logger,
      handler: (request) => this.#handle(request),
    });
    const actualPort = await server.start();
    this.#server = server;
    const registry = workDir === undefined ? memoryRegistry : fileRegistry(workDir);
    const state = this.#createState(registry, masterInfo(host, actualPort));
    this.#state = state;
    state.onAllocationWanted = () => this.#timer("allocate-soon", 0, () => runAllocator(state));
    this.#every("allocate", this.#timings.allocationIntervalMs, () => runAllocator(state));
    this.#every("ping", this.#timings.agentPingIntervalMs, () => {
      for (const agent of [...state.agents.values()]) pingAgent(state, agent);
    });
    this.#timer("agents-return", agentReturnMs, () => {
      for (const id of state.recoveredAgents) state.unreachable.set(id, state.nanoseconds());
      state.recoveredAgents.clear();
    });
    this.#logger.info("the embedded Mesos master listens", { address: `${host}:${actualPort}`, id: state.masterId });
    return `${host}:${actualPort}`;
  }

  /** Stops at once; frameworks and agents see their connections break, as in a crash. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    const state = this.#state;
    this.#state = undefined;
    for (const framework of state?.frameworks.values() ?? []) {
      framework.cancelHeartbeat?.();
      framework.cancelFailover?.();
      delete framework.stream;
    }
    for (const agent of state?.agents.values() ?? []) delete agent.stream;
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** The state, for tests that check the books. */
  get state(): MasterState | undefined {
    return this.#state;
  }

  #createState(registry: Registry, info: MasterInfo): MasterState {
    const content = registry.load();
    const state = new MasterState({
      clock: this.#clock,
      logger: this.#logger,
      timings: this.#timings,
      info,
      newUuid,
      saveRegistry: () =>
        registry.save({
          agents: [...state.agents.keys(), ...state.recoveredAgents],
          unreachable: Object.fromEntries([...state.unreachable].map(([id, since]) => [id, String(since)])),
          gone: [...state.goneAgents],
          removed_frameworks: [...state.removedFrameworks],
        }),
    });
    for (const id of content.agents) state.recoveredAgents.add(id);
    for (const [id, since] of Object.entries(content.unreachable)) state.unreachable.set(id, BigInt(since));
    for (const id of content.gone) state.goneAgents.add(id);
    for (const id of content.removed_frameworks) state.removedFrameworks.add(id);
    return state;
  }

  #handle(request: HttpRequest): Answer | undefined {
    const state = this.#state;
    if (state === undefined) return notFound;
    if (isLinkPath(request.path)) return linkEndpoint(state, request);
    const path = request.path.replace(/^\/master(?=\/|$)/, "");
    if (path === "/api/v1/scheduler") return schedulerEndpoint(state, request);
    return operatorEndpoint(state, { ...request, path });
  }

  #timer(name: string, ms: number, action: () => void): void {
    this.#cancels.get(name)?.();
    this.#cancels.set(name, this.#clock.after(ms, action));
  }

  #every(name: string, ms: number, action: () => void): void {
    this.#timer(name, ms, () => {
      this.#every(name, ms, action);
      action();
    });
  }
}

/** What the master says about itself; `ip` is the address as a little-endian number, as Mesos prints it. */
function masterInfo(host: string, port: number): MasterInfo {
  const ip = isIPv4(host) ? Buffer.from(host.split(".").map(Number)).readUInt32LE() : 0;
  return {
    id: randomUUID(),
    ip,
    port,
    pid: `master@${host}:${port}`,
    hostname: host,
    version: mesosVersion.version,
    address: { hostname: host, ip: host, port },
    capabilities: [{ type: "AGENT_UPDATE" }, { type: "AGENT_DRAINING" }, { type: "QUOTA_V2" }],
  };
}
