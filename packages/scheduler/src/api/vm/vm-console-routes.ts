// The consoles of a VM: its screen (noVNC in a page, RFB over a WebSocket) and its serial line (the page of terminals).
import type { Duplex } from "node:stream";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { consoleQuery } from "../../console/console-request.ts";
import { SerialSessions } from "../../console/serial-sessions.ts";
import type { ServiceAccess } from "../../leadership/service-access.ts";
import { vmUnit } from "../../vm/body/vm-spec.ts";
import { type ConsoleSocketOptions, serveConsole } from "../console/console-socket.ts";
import { sendPage } from "../console/page.ts";
import type { WebAssets } from "../console/web-assets.ts";
import { closeCodes } from "../forwarding/tunnel.ts";
import { validate } from "../requests/api-error.ts";
import { clientOf } from "../routes/request-client.ts";
import { takeInOrder } from "../streams/frames-in-order.ts";
import { goneSignal } from "../streams/gone-signal.ts";
import { sent } from "../streams/sent-frame.ts";
import { watchClient } from "../streams/websocket-liveness.ts";
import { vmNameOf, vmsPath } from "./vm-routes.ts";

export interface VmConsoleOptions {
  readonly services: ServiceAccess;
  readonly assets: WebAssets;
  /** Serial lines. */
  readonly serial: ConsoleSocketOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the sockets of serial lines need. */
export function serialConsole(
  options: Omit<ConsoleSocketOptions, "sessions"> & {
    readonly services: ServiceAccess;
    readonly channels: WorkloadChannels;
  },
): ConsoleSocketOptions {
  const { services, channels, logger } = options;
  const unit = (vm: string) => {
    services.readableVms().get(vm);
    return vmUnit;
  };
  return { ...options, sessions: new SerialSessions({ channels, unit, logger }) };
}

const pingMs = 15_000;
/** Close code of RFC 6455 §7.4.1. */
const normal = 1000;

const needsUpgrade = async (): Promise<never> => {
  throw new CkeError("upgrade_required", "this is a WebSocket: connect with ws://", { status: 426 });
};

export function vmConsoleRoutes(app: FastifyInstance, options: VmConsoleOptions): void {
  const { services, assets, serial } = options;
  const base = `${vmsPath}/:name/console`;
  const page = (what: string, file: string, summary: string) =>
    app.get(
      `${base}/${what}`,
      { config: { documentation: { summary, answers: { 200: "an HTML page", 404: "no such VM" } } } },
      async (request, reply) => {
        services.readableVms().get(vmNameOf(request));
        return await sendPage(reply, assets, file);
      },
    );
  page("vnc", "vnc.html", "the screen of a VM in the browser");
  page("serial", "terminal.html", "the serial console of a VM in the browser");
  app.route({
    method: "GET",
    url: `${base}/vnc/ws`,
    config: {
      documentation: {
        summary: "WebSocket of the screen: the RFB protocol in binary frames",
        answers: {
          101: "binary frames both ways. Close codes: 1000, 1012, 4000 + HTTP status",
          426: "not a WebSocket request",
        },
      },
    },
    handler: needsUpgrade,
    wsHandler: (socket, request) => void serveScreen(socket, request, options),
  });
  app.route({
    method: "GET",
    url: `${base}/serial/ws`,
    config: {
      documentation: {
        summary: "WebSocket of the serial console, like that of a cluster's web terminal",
        answers: {
          101: "binary frames: input and output; JSON text frames: session, exit, error",
          426: "not a WebSocket request",
        },
      },
    },
    handler: needsUpgrade,
    wsHandler: (socket, request) => {
      const query = () => validate(consoleQuery, request.query, "the query");
      void serveConsole(socket, { cluster: vmNameOf(request), query, by: clientOf(request) }, serial);
    },
  });
}

/** Passes bytes both ways until one side ends. A side that does not read holds up the other one. */
async function serveScreen(
  socket: WebSocket,
  request: FastifyRequest,
  { services, clock, logger }: VmConsoleOptions,
): Promise<void> {
  const vm = vmNameOf(request);
  const gone = goneSignal(socket);
  const opened = Promise.withResolvers<Duplex | undefined>();
  watchClient(socket, clock, pingMs);
  socket.on("error", (error) => logger.debug("the connection of a screen failed", { vm, error }));
  takeInOrder(socket, async (data) => {
    const stream = await opened.promise;
    if (stream === undefined || stream.destroyed) return;
    if (!stream.write(data)) await new Promise((resolve) => stream.once("drain", resolve).once("close", resolve));
  });
  try {
    const stream = await services.acting().vmControl.console(vm, "vnc", gone);
    gone.addEventListener("abort", () => stream.destroy(), { once: true });
    stream.on("error", (error) => logger.debug("the screen of a VM ended", { vm, error }));
    opened.resolve(stream);
    logger.info("a screen is open", { vm, by: clientOf(request) });
    for await (const data of stream) if (data instanceof Uint8Array) await sent(socket, Buffer.from(data));
    if (socket.readyState === socket.OPEN) socket.close(normal, "the screen is gone");
  } catch (error) {
    opened.resolve(undefined);
    if (socket.readyState !== socket.OPEN) return;
    const status = error instanceof CkeError ? error.status : 500;
    if (status === 500) logger.error("a screen ended unexpectedly", { vm, error });
    // A browser learns nothing of a refused handshake, so what is wrong is told on the WebSocket.
    socket.close(status === 500 ? closeCodes.unexpected : 4_000 + status, messageOf(error).slice(0, 100));
  } finally {
    logger.info("a screen is closed", { vm });
  }
}
