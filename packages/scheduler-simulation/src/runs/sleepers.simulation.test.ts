// A second kind of workload beside the clusters: nothing but the kind knows what runs in a unit, so a sleeper lives through
// everything that a cluster lives through, under the same checker.
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { sleeperSpec } from "@cke/scheduler/workload/testing/sleeper-kind";
import { expect, test } from "vitest";
import { partitionGraceSeconds, World } from "../world/world.ts";
import { seededRun } from "./seeded-run.ts";

async function asleep(more: Parameters<typeof sleeperSpec>[1] = {}): Promise<World> {
  const world = await new World({ options: { roles: ["cke"] } }).start();
  await world.ask("create", ({ sleepers }) => sleepers.create(sleeperSpec("dozer", more)));
  await world.pass(60_000);
  expect(world.running("dozer", "bed")).toEqual(["node"]);
  return world;
}

const ids = (world: World) => world.checker.live().map(({ taskId }) => taskId);
const hostOf = (world: World) => world.checker.live()[0]?.agent.hostname ?? "";

test("it is placed beside a cluster, and its ids and labels say of what kind it is", async () => {
  const world = await asleep();
  await world.ask("create", ({ service }) => service.create(smallBody()));
  await world.pass(120_000);
  expect(world.running("small", "m")).toContain("etcd");
  expect(ids(world).filter((id) => id.startsWith("cke-sleeper.dozer.bed."))).toHaveLength(1);
  expect(world.leader?.service.list().map(({ name }) => name)).toEqual(["small"]);
  expect(world.checker.disagreements()).toEqual([]);
});

test("an executor that is killed is launched again, and a new leader restarts nothing", async () => {
  const world = await asleep();
  const [first = ""] = ids(world);
  world.mesos
    .agent(hostOf(world))
    .runs()
    .find(({ tasks }) => tasks.has(first))
    ?.exit(9);
  await world.pass(60_000);
  const again = ids(world);
  expect(again).toHaveLength(1);
  expect(again).not.toEqual([first]);
  world.startScheduler({ noticed: false });
  await world.pass(120_000);
  expect(ids(world)).toEqual(again);
  expect(world.checker.disagreements()).toEqual([]);
});

test("what is reserved for it is kept while it runs, and given back with it", async () => {
  const world = await asleep({ reservation: true });
  const reserved = () =>
    [...world.mesos.agents.values()].flatMap(({ resources }) =>
      resources.flatMap(({ reservations = [] }) => reservations.flatMap(({ labels }) => labels?.labels ?? [])),
    );
  expect(reserved()).toContainEqual({ key: "cke.workload-kind", value: "sleeper" });
  await world.ask("delete", ({ sleepers }) => sleepers.remove("dozer"));
  await world.pass(300_000);
  expect(reserved()).toEqual([]);
  expect(world.checker.remains(new Set(["framework"]))).toEqual([]);
});

test("a store that was restored without its launch adopts it", async () => {
  const world = await new World().start();
  await world.ask("create", ({ sleepers }) => sleepers.create(sleeperSpec("dozer")));
  const before = world.store.backup();
  await world.pass(60_000);
  const running = ids(world);
  expect(running).toHaveLength(1);
  await world.restore(before);
  await world.pass(120_000);
  expect(ids(world)).toEqual(running);
  expect(world.checker.disagreements()).toEqual([]);
});

test("out of reach for longer than the grace it is launched elsewhere, and the first one ends when its agent returns", async () => {
  const world = await asleep();
  const host = hostOf(world);
  world.mesos.loseAgent(host);
  await world.pass((partitionGraceSeconds + 300) * 1_000);
  expect(ids(world)).toHaveLength(2);
  world.mesos.returnAgent(host);
  await world.pass(300_000);
  expect(ids(world)).toHaveLength(1);
  expect(hostOf(world)).not.toBe(host);
  expect(world.checker.disagreements()).toEqual([]);
});

test("removed, nothing of it is left", async () => {
  const world = await asleep();
  await world.ask("delete", ({ sleepers }) => sleepers.remove("dozer"));
  await world.pass(120_000);
  expect(ids(world)).toEqual([]);
  expect(world.checker.remains(new Set(["framework"]))).toEqual([]);
});

test.each(Array.from({ length: 10 }, (_, index) => index + 1))(
  "whatever fails, seed %i ends with every sleeper asleep once and with nothing left",
  async (seed) => {
    await seededRun(seed, { sleepers: 2 });
  },
);
