// Bytes through a tunnel beside a plain Node TCP proxy, many streams at once, and what a stream without a reader costs. The two
// ends of the channel, the proxy, the wrapper and what stands behind them are processes of their own.
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { type BenchChannel, openChannel } from "./bench-channel.ts";
import { PeerProcess } from "./peer-process.ts";
import { WrapperProcess } from "./wrapper-process.ts";

export interface StreamFigures {
  readonly proxyBytesPerSecond: number;
  /** Of the channel alone. */
  readonly tunnelBytesPerSecond: number;
  /** Through a wrapper, as into a node. */
  readonly nodeTunnelBytesPerSecond: number;
  /** A file, through a wrapper. */
  readonly nodeFileBytesPerSecond: number;
  /** From exec to the first byte of a shell through a wrapper, without and with a terminal, ms. */
  readonly nodeShellMs: readonly number[];
  readonly nodeTerminalMs: readonly number[];
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
const fileBytes = 256 * 1024 * 1024;
const stalled = 200;

/** Bytes per second that come, after a start that does not count. */
async function rate(stream: Duplex): Promise<number> {
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  stream.on("error", () => {});
  stream.write("s");
  await delay(measuredMs / 3);
  bytes = 0;
  const begun = performance.now();
  await delay(measuredMs);
  const perSecond = (bytes / (performance.now() - begun)) * 1_000;
  stream.destroy();
  return perSecond;
}

/** Bytes per second of a file that is read from its beginning to its end. */
async function fileRate({ channel }: BenchChannel, path: string): Promise<number> {
  const begun = performance.now();
  let bytes = 0;
  const { content } = await channel.file({ path }, never);
  for await (const chunk of content) bytes += chunk.length;
  if (bytes !== fileBytes) throw new Error(`the file has ${bytes} bytes`);
  return (bytes / (performance.now() - begun)) * 1_000;
}

async function answered(stream: Duplex): Promise<void> {
  const whole = new Promise<void>((resolve) => {
    let length = 0;
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length >= 1_024) resolve();
    });
  });
  stream.write(Buffer.alloc(1_024, "e"));
  await whole;
  stream.destroy();
}

async function shells({ channel }: BenchChannel, tty: boolean): Promise<readonly number[]> {
  const times: number[] = [];
  for (let count = 0; count < 20; count += 1) {
    const begun = performance.now();
    const shell = await channel.exec({ command: ["sh", "-c", "echo ready; exec cat"], tty }, never);
    for await (const event of shell.events()) if (event.kind === "stdout") break;
    times.push(performance.now() - begun);
  }
  return times;
}

const held = () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

export async function measureStreams(): Promise<StreamFigures> {
  const source = new PeerProcess();
  const proxy = new PeerProcess();
  const wrapper = await WrapperProcess.start();
  const opened: BenchChannel[] = [];
  try {
    const sourceSchema = z.object({ source: z.number() });
    const [{ source: port }] = await Promise.all([source.next(sourceSchema), proxy.next(sourceSchema)]);
    const { proxy: proxyPort } = await proxy.ask({ proxy: port }, z.object({ proxy: z.number() }));
    const direct = await openChannel();
    opened.push(direct);
    const node = await openChannel(wrapper.socket);
    opened.push(node);
    const target = { target: { kind: "tcpAddress", value: `127.0.0.1:${port}` } } as const;
    const open = ({ channel }: BenchChannel) => channel.tunnel(target, never);

    const file = wrapper.file(fileBytes);
    const best = { proxy: 0, tunnel: 0, node: 0, file: 0 };
    for (let round = 0; round < rounds; round += 1) {
      best.proxy = Math.max(best.proxy, await rate(connect(proxyPort, "127.0.0.1")));
      best.tunnel = Math.max(best.tunnel, await rate(await open(direct)));
      best.node = Math.max(best.node, await rate(await open(node)));
      best.file = Math.max(best.file, await fileRate(node, file));
    }
    const begun = performance.now();
    await Promise.all(Array.from({ length: parallel }, async () => await answered(await open(node))));
    return {
      proxyBytesPerSecond: best.proxy,
      tunnelBytesPerSecond: best.tunnel,
      nodeTunnelBytesPerSecond: best.node,
      nodeFileBytesPerSecond: best.file,
      parallelMs: performance.now() - begun,
      nodeShellMs: await shells(node, false),
      nodeTerminalMs: await shells(node, true),
      ...(await measureStalled(node, () => open(node))),
    };
  } finally {
    await Promise.all([source.stop(), proxy.stop(), ...opened.map((one) => one.close())]);
    await wrapper.stop();
  }
}

async function measureStalled(
  { channel, executorHolds }: BenchChannel,
  open: () => Promise<Duplex>,
): Promise<Pick<StreamFigures, "stalledHere" | "stalledThere">> {
  while (channel.streams > 0) await delay(20);
  const before = { here: held(), there: await executorHolds() };
  const streams = await Promise.all(Array.from({ length: stalled }, () => open()));
  for (const stream of streams) stream.on("error", () => {}).write("s");
  await delay(3_000);
  const after = { here: held(), there: await executorHolds() };
  for (const stream of streams) stream.destroy();
  return {
    stalledHere: (after.here - before.here) / stalled,
    stalledThere: (after.there - before.there) / stalled,
  };
}
