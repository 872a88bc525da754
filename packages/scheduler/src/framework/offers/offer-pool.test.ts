import type { Offer } from "@cke/mesos";
import { expect, test } from "vitest";
import { OfferPool, pooledMs, restMs } from "./offer-pool.ts";

const offer = (id: string): Offer => ({
  id: { value: id },
  framework_id: { value: "f" },
  agent_id: { value: `S-${id}` },
  hostname: id,
});
const [a, b] = [offer("a"), offer("b")];
const ids = (pool: OfferPool) => pool.offers().map(({ id }) => id.value);

test("B16: only what somebody wants is pooled, and no longer than that", () => {
  const pool = new OfferPool();
  expect([...pool.pool([a, b], new Set(["a", "z"]), 1_000)]).toEqual(["a"]);
  expect(ids(pool)).toEqual(["a"]);
  expect([...pool.pool([a], new Set(), 2_000)]).toEqual([]);
  expect(pool.size).toBe(0);
});

test("B16: for a bounded time since the first of them, then for a while not at all", () => {
  const pool = new OfferPool();
  pool.pool([a], new Set(["a"]), 0);
  pool.pool([a, b], new Set(["a", "b"]), pooledMs - 1);
  expect(pool.expired(pooledMs - 1)).toEqual([]);
  expect(pool.expired(pooledMs)).toEqual(["a", "b"]);
  expect(pool.size).toBe(0);
  expect(pool.pool([a], new Set(["a"]), pooledMs + restMs - 1).size).toBe(0);
  expect([...pool.pool([a], new Set(["a"]), pooledMs + restMs)]).toEqual(["a"]);
});

test("what was taken back is not pooled", () => {
  const pool = new OfferPool();
  pool.pool([a, b], new Set(["a", "b"]), 0);
  pool.rescinded("a");
  expect(pool.clear()).toEqual(["b"]);
  expect(pool.clear()).toEqual([]);
});
