// How terms begin and end, with a fake leader's lock. Real storages: shared-elections.integration.test.ts.
import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { ManualClock } from "../../framework/testing/manual-clock.ts";
import { StoreError } from "../store.ts";
import { MemoryBackend, MemoryServer } from "../testing/memory-backend.ts";
import type { HeldLock, LeaderLock } from "./backend.ts";
import { SharedElection } from "./shared-election.ts";

const ttlMs = 4_000;
const self = { id: "one", url: "http://127.0.0.1:1" };

function setUp(renewal: (clock: ManualClock) => number | "lost", leaseMs = ttlMs) {
  const clock = new ManualClock();
  const server = new MemoryServer();
  let released = 0;
  const held = (): HeldLock => ({
    backend: new MemoryBackend(server, () => "none"),
    validUntil: clock.monotonic() + leaseMs,
    renew: async () => renewal(clock),
    release: async () => {
      released += 1;
    },
  });
  const lock: LeaderLock = {
    observe: async () => undefined,
    head: async () => undefined,
    take: async () => held(),
    withdraw: async () => undefined,
    close: async () => undefined,
  };
  const election = new SharedElection({ lock, clock, logger: silentLogger, where: "memory", ttlMs });
  const campaign = async () => {
    const winning = election.campaign(self, new AbortController().signal);
    await clock.advance(0);
    return winning;
  };
  return { clock, campaign, released: () => released };
}

test("B8: a term that ran out gives its lock up, or no scheduler could ever take it again", async () => {
  const { clock, campaign, released } = setUp(() => {
    throw new StoreError("store_unavailable", "away");
  });
  const term = await campaign();
  await clock.advance(ttlMs - 1);
  expect([term.holds(), released()]).toEqual([true, 0]);
  await clock.advance(200);
  expect([term.holds(), released()]).toEqual([false, 1]);
  await term.resign();
  expect(released()).toBe(1);
});

test("B8: a lock that the storage took away is given up as well, and one that is renewed is kept", async () => {
  let answer: "kept" | "lost" = "kept";
  const { clock, campaign, released } = setUp(() => (answer === "lost" ? "lost" : clock.monotonic() + ttlMs));
  const term = await campaign();
  await clock.advance(10 * ttlMs);
  expect([term.holds(), released()]).toEqual([true, 0]);
  answer = "lost";
  await clock.advance(ttlMs);
  expect([term.holds(), released()]).toEqual([false, 1]);
});

test("a resignation gives the lock up at once", async () => {
  const { campaign, released } = setUp((clock) => clock.monotonic() + ttlMs);
  const term = await campaign();
  await term.resign();
  expect([term.holds(), released()]).toEqual([false, 1]);
});

test("B8: a storage that grants less than was asked for is renewed in time, with room for a renewal that fails", async () => {
  // ZooKeeper gives a session 20 ticks at most, whatever -leader_ttl says.
  const granted = ttlMs / 5;
  let failures = 0;
  const { clock, campaign } = setUp((time) => {
    failures += 1;
    if (failures % 2 === 1) throw new StoreError("store_unavailable", "one call is lost");
    return time.monotonic() + granted;
  }, granted);
  const term = await campaign();
  await clock.advance(10 * ttlMs);
  expect(term.holds()).toBe(true);
});

test("B8: what a storage says of a term when it is asked counts at once", async () => {
  let answer: "kept" | "away" | "lost" = "kept";
  const { clock, campaign } = setUp((time) => {
    if (answer === "away") throw new StoreError("store_unavailable", "away");
    return answer === "lost" ? "lost" : time.monotonic() + ttlMs;
  });
  const term = await campaign();
  await term.confirm();
  answer = "away";
  await expect(term.confirm()).rejects.toMatchObject({ code: "store_unavailable", retryable: true });
  expect(term.holds()).toBe(true);
  answer = "lost";
  await expect(term.confirm()).rejects.toMatchObject({ code: "not_leader" });
  expect(term.holds()).toBe(false);
  await clock.advance(0);
});
