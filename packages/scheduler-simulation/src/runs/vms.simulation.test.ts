// VMs beside the clusters: they are placed, killed, reserved, adopted, cut off, moved and removed under the same checker.
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import { partitionGraceSeconds, World } from "../world/world.ts";
import { seededRun } from "./seeded-run.ts";

const body = (more: Readonly<Record<string, unknown>> = {}) => ({
  ...{ name: "web", cpus: 1, mem: 512, disk: { system: { image: "debian.qcow2" } } },
  ...more,
});
const movable = { disk: { system: { path: "/mnt/web.qcow2", shared: true } } };

async function running(more: Readonly<Record<string, unknown>> = {}, seed = 1): Promise<World> {
  const world = await new World({ seed, options: { roles: ["cke"] } }).start();
  await world.ask("create", ({ vms }) => vms.create(body(more)));
  await world.pass(60_000);
  expect(world.running("web", "vm")).toEqual(["node"]);
  expect(world.leader?.vms.get("web").status).toBe("running");
  return world;
}

const ids = (world: World) => world.checker.live().map(({ taskId }) => taskId);
const hostOf = (world: World) => world.checker.live()[0]?.agent.hostname ?? "";

test("it is placed beside a cluster, and its ids say of what kind it is", async () => {
  const world = await running({ cloudInit: { password: "secret" } });
  await world.ask("create", ({ service }) => service.create(smallBody()));
  await world.pass(120_000);
  expect(world.running("small", "m")).toContain("etcd");
  expect(ids(world).filter((id) => id.startsWith("cke-vm.web.vm."))).toHaveLength(1);
  expect(world.checker.disagreements()).toEqual([]);
});

test("a guest outlives its executor and is adopted; a new leader restarts nothing", async () => {
  const world = await running();
  const host = hostOf(world);
  const [first = ""] = ids(world);
  world.mesos
    .agent(host)
    .runs()
    .find(({ tasks }) => tasks.has(first))
    ?.exit(9);
  await world.pass(60_000);
  const again = ids(world);
  expect(again).toHaveLength(1);
  expect(again).not.toEqual([first]);
  expect(hostOf(world)).toBe(host);
  world.startScheduler({ noticed: false });
  await world.pass(120_000);
  expect(ids(world)).toEqual(again);
  expect(world.checker.disagreements()).toEqual([]);
});

test("a stop ends a guest whose executor is dead, and keeps its disks", async () => {
  const world = await running();
  const host = hostOf(world);
  const disks = () => [...(world.hosts.get(host)?.values() ?? [])].map(({ running: runs }) => runs);
  const [first = ""] = ids(world);
  const killed = world.mesos.agent(host).runs();
  killed.find(({ tasks }) => tasks.has(first))?.exit(9);
  await world.ask("stop", ({ vms }) => vms.expect("web", "STOP", "an operator"));
  expect(disks()).toEqual([true]);
  await world.pass(120_000);
  expect(world.leader?.vms.get("web").status).toBe("stopped");
  expect(disks()).toEqual([false]);
  await world.ask("start", ({ vms }) => vms.expect("web", "RUN", "an operator"));
  await world.pass(120_000);
  expect(world.leader?.vms.get("web").status).toBe("running");
  expect(disks()).toEqual([true]);
  expect(world.checker.disagreements()).toEqual([]);
});

test("a store that was restored without its launch adopts it", async () => {
  const world = await new World().start();
  await world.ask("create", ({ vms }) => vms.create(body()));
  const before = world.store.backup();
  await world.pass(60_000);
  const alive = ids(world);
  expect(alive).toHaveLength(1);
  await world.restore(before);
  await world.pass(120_000);
  expect(ids(world)).toEqual(alive);
  expect(world.checker.disagreements()).toEqual([]);
});

test.each([
  ["waits for its host", {}, 1],
  ["moves with shared disks", movable, 2],
] as const)("cut off it %s", async (_what, more, count) => {
  const world = await running(more);
  const host = hostOf(world);
  world.mesos.loseAgent(host);
  await world.pass((partitionGraceSeconds + 300) * 1_000);
  expect(ids(world)).toHaveLength(count);
  world.mesos.returnAgent(host);
  await world.pass(300_000);
  expect(ids(world)).toHaveLength(1);
  expect(hostOf(world) === host).toBe(count === 1);
  expect(world.checker.disagreements()).toEqual([]);
});

test("what is reserved for it is given back with it, and nothing is left", async () => {
  const world = await running({ reservation: true });
  const reserved = () => JSON.stringify([...world.mesos.agents.values()].map(({ resources }) => resources));
  expect(reserved()).toContain('{"key":"cke.workload-kind","value":"vm"}');
  await world.ask("delete", ({ vms }) => vms.remove("web"));
  await world.pass(300_000);
  expect(reserved()).not.toContain("cke.workload-kind");
  expect(world.checker.remains(new Set(["framework"]))).toEqual([]);
  expect(world.leader?.vms.over()).toMatchObject([{ name: "web", status: "deleted" }]);
});

const move = async (world: World) =>
  await world.ask("move", ({ vmControl }) => vmControl.migration.begin("web", {}, "an operator"));
const disksOn = (world: World) =>
  [...world.hosts].flatMap(([host, all]) => ([...all.keys()].some((key) => key.startsWith("web/vm@")) ? [host] : []));

test("moved, it runs on another host with its disks, and nothing of it is left on the old one", async () => {
  const world = await running();
  const host = hostOf(world);
  expect(await move(world)).toContain("is being moved");
  await world.pass(180_000);
  expect(world.leader?.vms.get("web").status).toBe("running");
  expect(ids(world)).toHaveLength(1);
  expect(hostOf(world)).not.toBe(host);
  expect(disksOn(world)).toEqual([hostOf(world)]);
  expect(world.leader?.vms.state("web").plan.changes).toEqual([]);
  expect(world.checker.disagreements()).toEqual([]);
});

test.each([1, 4, 7, 10, 14, 18, 24, 32])(
  "a scheduler, then an executor that dies %i s after a move has begun leave one guest with all of its disks",
  async (seconds) => {
    for (const victim of ["scheduler", "vm", "source", "destination"]) {
      const world = await running();
      const host = hostOf(world);
      await move(world);
      await world.pass(seconds * 1_000);
      if (victim === "scheduler") {
        world.leader?.die();
        world.startScheduler();
      } else
        for (const agent of world.mesos.agents.values())
          for (const run of agent.runs())
            if (run.alive && run.executorId.startsWith(`cke-vm.web.${victim}.`)) run.exit(9);
      await world.pass(400_000);
      expect([victim, world.leader?.vms.get("web").status]).toEqual([victim, "running"]);
      expect([victim, disksOn(world)]).toEqual([victim, [hostOf(world)]]);
      expect([victim, hostOf(world) === host]).toEqual([victim, false]);
      expect(world.leader?.vms.state("web").plan.changes).toEqual([]);
    }
  },
);

test.each([4, 7, 10, 14, 18, 21, 24, 28, 32])(
  "a new host that is lost for good %i s after a move has begun leaves the guest at its old one, if it has not run there",
  async (seconds) => {
    for (const seed of [1, 2, 3]) {
      const world = await running({}, seed);
      const host = hostOf(world);
      await move(world);
      await world.pass(seconds * 1_000);
      const there = world.checker.live().find(({ agent }) => agent.hostname !== host)?.agent.hostname;
      if (there === undefined) continue;
      const hasRun = world.running("web", "vm").length > 0 && disksOn(world).length === 1;
      world.mesos.removeAgent(there);
      world.powerOff(there);
      world.hosts.delete(there);
      for (let round = 0; round < 10; round += 1) {
        await world.pass(60_000);
        if (world.leader?.vms.state("web").reason.includes("DELETE …/migrate") === true)
          await world.ask("give up", ({ vmControl }) => vmControl.migration.abandon("web", "an operator"));
      }
      const at = [seed, there, hasRun];
      if (hasRun && disksOn(world).length === 0) {
        expect([...at, world.leader?.vms.state("web").reason]).toEqual([...at, expect.stringContaining("replace")]);
        continue;
      }
      expect([...at, world.leader?.vms.get("web").status]).toEqual([...at, "running"]);
      expect([...at, hostOf(world), disksOn(world)]).toEqual([...at, host, [host]]);
      expect(world.leader?.vms.state("web").plan.changes).toEqual([]);
      expect(world.checker.disagreements()).toEqual([]);
    }
  },
);

const cloned = async (world: World, from: string) =>
  await world.ask("clone", ({ vms }) => vms.create({ from, name: "copy" }));

test.each([0, 1, 3, 6, 10, 15, 25])(
  "a scheduler, then an executor that dies %i s after a clone was asked for leave a clone that runs beside its source",
  async (seconds) => {
    for (const [victim, from] of [
      ["scheduler", "web"],
      ["executor", "web"],
      ["executor", "web@s1"],
    ] as const) {
      const world = await running();
      const host = hostOf(world);
      if (from === "web") {
        await world.ask("stop", ({ vms }) => vms.expect("web", "STOP", "an operator"));
        await world.pass(30_000);
      }
      expect(await cloned(world, from)).toMatchObject({ name: "copy" });
      await world.pass(seconds * 1_000);
      // Its source may go as soon as the clone has run, and not before.
      const hasRun = world.leader?.vms.get("copy").status === "running";
      await world.ask("delete", ({ vms }) => vms.remove("web"));
      expect(world.leader?.vms.get("web").status === "killing").toBe(hasRun);
      if (victim === "scheduler") {
        world.leader?.die();
        world.startScheduler();
      } else
        for (const agent of world.mesos.agents.values())
          for (const run of agent.runs()) if (run.alive && run.executorId.startsWith("cke-vm.copy.")) run.exit(9);
      await world.pass(400_000);
      if (from === "web" && !hasRun) await world.ask("start", ({ vms }) => vms.expect("web", "RUN", "an operator"));
      await world.pass(120_000);
      const places = world.checker.live().map(({ key, agent }) => [key.split("/")[0], agent.hostname]);
      expect(places.toSorted()).toEqual([["copy", host], ...(hasRun ? [] : [["web", host]])]);
      expect(world.checker.disagreements()).toEqual([]);
    }
  },
);

test("a clone that is deleted before it has its disks lets its source go", async () => {
  const world = await running();
  await cloned(world, "web@s1");
  for (const name of ["copy", "web"]) await world.ask("delete", ({ vms }) => vms.remove(name));
  await world.pass(300_000);
  expect(world.leader?.vms.list()).toEqual([]);
  expect(world.checker.remains(new Set(["framework"]))).toEqual([]);
});

test.each([
  ["leaves its agent together with its disks", {}, false],
  ["leaves its agent with shared disks", movable, false],
  ["stays where it is tied to", { host: "a" }, true],
] as const)("during maintenance it %s", async (_what, more, stays) => {
  const world = await running(more);
  const host = hostOf(world);
  world.mesos.scheduleMaintenance([{ hostname: host, startMs: world.clock.now() + 900_000, durationMs: 600_000 }]);
  await world.pass(800_000);
  expect(ids(world)).toHaveLength(1);
  expect(hostOf(world) === host).toBe(stays);
});

test.each(Array.from({ length: 10 }, (_, index) => index + 1))(
  "whatever fails, seed %i ends with every VM running once and with nothing left",
  async (seed) => {
    await seededRun(seed, { vms: 3 });
  },
);
