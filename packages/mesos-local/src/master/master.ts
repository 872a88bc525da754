// The embedded master: an HTTP server in front of a master core. See docs/mesos-local.md.
import { randomUUID } from "node:crypto";
import { isIPv4 } from "node:net";
import { type Clock, type Logger, silentLogger, systemClock } from "@cke/foundation";
import { type MasterInfo, newUuid } from "@cke/mesos";
import { type Answer, notFound } from "../http/answer.ts";
import { type HttpRequest, HttpServer } from "../http/server.ts";
import { mesosVersion } from "../wire/mesos-version.ts";
import { isLinkPath, linkEndpoint } from "./agents/link-endpoint.ts";
import { type Authentication, authenticate, realmOf } from "./http/authentication.ts";
import { redirection } from "./http/redirection.ts";
import { MasterCore } from "./master-core.ts";
import { operatorEndpoint } from "./operator-api/endpoint.ts";
import { flagsView } from "./operator-api/flags-view.ts";
import { schedulerEndpoint } from "./scheduler-api/scheduler-endpoint.ts";
import type { MasterState } from "./state/master-state.ts";
import { defaultTimings, type MasterTimings } from "./state/options.ts";
import { fileRegistry, memoryRegistry } from "./state/registry.ts";

interface MasterOptions {
  /** Address to listen on, also the one that is announced. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Directory of the registry; without it nothing survives a restart. */
  readonly workDir?: string;
  readonly timings?: Partial<MasterTimings>;
  /** Without it no request needs a principal. */
  readonly authentication?: Authentication;
  /** Given for a master that does not lead yet: the `host:port` of the leader, if there is one. Only `lead()` makes it lead. */
  readonly follow?: () => string | undefined;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export class Master {
  readonly #options: MasterOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #server: HttpServer | undefined;
  #core: MasterCore | undefined;
  #leads: boolean;
  #port = 0;

  constructor(options: MasterOptions) {
    this.#options = options;
    this.#leads = options.follow === undefined;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Listens and allocates; resolves with the `host:port` for schedulers and agents. */
  async start(): Promise<string> {
    const { host, port } = this.#options;
    const server = new HttpServer({
      host,
      port,
      clock: this.#clock,
      logger: this.#logger,
      handler: (request) => this.#handle(request),
    });
    const actualPort = await server.start();
    this.#server = server;
    this.#port = actualPort;
    const core = this.#begin();
    const address = `${host}:${actualPort}`;
    this.#logger.info("the embedded Mesos master listens", { address, id: core.state.masterId, leads: this.#leads });
    return address;
  }

  /** Becomes the leader. It begins with the registry as it is now, and without frameworks and agents until they register. */
  lead(): void {
    if (this.#leads) return;
    this.#leads = true;
    this.#core?.stop();
    this.#begin();
  }

  #begin(): MasterCore {
    const { host, workDir, timings, authentication } = this.#options;
    const port = this.#port;
    const core = new MasterCore({
      info: masterInfo(host, port),
      registry: workDir === undefined ? memoryRegistry() : fileRegistry(workDir),
      clock: this.#clock,
      logger: this.#logger,
      ...(timings === undefined ? {} : { timings }),
      flags: flagsView({
        ...{ host, port, workDir, authentication },
        timings: { ...defaultTimings, ...timings },
      }),
      newUuid,
    });
    core.state.leads = this.#leads;
    this.#core = core;
    core.start();
    return core;
  }

  /** Stops at once; frameworks and agents see their connections break, as in a crash. */
  async stop(): Promise<void> {
    this.#core?.stop();
    this.#core = undefined;
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** The state, for agents in this process and for tests that check the ledgers. */
  get state(): MasterState | undefined {
    return this.#core?.state;
  }

  #handle(request: HttpRequest): Answer | undefined {
    const state = this.state;
    if (state === undefined) return notFound;
    if (isLinkPath(request.path)) return this.#leads ? linkEndpoint(state, request) : notFound;
    const path = request.path.replace(/^\/master(?=\/|$)/, "");
    const who = authenticate(this.#options.authentication, realmOf(path), request.header("authorization"));
    if ("refused" in who) return who.refused;
    const elsewhere = this.#leads ? undefined : redirection(this.#options.follow?.(), { ...request, path });
    if (elsewhere !== undefined) return elsewhere;
    if (path === "/api/v1/scheduler") return schedulerEndpoint(state, request, who.principal);
    return operatorEndpoint(state, { ...request, path }, who.principal);
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
