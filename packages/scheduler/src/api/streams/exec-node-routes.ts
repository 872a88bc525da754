// GET …/nodes/:node/exec: a WebSocket with a command in a node, with or without a terminal. What is wrong before it runs is an
// ordinary HTTP error. A client that does not read holds up its command, and costs the scheduler no memory.
import type { IncomingMessage } from "node:http";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { ExecStream } from "../../channel/exec-stream.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { closeCodes } from "../forwarding/tunnel.ts";
import { validate } from "../requests/api-error.ts";
import { execQuery, frameOf, inQueryNames, readControl } from "./exec-messages.ts";
import { takeInOrder } from "./frames-in-order.ts";
import { goneSignal } from "./gone-signal.ts";
import { sent } from "./sent-frame.ts";
import { watchClient } from "./websocket-liveness.ts";

export interface ExecNodeOptions {
  readonly channels: WorkloadChannels;
  readonly clock: Clock;
  readonly logger: Logger;
}

const parameters = z.object({ name: z.string(), node: z.string() });
const pingMs = 30_000;
/** Close code of RFC 6455 §7.4.1. */
const normal = 1000;

export function execNodeRoutes(app: FastifyInstance, options: ExecNodeOptions): void {
  /** Commands that run already, until their WebSockets are there. */
  const begun = new WeakMap<IncomingMessage, ExecStream>();
  app.route({
    method: "GET",
    url: "/k8s/v1/clusters/:name/nodes/:node/exec",
    config: {
      documentation: {
        summary: "WebSocket: runs a command in a node (?command=&command=&tty=true&rows=&columns=&user=)",
        answers: {
          101: "binary frames: input, output (1 before it), errors (2 before them); JSON text frames: resize, signal, exit",
          404: "no such cluster or node",
          409: "the node does not run",
          426: "not a WebSocket request",
        },
      },
    },
    // Before the handshake, so that what is wrong is an ordinary HTTP error.
    preValidation: async (request) => {
      if (!request.ws) return;
      begun.set(request.raw, await begin(request, options.channels));
    },
    handler: async (_request, reply) => {
      reply.header("upgrade", "websocket").header("connection", "upgrade");
      throw new CkeError("upgrade_required", "this is a WebSocket: connect with ws://", { status: 426 });
    },
    wsHandler: (socket, request) => {
      const stream = begun.get(request.raw);
      if (stream === undefined) socket.terminate();
      else serve(socket, stream, options);
    },
  });
}

async function begin(request: FastifyRequest, channels: WorkloadChannels): Promise<ExecStream> {
  const { name, node } = parameters.parse(request.params);
  const { command, tty, rows, columns, user } = validate(execQuery, request.query, "the query");
  const signal = goneSignal(request.raw.socket);
  const channel = await channels.open(name, node, signal);
  const terminal = tty === "true" ? { tty: true, size: { rows, columns } } : {};
  try {
    return await channel.exec({ command, user, ...terminal }, signal);
  } catch (error) {
    throw inQueryNames(error);
  }
}

function serve(socket: WebSocket, stream: ExecStream, { clock, logger }: ExecNodeOptions): void {
  watchClient(socket, clock, pingMs);
  socket.on("error", (error) => logger.debug("an exec connection failed", { error }));
  socket.on("close", () => stream.close());
  takeInOrder(socket, (data, binary) => take(stream, data, binary).catch((error: unknown) => refuse(socket, error)));
  void pass(socket, stream);
}

async function take(stream: ExecStream, bytes: Buffer, binary: boolean): Promise<void> {
  if (binary) return await stream.write(bytes);
  const control = readControl(bytes.toString("utf8"));
  if (control.type === "resize") await stream.resize({ rows: control.rows, columns: control.columns });
  else if (control.type === "signal") await stream.signal(control.name);
  else await stream.endInput();
}

/** Tells the client what is wrong with its frame. The command goes on. */
function refuse(socket: WebSocket, error: unknown): void {
  if (socket.readyState === socket.OPEN) socket.send(errorFrame(error));
}

function errorFrame(error: unknown): string {
  const code = error instanceof CkeError ? error.code : "internal";
  return JSON.stringify({ type: "error", code, error: messageOf(error) });
}

async function pass(socket: WebSocket, stream: ExecStream): Promise<void> {
  try {
    for await (const event of stream.events()) await sent(socket, frameOf(event));
    socket.close(normal, "the command has ended");
  } catch (thrown) {
    const error = inQueryNames(thrown);
    if (socket.readyState !== socket.OPEN) return;
    const code = error instanceof CkeError ? error.code : "internal";
    socket.send(errorFrame(error));
    if (code === "not_leader") socket.close(closeCodes.restart, "this scheduler leads no longer; connect again");
    else socket.close(closeCodes.unexpected, "the stream is lost");
  }
}
