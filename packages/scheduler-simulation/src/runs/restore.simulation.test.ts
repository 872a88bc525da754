// The store is restored from an older backup, in every order of events. A node whose removal was not ordered keeps its
// data, on any host and in any instance. The checker sees every removal.

import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import { World } from "../world/world.ts";

const processes = ["apiserver", "controller", "docker", "etcd", "node", "scheduler"];

/** One host, so that two instances of a cluster meet on it. */
async function oneHost(): Promise<World> {
  return await new World({ agents: [{ hostname: "a", resources: "cpus:32;mem:65536;ports:[31000-35000]" }] }).start();
}

async function create(world: World): Promise<void> {
  expect(await world.ask("create", ({ service }) => service.create(smallBody()))).toBeDefined();
  await world.pass(120_000);
  expect(world.running("small", "m")).toEqual(processes);
}

async function remove(world: World): Promise<void> {
  await world.ask("delete", ({ service }) => service.remove("small"));
  await world.pass(300_000);
  expect(world.leader?.service.list()).toEqual([]);
}

/** The instances whose data is on the host, and whether their container runs. */
const instances = (world: World) =>
  [...(world.hosts.get("a")?.entries() ?? [])]
    .map(([instance, { running }]) => `${instance} ${running ? "runs" : "data"}`)
    .sort();

test("created after the backup, created again after the restore: the first one's data stays", async () => {
  const world = await oneHost();
  const empty = world.store.backup();
  await create(world);
  const [first = ""] = instances(world);
  await world.restore(empty);
  await world.pass(120_000);
  expect(world.running("small", "m")).toEqual([]);
  expect(instances(world)).toEqual([first.replace("runs", "data")]);
  await create(world);
  expect(instances(world)).toHaveLength(2);
  expect(instances(world)).toContain(first.replace("runs", "data"));
  await remove(world);
  expect(instances(world)).toEqual([first.replace("runs", "data")]);
});

test("… and the newer store put back: the first one runs again with its data, the second one's stays", async () => {
  const world = await oneHost();
  const empty = world.store.backup();
  await create(world);
  const [first = ""] = instances(world);
  const full = world.store.backup();
  await world.restore(empty);
  await world.pass(60_000);
  await create(world);
  await world.restore(full);
  await world.pass(300_000);
  expect(world.running("small", "m")).toEqual(processes);
  expect(instances(world)).toContain(first);
  expect(instances(world)).toHaveLength(2);
  await remove(world);
  expect(instances(world)).toHaveLength(1);
  expect(instances(world)).not.toContain(first.replace("runs", "data"));
});

test("created again at once, while the first one still runs out of reach: neither takes the other's data", async () => {
  const world = await oneHost();
  const empty = world.store.backup();
  await create(world);
  const [first = ""] = instances(world);
  world.mesos.loseAgent("a");
  await world.pass(120_000);
  await world.restore(empty);
  await world.pass(30_000);
  await world.ask("create", ({ service }) => service.create(smallBody()));
  world.mesos.returnAgent("a");
  await world.pass(600_000);
  expect(world.running("small", "m")).toEqual(processes);
  expect(instances(world)).toHaveLength(2);
  expect(instances(world)).toContain(first.replace("runs", "data"));
});

test("deleted and created again after the backup: the restored instance begins empty, the later one's data stays", async () => {
  const world = await oneHost();
  await create(world);
  const before = world.store.backup();
  await remove(world);
  await create(world);
  const [second = ""] = instances(world);
  await world.restore(before);
  await world.pass(300_000);
  expect(world.running("small", "m")).toEqual(processes);
  expect(instances(world)).toContain(second.replace("runs", "data"));
  await remove(world);
  expect(instances(world)).toEqual([second.replace("runs", "data")]);
});

test("deleted at the restored store while an instance runs that it does not know: only the one that it knows goes", async () => {
  const world = await oneHost();
  await create(world);
  const before = world.store.backup();
  await remove(world);
  await create(world);
  const [second = ""] = instances(world);
  await world.restore(before);
  await world.pass(1_000);
  await world.ask("delete", ({ service }) => service.remove("small"));
  await world.pass(900_000);
  expect(world.leader?.service.list()).toEqual([]);
  expect(world.running("small", "m")).toEqual([]);
  expect(instances(world)).toEqual([second.replace("runs", "data")]);
});

test("the backup has the cluster without its launch: it is adopted, and nothing restarts", async () => {
  const world = await oneHost();
  await world.ask("create", ({ service }) => service.create(smallBody()));
  const before = world.store.backup();
  await world.pass(120_000);
  const tasks = world.checker.live().map(({ taskId }) => taskId);
  await world.restore(before);
  await world.pass(120_000);
  expect(world.checker.live().map(({ taskId }) => taskId)).toEqual(tasks);
  expect(world.checker.disagreements()).toEqual([]);
});

test("… and the master was restarted too, while the agent of its launch is away: it is waited for and adopted", async () => {
  const world = await new World({
    agents: ["a", "b"].map((hostname) => ({ hostname, resources: "cpus:32;mem:65536;ports:[31000-35000]" })),
  }).start();
  await world.ask("create", ({ service }) => service.create(smallBody()));
  const before = world.store.backup();
  await world.pass(120_000);
  const tasks = world.checker.live().map(({ taskId }) => taskId);
  const [host = ""] = [...world.hosts].flatMap(([hostname, instancesThere]) =>
    instancesThere.size > 0 ? [hostname] : [],
  );
  world.mesos.agent(host).link.partition(true);
  world.mesos.crashMaster();
  await world.restore(before);
  world.mesos.startMaster();
  await world.pass(500_000);
  expect(world.checker.live().map(({ taskId }) => taskId)).toEqual(tasks);
  world.mesos.returnAgent(host);
  await world.pass(60_000);
  expect(world.running("small", "m")).toEqual(processes);
  expect(world.checker.live().map(({ taskId }) => taskId)).toEqual(tasks);
  expect(world.checker.disagreements()).toEqual([]);
});
