import type { Offer } from "@cke/mesos";
import { expect, test } from "vitest";
import { holdMs, OfferPool, restMs } from "./offer-pool.ts";

const offer = (id: string): Offer => ({
  id: { value: id },
  framework_id: { value: "f" },
  agent_id: { value: `S-${id}` },
  hostname: id,
});
const [a, b] = [offer("a"), offer("b")];
const ids = (pool: OfferPool) => pool.offers().map(({ id }) => id.value);

test("B16: only what somebody wants is held, and no longer than that", () => {
  const pool = new OfferPool();
  expect([...pool.hold([a, b], new Set(["a", "z"]), 1_000)]).toEqual(["a"]);
  expect(ids(pool)).toEqual(["a"]);
  expect([...pool.hold([a], new Set(), 2_000)]).toEqual([]);
  expect(pool.size).toBe(0);
});

test("B16: for a bounded time since the first of them, then for a while not at all", () => {
  const pool = new OfferPool();
  pool.hold([a], new Set(["a"]), 0);
  pool.hold([a, b], new Set(["a", "b"]), holdMs - 1);
  expect(pool.expired(holdMs - 1)).toEqual([]);
  expect(pool.expired(holdMs)).toEqual(["a", "b"]);
  expect(pool.size).toBe(0);
  expect(pool.hold([a], new Set(["a"]), holdMs + restMs - 1).size).toBe(0);
  expect([...pool.hold([a], new Set(["a"]), holdMs + restMs)]).toEqual(["a"]);
});

test("what was taken back is not held", () => {
  const pool = new OfferPool();
  pool.hold([a, b], new Set(["a", "b"]), 0);
  pool.rescinded("a");
  expect(pool.clear()).toEqual(["b"]);
  expect(pool.clear()).toEqual([]);
});
