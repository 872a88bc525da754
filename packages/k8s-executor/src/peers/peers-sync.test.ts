import { systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import type { Peers } from "./peers.ts";
import { PeersSync } from "./peers-sync.ts";

const version = (text: string): Peers => ({ version: text, peers: [] });

function setUp(first: Peers | undefined, write: (peers: Peers) => Promise<void> = async () => {}) {
  const written: string[] = [];
  const facts: string[] = [];
  const life = new AbortController();
  /** Ends the wait for the next check. */
  const checks: (() => void)[] = [];
  const node = { answers: true };
  const sleep = async (ms: number, signal?: AbortSignal) => {
    if (ms < 60_000) return await systemClock.sleep(1, signal);
    await new Promise<void>((resolve) => {
      checks.push(resolve);
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  };
  const sync = new PeersSync(
    {
      clock: { ...systemClock, sleep },
      answers: () => node.answers,
      write: async (peers) => {
        written.push(peers.version);
        await write(peers);
      },
      onChange: () => facts.push(`${sync.applied} ${sync.problem}`.trim()),
    },
    first,
  );
  const check = async () => {
    const before = checks.length;
    checks.at(-1)?.();
    await expect.poll(() => checks.length).toBeGreaterThan(before);
  };
  return { sync, written, facts, life, node, check };
}

test("what comes with the launch is written before the node is ready, later ones when they come, each once", async () => {
  const { sync, written, facts, life } = setUp(version("a"));
  await sync.begin(life.signal);
  expect([written, facts, sync.applied]).toEqual([["a"], ["a"], "a"]);
  sync.want(version("b"));
  sync.want(version("b"));
  await expect.poll(() => sync.applied).toBe("b");
  expect(written).toEqual(["a", "b"]);
  sync.again();
  await expect.poll(() => written).toEqual(["a", "b", "b"]);
  life.abort();
});

test("a launch without any waits for nothing", async () => {
  const { sync, written, life } = setUp(undefined);
  await sync.begin(life.signal);
  expect([written, sync.applied, sync.problem]).toEqual([[], "", ""]);
  life.abort();
});

test("a failure is told once, holds no launch, and is tried again until it passes", async () => {
  let failures = 3;
  const { sync, written, facts, life } = setUp(version("a"), async () => {
    failures -= 1;
    if (failures >= 0) throw new Error("no ip");
  });
  await sync.begin(life.signal);
  expect(sync.problem).toBe("no ip");
  await expect.poll(() => sync.applied).toBe("a");
  expect([written, facts, sync.problem]).toEqual([["a", "a", "a", "a"], ["no ip", "a"], ""]);
  life.abort();
});

test("a write that hangs does not hold the end of the node", async () => {
  const { sync, life } = setUp(version("a"), () => new Promise(() => {}));
  const begun = sync.begin(life.signal);
  life.abort();
  await begun;
});

test("a container that is started again while they are written gets them once more", async () => {
  const going = Promise.withResolvers<void>();
  const { sync, written, life } = setUp(version("a"), async () => await going.promise);
  const begun = sync.begin(life.signal);
  await expect.poll(() => written).toEqual(["a"]);
  sync.again();
  going.resolve();
  await begun;
  await expect.poll(() => written).toEqual(["a", "a"]);
  await expect.poll(() => sync.applied).toBe("a");
  life.abort();
});

test("what was written is checked each minute, and nothing is told of it while all is well", async () => {
  let works = true;
  const { sync, written, facts, life, node, check } = setUp(version("a"), async () => {
    if (!works) throw new Error("no ip");
  });
  await sync.begin(life.signal);
  await check();
  await check();
  expect([written, facts]).toEqual([["a", "a", "a"], ["a"]]);
  node.answers = false;
  await check();
  expect(written).toEqual(["a", "a", "a"]);
  node.answers = true;
  await check();
  works = false;
  void check();
  await expect.poll(() => sync.problem).toBe("no ip");
  works = true;
  await expect.poll(() => sync.problem).toBe("");
  expect(facts).toEqual(["a", "a no ip", "a"]);
  life.abort();
});

test("a node that was given no peers is not checked", async () => {
  const { sync, written, life, check } = setUp(undefined);
  await sync.begin(life.signal);
  await check();
  expect(written).toEqual([]);
  life.abort();
});
