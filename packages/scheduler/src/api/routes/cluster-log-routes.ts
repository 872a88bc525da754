// GET /k8s/v1/clusters/:name/logs: a WebSocket with the recent cluster log, then every new entry as it happens.
// A client that does not read is cut off before its backlog costs the scheduler memory; a dead one by missed pongs.
import type { Clock, Logger } from "@cke/foundation";
import { CkeError } from "@cke/foundation";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import type { ClusterLogEntry } from "../../workload/plans/log-entry.ts";
import { watchClient } from "../streams/websocket-liveness.ts";

export interface ClusterLogOptions {
  readonly services: ServiceAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time between pings; a client that missed one whole period is cut off. Default 30 s. */
  readonly pingMs?: number;
  /** Bytes that may wait for a slow client. Default 4 MiB. */
  readonly maxBufferedBytes?: number;
}

const parameters = z.object({ name: z.string() });
const nameOf = (request: FastifyRequest) => parameters.parse(request.params).name;
/** Close codes of RFC 6455 §7.4.1. */
const closeCodes = { slow: 1013 } as const;

export function clusterLogRoutes(app: FastifyInstance, options: ClusterLogOptions): void {
  const { services } = options;
  app.route({
    method: "GET",
    url: "/k8s/v1/clusters/:name/logs",
    config: {
      documentation: {
        summary: "WebSocket: the recent log of a cluster, then live",
        answers: { 101: "JSON text frames", 404: "no such cluster", 426: "not a WebSocket request" },
      },
    },
    // Checked before the handshake, so that an unknown cluster is an ordinary 404.
    preValidation: async (request) => void services.readable().get(nameOf(request)),
    handler: async (_request, reply) => {
      reply.header("upgrade", "websocket").header("connection", "upgrade");
      throw new CkeError("upgrade_required", "this is a WebSocket: connect with ws://", { status: 426 });
    },
    wsHandler: (socket, request) => serve(socket, nameOf(request), options),
  });
}

function serve(socket: WebSocket, name: string, options: ClusterLogOptions): void {
  const { services, clock, logger, pingMs = 30_000, maxBufferedBytes = 4 * 1024 * 1024 } = options;
  const cutOff = () => {
    logger.warning("a client of the cluster log reads too slowly: cut off", { cluster: name });
    socket.close(closeCodes.slow, "the client reads too slowly");
    socket.terminate();
  };
  const send = (entry: ClusterLogEntry) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > maxBufferedBytes) cutOff();
    else socket.send(JSON.stringify(entry));
  };

  const { replay, unsubscribe } = services.leading().subscribeLog(name, send);
  // The replay is sent at once, without the limit for slow clients, because it may be larger than that limit.
  for (const entry of replay) socket.send(JSON.stringify(entry));
  watchClient(socket, clock, pingMs);
  socket.on("error", (error) => logger.debug("cluster log connection failed", { cluster: name, error }));
  socket.on("close", () => {
    unsubscribe();
  });
}
