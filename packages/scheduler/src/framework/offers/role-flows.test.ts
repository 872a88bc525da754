import { expect, test } from "vitest";
import { listenAgainMs, minReviveGapMs, RoleFlows, reviveAfterMs, reviveBurst, reviveEarnMs } from "./role-flows.ts";

const start = 1_000_000;
const waiting = (...roles: readonly string[]) => new Map(roles.map((role) => [role, "waiting" as const]));
const made = (suppressed: readonly string[] = []) => {
  const flows = new RoleFlows(["a", "b"]);
  flows.subscribed(suppressed, start);
  return flows;
};
/** Makes the calls that are planned, as a master that takes them all. */
const act = (flows: RoleFlows, wishes: ReturnType<typeof waiting>, now: number) => {
  const plan = flows.plan(wishes, now);
  flows.silenced(plan.suppress);
  if (plan.revive.length > 0) flows.revived(plan.revive, true, now);
  return [plan.suppress, plan.revive];
};

test("B16: a role with nothing waiting is suppressed, once, while another is revived", () => {
  const flows = made(["b"]);
  expect(act(flows, waiting("b"), start)).toEqual([["a"], ["b"]]);
  expect(act(flows, waiting("b"), start + 1_000)).toEqual([[], []]);
  expect(flows.suppressed()).toEqual(["a"]);
  expect(act(flows, waiting(), start + 2_000)).toEqual([["b"], []]);
  expect(act(flows, waiting(), start + 900_000)).toEqual([[], []]);
});

test("B16: offers flow only once one has come; until then, and after long silence, they are asked for again", () => {
  const flows = made(["a", "b"]);
  act(flows, waiting("a"), start);
  expect(flows.flowOf("a")).toBe("asked");
  expect(act(flows, waiting("a"), start + reviveAfterMs)).toEqual([[], []]);
  expect(act(flows, waiting("a"), start + reviveAfterMs + 1)).toEqual([[], ["a"]]);
  flows.heard("a", start + 70_000);
  expect(flows.flowOf("a")).toBe("flowing");
  expect(act(flows, waiting("a"), start + 70_000 + reviveAfterMs)).toEqual([[], []]);
  expect(act(flows, waiting("a"), start + 70_001 + reviveAfterMs)).toEqual([[], ["a"]]);
});

test("B16: what began to wait while nobody was subscribed is asked for: the filters before a lost stream may be in force still", () => {
  const flows = made();
  flows.heard("a", start);
  flows.news("a");
  // A master that has not noticed the loss hands the framework over with all of its filters, and offers flow from other agents.
  flows.subscribed([], start + 1_000);
  flows.heard("a", start + 1_100);
  expect(act(flows, waiting("a"), start + 2_000)).toEqual([["b"], ["a"]]);
  expect(act(flows, waiting("a"), start + 3_000)).toEqual([[], []]);
  // Of what was asked for before nothing is repeated.
  flows.subscribed(["b"], start + 4_000);
  expect(act(flows, waiting("a"), start + 4_000)).toEqual([[], []]);
});

test("B16: what only listens is patient", () => {
  const flows = made();
  const listening = new Map([["a", "listening" as const]]);
  expect(flows.plan(listening, start + listenAgainMs).revive).toEqual([]);
  expect(flows.plan(listening, start + listenAgainMs + 1).revive).toEqual(["a"]);
});

test("B16: new work revives at once, a storm of it within a budget", () => {
  const flows = made();
  let revives = 0;
  const seconds = 60;
  for (let now = start; now < start + seconds * 1_000; now += 50) {
    flows.news("a");
    revives += act(flows, waiting("a"), now)[1]?.length ?? 0;
    if (now === start) expect(revives).toBe(1);
    if (now < start + minReviveGapMs) expect(revives).toBe(1);
  }
  expect(revives).toBeGreaterThan(reviveBurst);
  expect(revives).toBeLessThanOrEqual(reviveBurst + (seconds * 1_000) / reviveEarnMs);
});

test("B16: a REVIVE that was not taken is tried again, and so is news", () => {
  const flows = made();
  flows.heard("a", start);
  flows.news("a");
  expect(flows.plan(waiting("a"), start).revive).toEqual(["a"]);
  flows.revived(["a"], false, start);
  expect(flows.plan(waiting("a"), start + 100).revive).toEqual([]);
  expect(flows.plan(waiting("a"), start + minReviveGapMs).revive).toEqual(["a"]);
  flows.revived(["a"], true, start + minReviveGapMs);
  expect(flows.plan(waiting("a"), start + 10_000).revive).toEqual([]);
});
