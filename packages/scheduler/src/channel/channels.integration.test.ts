import { setTimeout as delay } from "node:timers/promises";
import { createSecretsRequest, ExecutorMessage } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { type ChannelPair, type PairOptions, unit } from "./testing/channel-pair.ts";
import { dialStatus, orders, secretOf, useChannels, wrong } from "./testing/dialled-channels.ts";

const never = new AbortController().signal;
const { start } = useChannels();

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
    const pair = await start({ delivers: () => false, secretMs: 4_000, openMs: 120_000 });
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
    [
      "nobody answers",
      { delivers: () => false, openMs: 1_000 },
      { code: "executor_silent", status: 504, retryable: true },
    ],
    [
      "the scheduler cannot be reached",
      { url: () => "http://127.0.0.1:1" },
      { code: "channel_unreachable", status: 502 },
    ],
    ["the address is no URL", { url: () => "nonsense" }, { code: "channel_unreachable" }],
    [
      "an executor of an earlier version, long before the time for an opening is over",
      { delivers: () => false, openMs: 3_600_000, secretMs: 3_600_000 },
      { code: "executor_outdated", status: 409 },
      (pair) =>
        pair.channels.receive(
          unit.executorId,
          ExecutorMessage.create({ message: { kind: "host", value: {} } }).message,
        ),
    ],
  ])("%s: the reason is told", async (_name, options, expected, meanwhile) => {
    const pair = await start(options);
    const opening = pair.open();
    meanwhile?.(pair);
    await expect(opening).rejects.toMatchObject(expected);
  });

  test("an executor that answers every order with the same key is not asked faster for that", async () => {
    const pair = await start({ delivers: () => false, openMs: 1_000 });
    const opening = pair.open();
    opening.catch(() => {});
    const { publicKey } = createSecretsRequest({ executorId: unit.executorId, names: ["secret"] }).request;
    const answer = ExecutorMessage.create({ message: { kind: "channelKey", value: { channelId: "", publicKey } } });
    for (let times = 0; times < 100; times += 1) pair.channels.receive(unit.executorId, answer.message);
    expect(orders(pair).length).toBeLessThan(5);
    await expect(opening).rejects.toMatchObject({ code: "channel_unreachable" });
  });

  test("a key that is none is forgotten: the next key opens the channel", async () => {
    let open = false;
    const pair = await start({ delivers: () => open, openMs: 120_000, secretMs: 5_000 });
    const nonsense = { channelId: "", publicKey: new Uint8Array(3) };
    const first = pair.open();
    first.catch(() => {});
    const answer = ExecutorMessage.create({ message: { kind: "channelKey", value: nonsense } });
    pair.channels.receive(unit.executorId, answer.message);
    await expect(first).rejects.toMatchObject({ code: "channel_unreachable" });
    open = true;
    expect((await pair.open()).usable).toBe(true);
  });

  test("a lost word of a failed dial is said again when the order is repeated", async () => {
    let reachable = false;
    let failures = 0;
    const pair = await start({
      url: () => (reachable ? pair.url : "http://127.0.0.1:1"),
      answers: (message) => {
        if (message?.kind === "channelFailure") failures += 1;
        return message?.kind !== "channelFailure" || failures > 1;
      },
    });
    await expect(pair.open()).rejects.toMatchObject({
      code: "channel_unreachable",
      message: expect.stringContaining("cannot be reached"),
    });
    reachable = true;
    expect((await pair.open()).usable).toBe(true);
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
