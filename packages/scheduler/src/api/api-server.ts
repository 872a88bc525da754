// The scheduler's HTTP server: one fastify instance, one plugin for each resource, one place for errors.
// Life cycle: create → listen → open → stop (sockets are closed, running requests may finish). Before the body of a request is
// read, it is decided whether this scheduler or the leader answers.

import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import websocket from "@fastify/websocket";
import { type FastifyInstance, fastify } from "fastify";
import type { Registry } from "prom-client";
import type { ExecFiles } from "../exec-files/exec-files.ts";
import { ActingChannels } from "../leadership/acting-channels.ts";
import { actingMasters } from "../leadership/acting-masters.ts";
import { serviceAccess } from "../leadership/service-access.ts";
import type { ActivityTracker } from "../observe/activity-tracker.ts";
import { ApiserverProxy } from "./apiserver/apiserver-proxy.ts";
import { Connections } from "./connections.ts";
import { pageRoutes } from "./console/page-routes.ts";
import type { WebAssets } from "./console/web-assets.ts";
import {
  asksForUpgrade,
  asksForWebSocket,
  RequestForwarding,
  type SchedulerMember,
} from "./forwarding/request-forwarding.ts";
import { closeCodes } from "./forwarding/tunnel.ts";
import { listenProblem, parseListen } from "./listen-address.ts";
import { type ClusterLogOptions, logRoutes } from "./logs/cluster-log-routes.ts";
import { observeRequests } from "./request-observation.ts";
import { type AllowedHosts, isLoopbackAddress } from "./requests/allowed-hosts.ts";
import { errorAnswer } from "./requests/api-error.ts";
import { boundBodyTime } from "./requests/body-time.ts";
import { addJsonBodies } from "./requests/json-body.ts";
import { refuseUnreadable } from "./requests/unreadable-request.ts";
import { routedUrl } from "./requests/url-aliases.ts";
import { apiserverRoutes } from "./routes/apiserver-routes.ts";
import { clusterRoutes } from "./routes/cluster-routes.ts";
import { execRoutes } from "./routes/exec-routes.ts";
import { expectationRoutes } from "./routes/expectation-routes.ts";
import { floatingRoutes } from "./routes/floating-routes.ts";
import { type GeneralRoutesOptions, generalRoutes } from "./routes/general-routes.ts";
import { helpRoutes } from "./routes/help-routes.ts";
import { nodeRoutes } from "./routes/node-routes.ts";
import { planRoutes } from "./routes/plan-routes.ts";
import { processRoutes } from "./routes/process-routes.ts";
import type { ServingPhase } from "./routes/readiness.ts";
import { RouteCatalog } from "./routes/route-catalog.ts";
import { checkRoutes } from "./streams/check-routes.ts";
import { execNodeRoutes } from "./streams/exec-node-routes.ts";
import { fileRoutes } from "./streams/file-routes.ts";
import { serialConsole, vmConsoleRoutes } from "./vm/vm-console-routes.ts";
import { vmControlRoutes } from "./vm/vm-control-routes.ts";
import { vmMigrationRoutes } from "./vm/vm-migration-routes.ts";
import { vmRoutes } from "./vm/vm-routes.ts";

export interface ApiServerOptions {
  readonly member: SchedulerMember;
  readonly hosts: AllowedHosts;
  readonly storage: GeneralRoutesOptions["storage"];
  readonly execFiles: ExecFiles;
  readonly pages: WebAssets;
  /** -console_idle */
  readonly consoleIdleMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: Registry;
  readonly tracker: ActivityTracker;
  /** Bytes of a body; default 4 MiB. */
  readonly bodyLimit?: number;
  /** How long a body may take; default 60 s. */
  readonly bodyMs?: number;
  readonly clusterLog?: Pick<ClusterLogOptions, "heartbeatMs" | "stalledMs">;
}

/** After this time without a byte from a client the kernel asks its host for a sign of life, and soon ends the connection when there is none. */
const silentMs = 15_000;
/** How often a stop looks for connections without a request. */
const idleCheckMs = 100;

export class ApiServer {
  readonly #app: FastifyInstance;
  readonly #clock: Clock;
  readonly #setPhase: (phase: ServingPhase) => void;
  readonly #forwarding: RequestForwarding;
  readonly #connections = new Connections();

  private constructor(
    app: FastifyInstance,
    clock: Clock,
    forwarding: RequestForwarding,
    setPhase: (phase: ServingPhase) => void,
  ) {
    this.#app = app;
    this.#clock = clock;
    this.#setPhase = setPhase;
    this.#forwarding = forwarding;
    this.#connections.watch(app.server);
  }

  /** Builds the server with all routes; it answers `app.inject` but does not listen yet. */
  static async create(options: ApiServerOptions): Promise<ApiServer> {
    const { member, hosts, logger, clock, tracker, metrics, bodyLimit = 4 * 1024 * 1024 } = options;
    const services = serviceAccess(member.standing);
    const channels = new ActingChannels(member.standing);
    const apiserver = new ApiserverProxy(actingMasters(member.standing));
    const forwarding = new RequestForwarding({ member, hosts, channels, apiserver, clock, bodyLimit });
    let phase: ServingPhase = "starting";
    const catalog = new RouteCatalog();
    const app = fastify({
      bodyLimit,
      exposeHeadRoutes: true,
      forceCloseConnections: "idle",
      // A request that arrives during a stop is answered as usual; then its connection is closed.
      return503OnClosing: false,
      http: { shouldUpgradeCallback: asksForUpgrade, keepAlive: true, keepAliveInitialDelay: silentMs },
      clientErrorHandler: refuseUnreadable,
      rewriteUrl: (request) => routedUrl(request.url ?? "/"),
      routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 4_096 },
      frameworkErrors: (error, _request, reply) => {
        // This runs before routing, so reply.send has no route and no types yet.
        const { status, body } = errorAnswer(error, bodyLimit);
        reply.hijack();
        reply.raw.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
      },
    });
    addJsonBodies(app);
    boundBodyTime(app, clock, options.bodyMs);
    catalog.watch(app);
    observeRequests(app, { logger, tracker, metrics });
    forwarding.addTo(app);
    app.addHook("onSend", async (request, reply) => {
      // Foreign pages must not embed an answer, and browsers must not guess its content type.
      reply.headers({ "cross-origin-resource-policy": "same-origin", "x-content-type-options": "nosniff" });
      // The connection of a refused WebSocket is closed, so the answer must not say keep-alive.
      if (asksForWebSocket(request.raw)) reply.header("connection", "close");
    });
    app.setErrorHandler((error, request, reply) => {
      const { status, headers, body, unexpected } = errorAnswer(error, bodyLimit);
      // The rest of the body is read and discarded: if the connection were cut now, the client could lose the answer.
      if (status === 413) reply.removeHeader("connection");
      const fields = { method: request.method, route: request.routeOptions.url, error };
      if (unexpected) logger.error("a request failed unexpectedly", fields);
      return reply.code(status).headers(headers).send(body);
    });
    app.setNotFoundHandler((request, reply) => {
      const allowed = catalog.methodsOf(request.url);
      if (allowed.length === 0) {
        const error = `there is no ${request.method} ${request.url}; GET /k8s/v1/help lists the routes`;
        return reply.code(404).send({ error, code: "no_such_route" });
      }
      reply.header("allow", allowed.join(", "));
      if (request.method === "OPTIONS") return reply.code(204).send();
      const error = `${request.method} is not possible here: allowed is ${allowed.join(", ")}`;
      return reply.code(405).send({ error, code: "method_not_allowed" });
    });
    await app.register(websocket, {
      options: { maxPayload: 64 * 1024, server: forwarding.localUpgrades },
      // A frame that breaks the protocol or is too long: ws closes with the code that says so. The library's own handler would
      // cut the connection before the client has read it.
      errorHandler: (error, socket, request) => {
        logger.debug("a WebSocket failed", { route: request.routeOptions.url, error });
        if (socket.readyState === socket.OPEN) socket.close(closeCodes.unexpected, "unexpected error");
      },
      preClose: (done) => {
        forwarding.stop();
        apiserver.stop();
        for (const client of app.websocketServer.clients)
          client.close(closeCodes.goingAway, "the scheduler is stopping");
        app.websocketServer.close(() => done());
      },
    });
    const openAddress = () => openAddressOf(app);
    await app.register(async (scope) =>
      generalRoutes(scope, { ...options, standing: member.standing, phase: () => phase, openAddress }),
    );
    await app.register(async (scope) =>
      execRoutes(scope, options.execFiles, (...asked) => forwarding.tryForward(...asked)),
    );
    await app.register(async (scope) => clusterRoutes(scope, services));
    await app.register(async (scope) => nodeRoutes(scope, services));
    await app.register(async (scope) => floatingRoutes(scope, services));
    await app.register(async (scope) => planRoutes(scope, services));
    await app.register(async (scope) => expectationRoutes(scope, services));
    await app.register(async (scope) => processRoutes(scope, services));
    await app.register(async (scope) => logRoutes(scope, { ...options, services, ...options.clusterLog }));
    await app.register(async (scope) => fileRoutes(scope, services));
    await app.register(async (scope) => checkRoutes(scope, services));
    await app.register(async (scope) => execNodeRoutes(scope, { channels, clock, logger }));
    await app.register(async (scope) => apiserverRoutes(scope, apiserver));
    const pages = { services, channels, assets: options.pages, idleMs: options.consoleIdleMs, clock, logger, metrics };
    await app.register(async (scope) => pageRoutes(scope, pages));
    await app.register(async (scope) => vmConsoleRoutes(scope, { ...pages, serial: serialConsole(pages) }));
    await app.register(async (scope) => vmRoutes(scope, services));
    await app.register(async (scope) => vmControlRoutes(scope, services));
    await app.register(async (scope) => vmMigrationRoutes(scope, services));
    await app.register(async (scope) => helpRoutes(scope, catalog));
    await app.ready();
    return new ApiServer(app, clock, forwarding, (next) => {
      phase = next;
    });
  }

  /** For tests: sends a request without a socket. */
  get inject(): FastifyInstance["inject"] {
    return this.#app.inject.bind(this.#app);
  }

  /** Listens at `host:port` (the -listen flag); returns the port in use, which differs for port 0. */
  async listen(address: string): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = parseListen(address);
    try {
      await this.#app.listen({ host, port });
    } catch (error) {
      throw listenError(address, error);
    }
    const bound = this.#app.server.address();
    return { host, port: typeof bound === "object" && bound !== null ? bound.port : port };
  }

  /** `address:port` at which other hosts reach the API; undefined when only this host does. */
  openAddress(): string | undefined {
    return openAddressOf(this.#app);
  }

  /** All parts are started: from now on /readyz depends on the standing only. */
  open(): void {
    this.#setPhase("serving");
  }

  /** This scheduler leads no longer: closes all WebSockets, so that their clients connect again and reach the new leader. */
  stepDown(): void {
    for (const client of this.#app.websocketServer.clients)
      client.close(closeCodes.restart, "this scheduler leads no longer; connect again");
  }

  /** From now on /readyz answers 503. Requests are still answered; after that their connections are closed. */
  drain(): void {
    this.#setPhase("draining");
    this.#connections.drain();
  }

  /** Stops the server. Running requests may finish within `graceMs`; then their connections are cut. */
  async stop(graceMs: number): Promise<void> {
    this.drain();
    // New connections may arrive until the listening socket is closed.
    let cancelDrain = () => {};
    const drain = () => {
      this.#connections.drain();
      cancelDrain = this.#clock.after(idleCheckMs, drain);
    };
    drain();
    const cancel = this.#clock.after(graceMs, () => {
      this.#app.server.closeAllConnections();
      for (const client of this.#app.websocketServer.clients) client.terminate();
      this.#forwarding.cut();
    });
    try {
      await this.#app.close();
    } finally {
      cancel();
      cancelDrain();
      this.#forwarding.cut();
    }
  }
}

function openAddressOf(app: FastifyInstance): string | undefined {
  const bound = app.server.address();
  if (typeof bound !== "object" || bound === null || isLoopbackAddress(bound.address)) return undefined;
  return bound.family === "IPv6" ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
}

function listenError(address: string, error: unknown): CkeError {
  const words = listenProblem(error) ?? messageOf(error);
  return new CkeError("listen_failed", `-listen ${address}: ${words}`, { cause: error });
}
