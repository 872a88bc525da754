import { expect, test } from "vitest";
import { ReleaseBackoff } from "./release-backoff.ts";

const key = { agentId: "a", role: "cke", owner: "small/m/i1" };

test("the first attempt is at once, later ones ever more rarely, and never more rarely than every five minutes", () => {
  const pace = new ReleaseBackoff();
  const made: number[] = [];
  for (let now = 0; now <= 3_600_000; now += 1_000) if (pace.next(key, now) !== undefined) made.push(now / 1_000);
  expect(made.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
  expect(made.slice(-2).map((at, index, all) => at - (all[index - 1] ?? at))).toEqual([0, 300]);
});

test("owners, agents and roles are counted apart; what an agent shows no more is forgotten", () => {
  const pace = new ReleaseBackoff();
  expect([pace.next(key, 0), pace.next({ ...key, owner: "x" }, 0), pace.next({ ...key, role: "r" }, 0)]).toEqual([
    1, 1, 1,
  ]);
  expect(pace.next(key, 1_000)).toBe(2);
  pace.offered("a", "cke", (owner) => owner === "x");
  expect([pace.next(key, 1_001), pace.next({ ...key, owner: "x" }, 1_001)]).toEqual([1, 2]);
});
