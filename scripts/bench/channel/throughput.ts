// Bytes through a tunnel beside a plain Node TCP proxy, many streams at once, and what a stream that nobody reads costs. The
// channel's two ends, the proxy and what stands behind them are processes of their own, the same number for both ways.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { silentLogger, systemClock } from "@cke/foundation";
import { ExecutorMessage } from "@cke/protocol";
import { type Channel, Channels } from "@cke/scheduler/channel/index";
import { z } from "zod";
import { executorId, PeerProcess } from "./peer-process.ts";

export interface StreamFigures {
  readonly tunnelBytesPerSecond: number;
  readonly proxyBytesPerSecond: number;
  /** Of 200 streams at once: until the last one has its answer, ms. */
  readonly parallelMs: number;
  /** Bytes that one stalled stream holds, at the scheduler and at the executor. */
  readonly stalledHere: number;
  readonly stalledThere: number;
}

const never = new AbortController().signal;
const measuredMs = 1_500;
const rounds = 4;
const parallel = 200;
const stalled = 200;

const sourceSchema = z.object({ source: z.number() });
const memorySchema = z.object({ memory: z.object({ held: z.number(), rss: z.number() }) });

/** Bytes per second that come, after a start that does not count. */
async function rate(stream: Duplex): Promise<number> {
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  stream.write("s");
  await delay(measuredMs / 3);
  bytes = 0;
  const begun = performance.now();
  await delay(measuredMs);
  const perSecond = (bytes / (performance.now() - begun)) * 1_000;
  stream.destroy();
  return perSecond;
}

async function answered(stream: Duplex): Promise<void> {
  stream.write(Buffer.alloc(1_024, "e"));
  let length = 0;
  while (length < 1_024) {
    const [chunk] = await once(stream, "data");
    length += Buffer.isBuffer(chunk) ? chunk.length : 0;
  }
  stream.destroy();
}

const held = () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

export async function measureStreams(): Promise<StreamFigures> {
  const source = new PeerProcess();
  const executor = new PeerProcess();
  const proxy = new PeerProcess();
  const server = createServer();
  let url = "";
  const channels = new Channels({
    url: () => url,
    send: (_unit, order) => executor.send({ order }),
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    const [{ source: port }] = await Promise.all([
      source.next(sourceSchema),
      executor.next(sourceSchema),
      proxy.next(sourceSchema),
    ]);
    const { proxy: proxyPort } = await proxy.ask({ proxy: port }, z.object({ proxy: z.number() }));
    server.on("upgrade", (request, socket, head) => channels.dial(request, socket, head, () => socket.destroy()));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const saidSchema = z.object({ said: z.instanceof(Uint8Array) });
    executor.onMessage((message) => {
      const { success, data } = saidSchema.safeParse(message);
      if (success) channels.receive(executorId, ExecutorMessage.decode(data.said).message);
    });
    const channel = await channels.open({ executorId, agentId: "", name: "the bench" }, never);
    const target = { target: { kind: "tcpAddress", value: `127.0.0.1:${port}` } } as const;
    const open = () => channel.tunnel(target, never);

    const ways = { tunnel: 0, proxy: 0 };
    for (let round = 0; round < rounds; round += 1) {
      ways.proxy = Math.max(ways.proxy, await rate(connect(proxyPort, "127.0.0.1")));
      ways.tunnel = Math.max(ways.tunnel, await rate(await open()));
    }
    const begun = performance.now();
    await Promise.all(Array.from({ length: parallel }, async () => await answered(await open())));
    const parallelMs = performance.now() - begun;
    return {
      tunnelBytesPerSecond: ways.tunnel,
      proxyBytesPerSecond: ways.proxy,
      parallelMs,
      ...(await measureStalled(channel, open, executor)),
    };
  } finally {
    channels.stop();
    server.close();
    await Promise.all([source, executor, proxy].map((peer) => peer.stop()));
  }
}

async function measureStalled(
  channel: Channel,
  open: () => Promise<Duplex>,
  executor: PeerProcess,
): Promise<Pick<StreamFigures, "stalledHere" | "stalledThere">> {
  while (channel.streams > 0) await delay(20);
  const before = { here: held(), there: (await executor.ask({ memory: true }, memorySchema)).memory.held };
  const streams = await Promise.all(Array.from({ length: stalled }, () => open()));
  for (const stream of streams) stream.write("s");
  await delay(3_000);
  const after = { here: held(), there: (await executor.ask({ memory: true }, memorySchema)).memory.held };
  for (const stream of streams) stream.destroy();
  return {
    stalledHere: (after.here - before.here) / stalled,
    stalledThere: (after.there - before.there) / stalled,
  };
}
