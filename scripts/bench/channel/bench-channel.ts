// A channel between this process and an executor of the measurement.
import { once } from "node:events";
import { createServer } from "node:http";
import { silentLogger, systemClock } from "@cke/foundation";
import { ExecutorMessage } from "@cke/protocol";
import { type Channel, Channels } from "@cke/scheduler/channel/index";
import { z } from "zod";
import { executorId, PeerProcess } from "./peer-process.ts";

const saidSchema = z.object({ said: z.instanceof(Uint8Array) });
const memorySchema = z.object({ memory: z.object({ held: z.number() }) });

export interface BenchChannel {
  readonly channel: Channel;
  /** Bytes that the executor holds in memory. */
  executorHolds(): Promise<number>;
  close(): Promise<void>;
}

/** `wrapperSocket`: the executor's streams go through that wrapper; without it they go into this machine. */
export async function openChannel(wrapperSocket?: string): Promise<BenchChannel> {
  const executor = new PeerProcess(wrapperSocket);
  await executor.next(z.object({ source: z.number() }));
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const channels = new Channels({
    url: () => `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    send: (_unit, order) => executor.send({ order }),
    clock: systemClock,
    logger: silentLogger,
  });
  server.on("upgrade", (request, socket, head) => channels.dial(request, socket, head, () => socket.destroy()));
  executor.onMessage((message) => {
    const { success, data } = saidSchema.safeParse(message);
    if (success) channels.receive(executorId, ExecutorMessage.decode(data.said).message);
  });
  return {
    channel: await channels.open({ executorId, agentId: "", name: "the bench" }, new AbortController().signal),
    executorHolds: async () => (await executor.ask({ memory: true }, memorySchema)).memory.held,
    close: async () => {
      channels.stop();
      server.close();
      await executor.stop();
    },
  };
}
