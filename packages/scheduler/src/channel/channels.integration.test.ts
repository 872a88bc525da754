// Who may open a channel, and what becomes of it: wrong, late and repeated secrets, lost messages, executors of an earlier
// version, silence, idleness, the end of the term, too many streams, readers that stop, peers that speak nonsense.
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { createServer, connect as netConnect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { createSecretsRequest, ExecutorMessage, openSecrets } from "@cke/protocol";
import { TcpProxy } from "@cke/test-servers";
import { afterEach, describe, expect, test } from "vitest";
import { ChannelPair, type PairOptions, unit } from "./testing/channel-pair.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
const never = new AbortController().signal;
const pairs: ChannelPair[] = [];
const units = new LocalUnits();

async function start(options: Partial<PairOptions> = {}): Promise<ChannelPair> {
  const pair = await ChannelPair.start({ units, ...options });
  pairs.push(pair);
  return pair;
}

afterEach(async () => {
  for (const pair of pairs.splice(0)) await pair.stop();
  await expect.poll(() => units.running.size).toBe(0);
});

/** Dials like an executor would, or like somebody who is none. The answer's status; the socket is closed. */
async function dialStatus(url: string, headers: Record<string, string>, executorId = unit.executorId): Promise<number> {
  const request = httpRequest(`${url}/channel/${executorId}`, {
    agent: false,
    headers: { connection: "Upgrade", upgrade: "cke-channel", ...headers },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", resolve);
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response);
    });
  });
  request.end();
  const answer = await answered;
  answer.resume();
  return answer.statusCode ?? 0;
}

const wrong = Buffer.alloc(32, 1).toString("base64url");
const orders = (pair: ChannelPair) =>
  pair.messages.flatMap((message) => (message?.kind === "openChannel" ? [message.value] : []));

/** An executor of the test's own, which keeps its secret. */
async function secretOf(pair: ChannelPair, opening: Promise<unknown>) {
  opening.catch(() => {});
  const pending = createSecretsRequest({ executorId: unit.executorId, names: ["secret"] });
  await expect.poll(() => orders(pair).length).toBeGreaterThan(0);
  const channelId = orders(pair)[0]?.channelId ?? "";
  const publicKey = pending.request.publicKey;
  const key = ExecutorMessage.create({ message: { kind: "channelKey", value: { channelId, publicKey } } });
  pair.channels.receive(unit.executorId, key.message);
  await expect.poll(() => orders(pair).some(({ secret }) => secret !== undefined)).toBe(true);
  const sealed = orders(pair).find(({ secret }) => secret !== undefined)?.secret;
  if (sealed === undefined) throw new Error("a sealed secret was expected");
  const request = { ...pending.request, requestId: channelId };
  const secret = openSecrets({ ...pending, request }, sealed).get("secret") ?? new Uint8Array();
  return { "x-cke-channel": channelId, "x-cke-channel-secret": Buffer.from(secret).toString("base64url") };
}

describe("who dials", () => {
  test.each<[string, (pair: ChannelPair) => [Record<string, string>, string?]]>([
    ["without a secret", () => [{}]],
    [
      "with a wrong secret",
      (pair) => [{ "x-cke-channel": orders(pair)[0]?.channelId ?? "", "x-cke-channel-secret": wrong }],
    ],
    [
      "with a short secret",
      (pair) => [{ "x-cke-channel": orders(pair)[0]?.channelId ?? "", "x-cke-channel-secret": "AAAA" }],
    ],
    ["for another opening", () => [{ "x-cke-channel": "other", "x-cke-channel-secret": wrong }]],
    ["for another executor", () => [{ "x-cke-channel": "other", "x-cke-channel-secret": wrong }, "cke.other"]],
    ["with a name that is none", () => [{ "x-cke-channel": "x", "x-cke-channel-secret": wrong }, "%zz"]],
    ["with an endless name", () => [{ "x-cke-channel": "x", "x-cke-channel-secret": wrong }, "a".repeat(4_000)]],
  ])("%s: refused, harmless, and the executor's own dial still works", async (_name, how) => {
    let open = false;
    const pair = await start({ delivers: () => open });
    const channel = pair.open();
    await expect.poll(() => orders(pair).length).toBeGreaterThan(0);
    const [headers, executorId] = how(pair);
    for (let times = 0; times < 20; times += 1) expect(await dialStatus(pair.url, headers, executorId)).toBe(403);
    open = true;
    expect((await channel).usable).toBe(true);
    const lines = pair.logLines.filter((line) => line.includes("refused"));
    expect(lines).toHaveLength(1);
    expect(pair.logLines.join("")).not.toContain(wrong);
  });

  test("a secret is good for one dial; it is in no message, log or error", async () => {
    const pair = await start({ delivers: () => false });
    const headers = await secretOf(pair, pair.open());
    const secret = headers["x-cke-channel-secret"];
    expect(secret).toHaveLength(43);
    expect(await dialStatus(pair.url, headers)).toBe(101);
    expect(await dialStatus(pair.url, headers)).toBe(403);
    expect(await dialStatus(pair.url, headers)).toBe(403);
    const hex = Buffer.from(secret, "base64url").toString("hex");
    const told = JSON.stringify(pair.messages, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    );
    for (const text of [told, ...pair.logLines, ...pair.refusals]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(hex);
    }
  });

  test("it is of its executor alone, and of its term alone", async () => {
    const pair = await start({ delivers: () => false });
    const headers = await secretOf(pair, pair.open());
    expect(await dialStatus(pair.url, headers, "cke.my.other.1k")).toBe(403);
    pair.channels.stop();
    expect(await dialStatus(pair.url, headers)).toBe(503);
  });

  test("it is over after its time", async () => {
    const pair = await start({ delivers: () => false, secretMs: 300, openMs: 5_000 });
    const opening = pair.open();
    const headers = await secretOf(pair, opening);
    await expect(opening).rejects.toMatchObject({ code: "channel_unreachable" });
    expect(await dialStatus(pair.url, headers)).toBe(403);
  });
});

describe("opening", () => {
  test("messages are lost: it is asked again until it works, and dials once", async () => {
    let sent = 0;
    const pair = await start({ delivers: () => ++sent % 2 === 0 });
    const channels = await Promise.all([pair.open(), pair.open(), pair.open()]);
    expect(new Set(channels).size).toBe(1);
    await delay(500); // a repetition that is still under way would dial again
    expect(pair.refusals).toEqual([]);
    expect(await pair.open()).toBe(channels[0]);
  });

  test("messages that come twice dial once", async () => {
    const pair = await start();
    await pair.open();
    for (const order of orders(pair)) pair.executor.receive(order);
    expect((await (await pair.open()).probe({ name: "p" }, never)).passing).toBe(true);
    expect(pair.refusals).toEqual([]);
  });

  test.each<[string, Partial<PairOptions>, object, ((pair: ChannelPair) => void)?]>([
    ["nobody answers", { delivers: () => false }, { code: "executor_silent", status: 504, retryable: true }],
    [
      "the scheduler cannot be reached",
      { url: () => "http://127.0.0.1:1" },
      { code: "channel_unreachable", status: 502 },
    ],
    ["the address is no URL", { url: () => "nonsense" }, { code: "channel_unreachable" }],
    [
      "an executor of an earlier version",
      { delivers: () => false },
      { code: "executor_outdated", status: 409 },
      (pair) =>
        pair.channels.receive(
          unit.executorId,
          ExecutorMessage.create({ message: { kind: "host", value: {} } }).message,
        ),
    ],
  ])("%s: the reason is told", async (_name, options, expected, meanwhile) => {
    const pair = await start({ openMs: 1_000, ...options });
    const opening = pair.open();
    meanwhile?.(pair);
    await expect(opening).rejects.toMatchObject(expected);
  });

  test("whoever asked goes away: the others get their channel", async () => {
    let open = false;
    const pair = await start({ delivers: () => open });
    const abort = new AbortController();
    const gone = pair.open(abort.signal);
    const waiting = pair.open();
    abort.abort();
    await expect(gone).rejects.toMatchObject({ code: "cancelled" });
    open = true;
    expect((await waiting).usable).toBe(true);
  });

  test("a second channel of the same executor needs one message", async () => {
    const pair = await start();
    await pair.open();
    const first = orders(pair).length;
    // As after a lost connection.
    pair.server.closeAllConnections();
    const channel = await pair.open();
    channel.close(new (await import("@cke/foundation")).CkeError("test", "closed by the test"));
    await pair.open();
    expect(
      orders(pair)
        .slice(first)
        .every(({ secret }) => secret !== undefined),
    ).toBe(true);
  });
});

/** Through a connection that a test can hold up. */
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

  test("the connection says nothing any more: both ends know within 5 s", async () => {
    const { pair, proxy } = await throughProxy();
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sleep", "100"] }, never);
    const reading = (async () => {
      for await (const _ of stream.events());
    })();
    reading.catch(() => {});
    const silent = performance.now();
    proxy.stall();
    await expect(reading).rejects.toMatchObject({ code: "channel_lost" });
    expect(performance.now() - silent).toBeLessThan(5_500);
    await expect.poll(() => units.running.size, { timeout: 2_000 }).toBe(0);
    await proxy.stop();
  }, 15_000);
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
  }, 60_000);
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
        { interval: 300, timeout: 10_000 },
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
    await expect.poll(async () => (await descriptors()) - before.descriptors, { timeout: 5_000 }).toBeLessThan(20);
    // A few hundred bytes for each would be a leak.
    expect((held() - before.held) / total).toBeLessThan(2_000);
  }, 300_000);
});
