// A process of the measurement: the executor's end of a channel, a plain TCP proxy, or what stands behind both.
import { connect, createServer, type Server } from "node:net";
import { ExecutorChannels } from "@cke/executor-core";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { silentLogger, systemClock } from "@cke/foundation";
import { GrpcWrapperClient } from "@cke/k8s-executor/grpc-wrapper-client";
import { SchedulerMessage } from "@cke/protocol";
import { z } from "zod";
import { executorId } from "./peer-process.ts";

const orderSchema = z.union([
  z.object({ order: z.instanceof(Uint8Array) }),
  z.object({ proxy: z.number() }),
  z.object({ memory: z.literal(true) }),
]);

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

const chunk = Buffer.alloc(64 * 1024, "x");
/** Sends without end, and sends back what it gets first when that begins with an "e". */
const source = createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", (first: Buffer) => {
    if (first[0] === 101) {
      socket.write(first);
      socket.pipe(socket);
      return;
    }
    const fill = () => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on("drain", fill);
    fill();
  });
});

const send = (message: object) => void process.send?.(message);

/** A wrapper's socket, or nothing: then the unit is this machine. */
const socket = process.argv[2];

const channels = new ExecutorChannels({
  executorId,
  units: socket === undefined ? new LocalUnits() : (await GrpcWrapperClient.open(socket)).streams,
  send: (bytes) => send({ said: bytes }),
  clock: systemClock,
  logger: silentLogger,
});

process.on("message", (message) => {
  const told = orderSchema.parse(message);
  if ("order" in told) {
    const decoded = SchedulerMessage.decode(told.order).message;
    if (decoded?.kind === "openChannel") channels.receive(decoded.value);
  } else if ("proxy" in told) {
    const proxy = createServer((client) => {
      const target = connect(told.proxy, "127.0.0.1");
      client.pipe(target).pipe(client);
      client.on("error", () => target.destroy());
      target.on("error", () => client.destroy());
      client.on("close", () => target.destroy());
    });
    void listening(proxy).then((port) => send({ proxy: port }));
  } else {
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    send({ memory: { held: heapUsed + external, rss } });
  }
});
process.on("disconnect", () => process.exit(0));
send({ source: await listening(source) });
