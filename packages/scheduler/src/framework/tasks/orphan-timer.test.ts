import { expect, test } from "vitest";
import { OrphanTimer } from "./orphan-timer.ts";

test("the time of each instance on a host counts from when that one is waited for", () => {
  const timer = new OrphanTimer();
  timer.connected();
  const own = { hostname: "a" };
  const earlier = { hostname: "a", instance: "i1" };
  expect([timer.begin("c", "n", own, 1), timer.begin("c", "n", own, 2)]).toEqual([true, false]);
  expect([timer.since("c", "n", own), timer.since("c", "n", earlier)]).toEqual([1, undefined]);
  expect(timer.begin("c", "n", earlier, 3)).toBe(true);
  expect([timer.since("c", "n", own), timer.since("c", "n", earlier)]).toEqual([1, 3]);
  timer.forget("c", "n");
  expect([timer.since("c", "n", own), timer.since("c", "n", earlier)]).toEqual([undefined, undefined]);
});
