// Connects the forwarder to the server: a request that the leader must answer is forwarded before its body is read, a WebSocket
// before its handshake. The Host and Origin headers are checked even before that.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { CkeError, type Clock } from "@cke/foundation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { asksForChannel } from "../../channel/dial-request.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { clusterOfAuthority } from "../../kubernetes/access/proxied-host.ts";
import type { Standing } from "../../leadership/standing.ts";
import type { AllowedHosts } from "../requests/allowed-hosts.ts";
import { errorAnswer } from "../requests/api-error.ts";
import { type ApiserverUrl, apiserverUrl } from "../requests/url-aliases.ts";
import { type Destination, destinationOf, forwardedHeader, staleHeader } from "./destination.ts";
import { headText } from "./forwarded-headers.ts";
import { Forwarder, type ForwarderOptions } from "./forwarder.ts";
import { closeCodes, Tunnels } from "./tunnel.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** True for a route about this process itself, which followers answer too. */
    readonly local?: boolean;
  }
}

/** This scheduler among the others. */
export interface SchedulerMember {
  readonly id: string;
  /** The address at which the other schedulers reach it; known once it listens. */
  readonly url: () => string;
  readonly standing: () => Standing;
}

/** What this scheduler does, when it leads, with connections to clusters' own APIs. */
export interface ApiserverConnections {
  upgrade(request: IncomingMessage, client: Duplex, head: Buffer, asked: ApiserverUrl): void;
  connect(client: Duplex, head: Buffer, cluster: string): void;
}

export interface RequestForwardingOptions extends Omit<ForwarderOptions, "id"> {
  readonly member: SchedulerMember;
  /** Checks Host and Origin; a refused request is not forwarded either. */
  readonly hosts: AllowedHosts;
  /** Gets the dials of executors: they are for this very scheduler, and are never passed on. */
  readonly channels: Pick<WorkloadChannels, "dial">;
  /** Gets the connections to clusters' own APIs that are no plain requests. */
  readonly apiserver: ApiserverConnections;
  readonly clock: Clock;
  readonly bodyLimit: number;
}

export class RequestForwarding {
  /** Receives the upgrades that this scheduler answers itself. This server never listens. */
  readonly localUpgrades: Server = createServer();
  readonly #options: RequestForwardingOptions;
  readonly #forwarder: Forwarder;
  readonly #tunnels: Tunnels;

  constructor(options: RequestForwardingOptions) {
    this.#options = options;
    this.#forwarder = new Forwarder({ ...options, id: options.member.id });
    this.#tunnels = new Tunnels(this.#forwarder, options.clock);
  }

  addTo(app: FastifyInstance): void {
    const { hosts, channels, apiserver } = this.#options;
    app.addHook("onRequest", async (request, reply) => {
      const refusal = hosts.refusal(request.headers);
      if (refusal !== undefined) throw refusal;
      const destination = this.#destination(request.raw, request.routeOptions.config.local === true);
      if (destination.kind === "refused") throw destination.error;
      if (destination.kind === "leader") return this.#forward(request, reply, destination);
      if (destination.staleSinceMs !== undefined)
        reply.header(staleHeader, new Date(destination.staleSinceMs).toISOString());
      return undefined;
    });
    app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const refuse = (error: CkeError) => refuseUpgrade(socket, error, this.#options.bodyLimit);
      const refusal = hosts.refusal(request.headers);
      if (refusal !== undefined) {
        refuse(refusal);
        return;
      }
      if (asksForChannel(request)) {
        channels.dial(request, socket, head, refuse);
        return;
      }
      this.#upgrade(request, socket, head, () => {
        const asked = apiserverUrl(request.url ?? "/");
        if (asked === undefined) this.localUpgrades.emit("upgrade", request, socket, head);
        else apiserver.upgrade(request, socket, head, asked);
      });
    });
    // No page can make a browser send one, and its Host is the place that it asks for: the hosts are not compared.
    app.server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const cluster = clusterOfAuthority(request.url ?? "");
      if (cluster === undefined) refuseUpgrade(socket, noProxy(), this.#options.bodyLimit);
      else this.#upgrade(request, socket, head, () => apiserver.connect(socket, head, cluster));
    });
  }

  /** The connection goes to the leader, or stays here. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, here: () => void): void {
    const refuse = (error: CkeError) => refuseUpgrade(socket, error, this.#options.bodyLimit);
    const destination = this.#destination(request, false);
    if (destination.kind === "refused") refuse(destination.error);
    else if (destination.kind === "leader") this.#tunnels.open(request, socket, head, destination.to, refuse);
    else here();
  }

  /** Forwards a local request that this scheduler cannot answer; false when there is no leader to forward it to. */
  tryForward(request: FastifyRequest, reply: FastifyReply): boolean {
    const destination = this.#destination(request.raw, false);
    if (destination.kind !== "leader") return false;
    this.#forward(request, reply, destination);
    return true;
  }

  /** Closes forwarded WebSockets; forwarded requests still get their answers. */
  stop(): void {
    this.#tunnels.close(closeCodes.goingAway, "this scheduler is stopping");
  }

  /** The grace period is over: cuts all connections to the leader. */
  cut(): void {
    this.#tunnels.cut();
    this.#forwarder.close();
  }

  #destination(request: IncomingMessage, local: boolean): Destination {
    const { method = "GET", url = "/", headers } = request;
    const { member } = this.#options;
    const asked = {
      method,
      // A URL that is not a path (`*`, or one with a host, as sent to proxies) is never forwarded.
      local: local || !(url.startsWith("/") || method === "CONNECT"),
      forwarded: headers[forwardedHeader] !== undefined,
      returned: headers[forwardedHeader] === member.id,
      upgrade: asksForUpgrade(request),
    };
    return destinationOf(asked, member.standing(), member.url());
  }

  #forward(
    request: FastifyRequest,
    reply: FastifyReply,
    target: Extract<Destination, { kind: "leader" }>,
  ): FastifyReply {
    reply.hijack();
    this.#forwarder.forward(request.raw, reply.raw, request.originalUrl, target, (error) =>
      writeError(reply.raw, error, this.#options.bodyLimit),
    );
    return reply;
  }
}

/** Whether a request wants its connection for something else than HTTP, and gets it. */
export function asksForUpgrade(request: IncomingMessage): boolean {
  return asksForWebSocket(request) || asksForChannel(request) || asksForSpdy(request);
}

/** Older kubectls speak SPDY with a cluster's API server, for terminals and forwarded ports. */
function asksForSpdy({ url = "/", headers }: IncomingMessage): boolean {
  return /^spdy\//i.test(headers.upgrade ?? "") && apiserverUrl(url) !== undefined;
}

/**
 * Whether a request wants to become a WebSocket. Any other offer of a protocol (`h2c` of Java's client and of curl) is
 * ignored, as RFC 9110 §7.8 allows, and its request answered.
 */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

function noProxy(): CkeError {
  const words =
    "this scheduler is a proxy to the API servers of its clusters only, as <cluster>.cke.internal:6443; other addresses must be reached without it";
  return new CkeError("no_proxy", words, { status: 403 });
}

function jsonError(error: CkeError, bodyLimit: number) {
  const { status, headers, body } = errorAnswer(error, bodyLimit);
  const text = JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  return {
    status,
    text,
    headers: { ...headers, "content-type": "application/json; charset=utf-8", "content-length": length },
  };
}

function writeError(response: ServerResponse, error: CkeError, bodyLimit: number): void {
  const { status, text, headers } = jsonError(error, bodyLimit);
  response.writeHead(status, headers).end(text);
}

function refuseUpgrade(socket: Duplex, error: CkeError, bodyLimit: number): void {
  const { status, text, headers } = jsonError(error, bodyLimit);
  socket.on("error", () => socket.destroy());
  socket.end(headText(status, error.code, Object.entries({ ...headers, connection: "close" }).flat()) + text);
}
