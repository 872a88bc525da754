// How a channel ends, and its bounds: silence, idleness, the end of the term, too many streams, readers that stop, peers that
// speak nonsense.
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, connect as netConnect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { TcpProxy } from "@cke/test-servers";
import { afterEach, describe, expect, test } from "vitest";
import { type ChannelPair, unit } from "./testing/channel-pair.ts";
import { secretOf, useChannels } from "./testing/dialled-channels.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const never = new AbortController().signal;
const { start, units } = useChannels();

async function throughProxy(): Promise<{ pair: ChannelPair; proxy: TcpProxy }> {
  let url = "";
  const pair = await start({ url: () => url });
  const proxy = await TcpProxy.start(Number(new URL(pair.url).port));
  url = `http://${proxy.address}`;
  return { pair, proxy };
}

describe("the end of a channel", () => {
  test("the leader's term ends: every stream and every request ends with that reason", async () => {
    const pair = await start();
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sleep", "100"] }, never);
    const reading = (async () => {
      for await (const _ of stream.events());
    })();
    pair.channels.stop();
    await expect(reading).rejects.toMatchObject({ code: "not_leader", status: 503 });
    await expect(pair.open()).rejects.toMatchObject({ code: "not_leader" });
    await expect(channel.probe({ name: "p" }, never)).rejects.toMatchObject({ code: "not_leader" });
  });

  test("the executor ends: every stream ends with a reason at once, and the next request opens another channel", async () => {
    const pair = await start();
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sleep", "100"] }, never);
    const reading = (async () => {
      for await (const _ of stream.events());
    })();
    void pair.executor.stop();
    await expect(reading).rejects.toMatchObject({ code: "channel_lost", status: 502, retryable: true });
    expect(channel.usable).toBe(false);
  });

  test("an idle channel is closed, and the next request opens another one", async () => {
    const pair = await start({ idleMs: 100 });
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sleep", "0.4"] }, never);
    for await (const _ of stream.events()) expect(channel.usable).toBe(true);
    await expect.poll(() => channel.usable).toBe(false);
    expect(pair.channels.size).toBe(0);
    expect(await pair.open()).not.toBe(channel);
  });

  test("the connection says nothing any more: both ends find out", async () => {
    const { pair, proxy } = await throughProxy();
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sleep", "100"] }, never);
    const reading = (async () => {
      for await (const _ of stream.events());
    })();
    reading.catch(() => {});
    proxy.stall();
    await expect(reading).rejects.toMatchObject({ code: "channel_lost" });
    await expect.poll(() => units.running.size).toBe(0);
    await proxy.stop();
  });
});

describe("peers that do what they must not", () => {
  test("an executor that speaks nonsense after the upgrade ends the channel and nothing else", async () => {
    for (const nonsense of [
      "",
      "x",
      "HTTP/1.1 200 OK\r\n\r\n",
      "\0".repeat(100_000),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]) {
      const pair = await start({ delivers: () => false });
      const opening = pair.open();
      const headers = await secretOf(pair, opening);
      const socket = netConnect(Number(new URL(pair.url).port), "127.0.0.1");
      socket.on("error", () => {});
      const head = [
        `GET /channel/${unit.executorId} HTTP/1.1`,
        ...["host: localhost", "connection: upgrade", "upgrade: cke-channel"],
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ];
      socket.write(`${head.join("\r\n")}\r\n\r\n${nonsense}`);
      await once(socket, "data");
      const asked = opening.then((channel) => channel.probe({ name: "p" }, never));
      socket.end();
      await expect(asked).rejects.toMatchObject({ code: "channel_lost" });
    }
  });

  test("more streams than allowed are refused with a clear reason, and none of the others suffers", async () => {
    const pair = await start();
    const channel = await pair.open();
    const asked = Array.from({ length: 300 }, () => channel.exec({ command: ["sleep", "100"] }, never));
    const outcomes = await Promise.allSettled(asked);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(300 - 256);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: "too_many_streams", status: 429 } });
    for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value.close();
    await expect.poll(() => channel.streams).toBe(0);
    expect((await channel.probe({ name: "p" }, never)).passing).toBe(true);
  }, 600_000);
});

describe("a reader that stops", () => {
  let target: Server | undefined;
  afterEach(() => void target?.close());

  test("holds at most 1 MiB of a stream anywhere, and the others go on", async () => {
    let sent = 0;
    target = createServer((socket) => {
      const chunk = Buffer.alloc(16 * 1024);
      const fill = () => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
      };
      socket.on("drain", fill);
      socket.on("error", () => {});
      fill();
    });
    await once(target.listen(0, "127.0.0.1"), "listening");
    const bound = target.address();
    const value = `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
    const pair = await start();
    const channel = await pair.open();
    const tunnel = await channel.tunnel({ target: { kind: "tcpAddress", value } }, never);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = sent === before;
          before = sent;
          return still;
        },
        { interval: 300, timeout: 120_000 },
      )
      .toBe(true);
    expect(tunnel.readableLength).toBeLessThanOrEqual(1024 * 1024);
    // What the kernel's sockets hold comes on top: at the target and at the connection of the channel.
    expect(sent).toBeLessThan(12 * 1024 * 1024);
    expect((await channel.probe({ name: "p" }, never)).passing).toBe(true);
    tunnel.destroy();
  });
});

describe("thousands of streams", () => {
  /** CHANNEL_STREAMS: how many (make soak takes 10,000). */
  const total = Number(process.env.CHANNEL_STREAMS ?? 1_000);
  let target: Server | undefined;
  let directory: string | undefined;
  afterEach(async () => {
    target?.close();
    if (directory !== undefined) await rm(directory, { recursive: true });
  });

  const descriptors = async () => (await readdir("/proc/self/fd")).length;
  const held = () => {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  test(`${total}, opened and closed in every way, leave no descriptor and no memory`, async () => {
    target = createServer((socket) => void socket.on("error", () => {}).pipe(socket));
    await once(target.listen(0, "127.0.0.1"), "listening");
    const bound = target.address();
    const tcpAddress = {
      kind: "tcpAddress",
      value: `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`,
    } as const;
    directory = await mkdtemp(join(tmpdir(), "cke-streams-"));
    const path = join(directory, "log");
    await writeFile(path, "x".repeat(100_000));
    const pair = await start();
    const channel = await pair.open();
    const ways: readonly (() => Promise<unknown>)[] = [
      async () => expect((await channel.probe({ name: "p" }, never)).passing).toBe(true),
      async () => {
        const file = await channel.file({ path }, never);
        let length = 0;
        for await (const chunk of file.content) length += chunk.length;
        expect(length).toBe(100_000);
      },
      async () => (await channel.file({ path, follow: true }, never)).close(),
      async () => await expect(channel.file({ path: "/none" }, never)).rejects.toMatchObject({ code: "not_found" }),
      async () => {
        const tunnel = await channel.tunnel({ target: tcpAddress }, never);
        tunnel.end("echo");
        let text = "";
        for await (const chunk of tunnel) text += String(chunk);
        expect(text).toBe("echo");
      },
      async () => (await channel.tunnel({ target: tcpAddress }, never)).destroy(),
      async () => {
        const abort = new AbortController();
        const file = await channel.file({ path, follow: true }, abort.signal);
        abort.abort();
        await expect(file.content[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "cancelled" });
      },
    ];
    const run = async (count: number) => {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: 50 }, (_, index) => ways[(done + index) % ways.length]?.()));
      await expect.poll(() => channel.streams).toBe(0);
      await expect.poll(() => units.running.size).toBe(0);
    };
    await run(500);
    const before = { descriptors: await descriptors(), held: held() };
    await run(total);
    await expect.poll(async () => (await descriptors()) - before.descriptors, { timeout: 120_000 }).toBeLessThan(20);
    // A few hundred bytes for each would be a leak.
    expect((held() - before.held) / total).toBeLessThan(2_000);
  }, 600_000);
});
