// Joins the forwarder to the server: every request that is not for this scheduler goes to the leader before its body is
// read, every WebSocket before its handshake. Before that it is decided who may ask at all.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { CkeError, Clock } from "@cke/foundation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { asksForChannel } from "../../channel/dial-request.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { Role } from "../../leadership/role.ts";
import type { AllowedHosts } from "../requests/allowed-hosts.ts";
import { errorAnswer } from "../requests/api-error.ts";
import { type Destination, destinationOf, forwardedHeader, staleHeader } from "./destination.ts";
import { headText } from "./forwarded-headers.ts";
import { Forwarder, type ForwarderOptions } from "./forwarder.ts";
import { closeCodes, Tunnels } from "./tunnel.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** True for a route about this process itself: a follower answers it too. */
    readonly local?: boolean;
  }
}

/** This scheduler among the others. */
export interface SchedulerMember {
  readonly id: string;
  /** What the others find it under; known once it listens. */
  readonly url: () => string;
  readonly role: () => Role;
}

export interface RequestForwardingOptions extends Omit<ForwarderOptions, "id"> {
  readonly member: SchedulerMember;
  /** Who may ask at all; what is refused is not passed on either. */
  readonly hosts: AllowedHosts;
  /** Gets the dials of executors: they are for this very scheduler, and are never passed on. */
  readonly channels: Pick<WorkloadChannels, "dial">;
  readonly clock: Clock;
  readonly bodyLimit: number;
}

export class RequestForwarding {
  /** Gets the upgrades that are for this scheduler; never listens itself. */
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
    const { hosts, channels } = this.#options;
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
      const destination = this.#destination(request, false);
      if (destination.kind === "refused") refuse(destination.error);
      else if (destination.kind === "leader") this.#tunnels.open(request, socket, head, destination.to, refuse);
      else this.localUpgrades.emit("upgrade", request, socket, head);
    });
  }

  /** Passes a request on that this scheduler cannot answer although it is a local one; false when there is nowhere to. */
  tryForward(request: FastifyRequest, reply: FastifyReply): boolean {
    const destination = this.#destination(request.raw, false);
    if (destination.kind !== "leader") return false;
    this.#forward(request, reply, destination);
    return true;
  }

  /** Ends the WebSockets that go to the leader; requests that were passed on get their answers. */
  stop(): void {
    this.#tunnels.close(closeCodes.goingAway, "this scheduler is stopping");
  }

  /** The time for going is over: ends whatever still goes to the leader, and the connections that are kept to it. */
  cut(): void {
    this.#tunnels.cut();
    this.#forwarder.close();
  }

  #destination(request: IncomingMessage, local: boolean): Destination {
    const { method = "GET", url = "/", headers } = request;
    const { member } = this.#options;
    const asked = {
      method,
      // An URL that is no path (`*`, or one with a host, as for proxies) is nobody else's business.
      local: local || !url.startsWith("/"),
      forwarded: headers[forwardedHeader] !== undefined,
      returned: headers[forwardedHeader] === member.id,
      upgrade: asksForWebSocket(request),
    };
    return destinationOf(asked, member.role(), member.url());
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
  return asksForWebSocket(request) || asksForChannel(request);
}

/**
 * Whether a request wants to become a WebSocket. Any other offer of a protocol (`h2c` of Java's client and of curl) is
 * ignored, as RFC 9110 §7.8 allows, and its request answered.
 */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
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
