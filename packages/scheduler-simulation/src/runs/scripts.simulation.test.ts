// Scripted scenes in a simulated world.

import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import { World } from "../world/world.ts";

const processes = ["apiserver", "controller", "docker", "etcd", "node", "scheduler"];

async function withCluster(): Promise<World> {
  const world = await new World().start();
  await world.ask("create", ({ service }) => service.create(smallBody()));
  await world.pass(60_000);
  expect(world.running("small", "m")).toEqual(processes);
  return world;
}

const hostOf = (world: World) => world.checker.live()[0]?.agent.hostname ?? "";

test("B18: an offer that was rescinded on the way drops its tasks, and they are launched anew under other ids", async () => {
  const world = await new World().start();
  // No call of the scheduler arrives before its offer is rescinded.
  world.faultIntensity.chances.set("call_delayed", 1);
  await world.ask("create", ({ service }) => service.create(smallBody()));
  await world.pass(120_000, () => {
    const accepting = world.journal.lines.some((line) => line.includes("ACCEPT"));
    return accepting && world.mesos.rescind(() => true) > 0;
  });
  world.faultIntensity.clear();
  await world.pass(120_000);
  expect(world.journal.lines.some((line) => line.includes("TASK_DROPPED REASON_INVALID_OFFERS"))).toBe(true);
  expect(world.running("small", "m")).toEqual(processes);
});

test("B10, B13: a master whose agent is lost is not started elsewhere, and is the same task when that returns", async () => {
  const world = await withCluster();
  const before = world.checker.live().map(({ taskId }) => taskId);
  const host = hostOf(world);
  world.mesos.loseAgent(host);
  await world.pass(3_600_000);
  expect(world.checker.live().map(({ taskId }) => taskId)).toEqual(before);
  world.mesos.returnAgent(host);
  await world.pass(120_000);
  expect(world.checker.disagreements()).toEqual([]);
  expect(world.checker.live().map(({ taskId }) => taskId)).toEqual(before);
});

test("a new leader on a new master restarts nothing", async () => {
  const world = await withCluster();
  const before = world.checker.live().map(({ taskId }) => taskId);
  world.mesos.crashMaster();
  world.startScheduler({ noticed: false });
  await world.pass(20_000);
  world.mesos.startMaster();
  await world.pass(120_000);
  expect(world.leader?.service.list()[0]?.status).toBe("running");
  expect(world.checker.disagreements()).toEqual([]);
  expect(world.checker.live().map(({ taskId }) => taskId)).toEqual(before);
});
