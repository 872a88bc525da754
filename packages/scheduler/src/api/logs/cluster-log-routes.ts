// GET /k8s/v1/clusters/:name/logs and /vm/v1/vms/:name/logs: the recent log of a cluster or a VM, then every new entry as it happens; as a WebSocket, as server-sent
// events, as lines of JSON or as one array. Each client reads at its own pace and costs no memory; one that stands still is cut off.
import { Readable } from "node:stream";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { vmLog } from "../../vm/views/vm-log.ts";
import { closeCodes } from "../forwarding/tunnel.ts";
import { goneSignal } from "../streams/gone-signal.ts";
import { sendHeadNow } from "../streams/head-now.ts";
import { sent } from "../streams/sent-frame.ts";
import { watchClient } from "../streams/websocket-liveness.ts";
import { asText, textFormats } from "./log-formats.ts";
import { checkLogNames, refuseLogNames } from "./log-names.ts";
import { type LogFilter, type LogRequest, readLogRequest } from "./log-query.ts";
import { type LoggedLog, type ReadEntry, readLog } from "./log-reading.ts";

export interface ClusterLogOptions {
  readonly services: ServiceAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time between signs of life. A WebSocket that does not answer for two is cut off. Default 15 s. */
  readonly heartbeatMs?: number;
  /** A client that takes nothing for so long is cut off. Default 60 s. */
  readonly stalledMs?: number;
}

const parameters = z.object({ name: z.string() });
const nameOf = (request: FastifyRequest) => parameters.parse(request.params).name;
/** Close code of RFC 6455 §7.4.1. */
const normal = 1000;

/** Whose logs a route serves. */
interface LoggedKind {
  readonly url: string;
  readonly what: string;
  readonly filters: string;
  /** Throws a CkeError (404) for an unknown name. `live`: it is to go on, which only a leader's does. */
  readonly logOf: (services: ServiceAccess, name: string, live: boolean) => LoggedLog;
  /** Throws a CkeError (400, 404) for a filter by what it does not have. */
  readonly check: (services: ServiceAccess, name: string, filter: LogFilter) => void;
}

const clusters: LoggedKind = {
  url: "/k8s/v1/clusters/:name/logs",
  what: "cluster",
  filters: "?node=&process=&level=&since=&follow=",
  logOf: (services, name, live) => (live ? services.leading() : services.readable()).log(name),
  check: (services, name, filter) => {
    const service = services.readable();
    checkLogNames(name, filter, () => service.get(name).nodes, service.log(name));
  },
};
const vms: LoggedKind = {
  url: "/vm/v1/vms/:name/logs",
  what: "VM",
  filters: "?level=&since=&follow=",
  logOf: (services, name, live) => vmLog((live ? services.acting().vms : services.readableVms()).log(name)),
  check: (_services, _name, filter) => refuseLogNames(filter),
};

export function logRoutes(app: FastifyInstance, options: ClusterLogOptions): void {
  for (const kind of [clusters, vms]) register(app, options, kind);
}

function register(app: FastifyInstance, options: ClusterLogOptions, kind: LoggedKind): void {
  const { services } = options;
  const { url, what, filters, logOf } = kind;
  app.route({
    method: "GET",
    url,
    exposeHeadRoute: false,
    config: {
      documentation: {
        summary: `the recent log of a ${what}, then live; WebSocket, ?format=sse, ndjson or json; ${filters}`,
        answers: {
          101: "a WebSocket: JSON text frames",
          200: "an array of the entries that are kept (json), a line for each (ndjson), or server-sent events (sse)",
          400: "a field of the query is wrong; the answer says which, and what is allowed",
          404: `no such ${what}, or nothing of it has the name that is filtered by`,
        },
      },
    },
    // Checked before the handshake, so that what is wrong is an ordinary HTTP error.
    preValidation: async (request) => {
      const name = nameOf(request);
      logOf(services, name, false);
      kind.check(services, name, requestOf(request).filter);
    },
    handler: (request, reply) => answer(request, reply, options, logOf),
    wsHandler: (socket, request) => {
      const asked = requestOf(request);
      void serve(socket, logOf(services, nameOf(request), true), asked, options);
    },
  });
}

const requestOf = (request: FastifyRequest): LogRequest => readLogRequest(request.query, request.headers, request.ws);

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  options: ClusterLogOptions,
  logOf: LoggedKind["logOf"],
): Promise<FastifyReply> {
  const { services, clock, heartbeatMs = 15_000, stalledMs = 60_000 } = options;
  const asked = requestOf(request);
  const { follow, format } = asked;
  // What a former leader remembers does not go on.
  const log = logOf(services, nameOf(request), follow);
  const entries = readLog(log, asked, clock, goneSignal(reply.raw));
  reply.header("cache-control", "no-store");
  if (format === "json") {
    const all: ReadEntry[] = [];
    for await (const entry of entries) all.push(entry);
    return reply.send(all);
  }
  const text = textFormats[format];
  reply.type(text.contentType).header("x-accel-buffering", "no");
  // With heartbeats there is always something to take.
  if (follow) reply.raw.setTimeout(stalledMs, () => reply.raw.destroy());
  sendHeadNow(reply);
  return reply.send(Readable.from(asText(entries, text, clock, heartbeatMs), { objectMode: false }));
}

async function serve(
  socket: WebSocket,
  log: LoggedLog,
  asked: LogRequest,
  { clock, logger, heartbeatMs = 15_000 }: ClusterLogOptions,
): Promise<void> {
  const gone = goneSignal(socket);
  watchClient(socket, clock, 2 * heartbeatMs);
  socket.on("error", (error) => logger.debug("a connection of a cluster's log failed", { error }));
  try {
    let last: ReadEntry | undefined;
    for await (const entry of readLog(log, asked, clock, gone)) {
      last = entry;
      await sent(socket, JSON.stringify(entry));
    }
    if (last?.type === "end" && log.end?.over === false) socket.close(closeCodes.restart, "connect again");
    else socket.close(normal, last?.type === "end" ? last.reason : "this is all that is kept");
  } catch (error) {
    logger.debug("a client of a cluster's log has gone away", { reason: messageOf(error) });
    socket.terminate();
  }
}
