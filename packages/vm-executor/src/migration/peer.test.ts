// Two ends of one way in memory: questions, streams in both directions at their readers' pace, and an end in the middle.
import { randomBytes } from "node:crypto";
import { type Duplex, duplexPair } from "node:stream";
import { buffer } from "node:stream/consumers";
import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import * as z from "zod";
import { sendFrame } from "../transfer/transfer-messages.ts";
import { Peer, type PeerHandlers } from "./peer.ts";

const nothing: PeerHandlers = {
  answer: async () => {
    throw new CkeError("invalid_argument", "asks nothing");
  },
  open: async () => {
    throw new CkeError("invalid_argument", "opens nothing");
  },
};

function pair(theirs: Partial<PeerHandlers> = {}) {
  const [here, there] = duplexPair();
  return { asking: new Peer(here, nothing), answering: new Peer(there, { ...nothing, ...theirs }), here, there };
}

const echoed = z.object({ n: z.int() });

test("questions are answered, also when a later one is answered first", async () => {
  const first = Promise.withResolvers<void>();
  const { asking } = pair({
    answer: async (request) => {
      const { n } = echoed.parse(request);
      if (n === 1) await first.promise;
      return { n: n * 10 };
    },
  });
  const one = asking.ask({ n: 1 }, echoed);
  expect(await asking.ask({ n: 2 }, echoed)).toEqual({ n: 20 });
  first.resolve();
  expect(await one).toEqual({ n: 10 });
});

test("a refusal keeps its code, and an answer of another shape is an error", async () => {
  const { asking } = pair({
    answer: async (request) => {
      if (request === "bad") return { other: 1 };
      throw new CkeError("disk_full", "no room");
    },
  });
  await expect(asking.ask("x", echoed)).rejects.toMatchObject({ code: "disk_full", message: "no room" });
  await expect(asking.ask("bad", echoed)).rejects.toMatchObject({ code: "unavailable" });
});

test("streams carry bytes in both directions, and end each by itself", async () => {
  const [far, farEnd] = duplexPair();
  const opened: string[] = [];
  const { asking } = pair({
    open: async (name) => {
      opened.push(name);
      return far;
    },
  });
  const [near, nearEnd] = duplexPair();
  asking.open("disks", near);
  const [up, down] = [randomBytes(9 * 2 ** 20), randomBytes(3 * 2 ** 20)];
  nearEnd.end(up);
  expect((await buffer(farEnd)).equals(up)).toBe(true);
  farEnd.end(down);
  expect((await buffer(nearEnd)).equals(down)).toBe(true);
  expect(opened).toEqual(["disks"]);
});

test("a stream that the other side does not have is closed", async () => {
  const { asking } = pair();
  const [near, nearEnd] = duplexPair();
  const closed = new Promise((resolve) => near.once("close", resolve));
  asking.open("memory", near);
  await closed;
  nearEnd.destroy();
});

test("when the way is cut, what was asked fails, later questions too, and streams close", async () => {
  const streams: Duplex[] = [];
  const { asking, answering, here } = pair({
    answer: () => new Promise(() => {}),
    open: async () => {
      const [one] = duplexPair();
      streams.push(one);
      return one;
    },
  });
  const [near] = duplexPair();
  asking.open("memory", near);
  await expect.poll(() => streams.length).toBe(1);
  const asked = asking.ask({}, echoed);
  here.destroy();
  await expect(asked).rejects.toMatchObject({ code: "unavailable" });
  await expect(asking.ask({}, echoed)).rejects.toMatchObject({ code: "unavailable" });
  answering.close();
  await Promise.all([asking.ended, answering.ended]);
  expect([near.destroyed, streams[0]?.destroyed, asking.isClosed]).toEqual([true, true, true]);
});

test("a stream that nobody reads holds up no end", async () => {
  const [far] = duplexPair();
  const opened = Promise.withResolvers<void>();
  const { asking, answering, there } = pair({
    open: async () => {
      opened.resolve();
      return far;
    },
  });
  const [near, nearEnd] = duplexPair();
  asking.open("disks", near);
  nearEnd.write(randomBytes(9 * 2 ** 20));
  await opened.promise;
  await expect.poll(() => far.writableNeedDrain, { timeout: 120_000 }).toBe(true);
  there.destroy();
  await answering.ended;
  expect(far.destroyed).toBe(true);
  asking.close();
});

test("a question may be as long as a definition with a cookie", async () => {
  const { asking } = pair({ answer: async () => ({ n: 1 }) });
  expect(await asking.ask({ cookie: "x".repeat(4_000_000), xml: "y".repeat(200_000) }, echoed)).toEqual({ n: 1 });
});

test("who asks too much at once is cut off", async () => {
  const { asking, answering } = pair({ answer: () => new Promise(() => {}) });
  const asks = Array.from({ length: 101 }, () => asking.ask({}, echoed));
  expect((await Promise.allSettled(asks)).map(({ status }) => status)).not.toContain("fulfilled");
  await answering.ended;
});

test("what is awaited ends with the way", async () => {
  const { asking, here } = pair();
  expect(await asking.orCut(Promise.resolve(1))).toBe(1);
  const waits = asking.orCut(new Promise(() => {}));
  here.destroy();
  await expect(waits).rejects.toMatchObject({ code: "unavailable" });
});

test.each([{ kind: "other" }, { kind: "data", id: 1, length: 2 ** 30 }, { kind: "open", id: -1, name: "x" }, "text"])(
  "a frame %j ends the way",
  async (frame) => {
    const [here, there] = duplexPair();
    const peer = new Peer(here, nothing);
    await sendFrame(there, frame);
    await peer.ended;
    expect(peer.isClosed).toBe(true);
  },
);
