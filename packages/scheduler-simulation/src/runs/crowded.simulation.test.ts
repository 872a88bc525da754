// Full agents: a node that is killed comes back to its place, although others wait for resources all the time.
import { expect, test } from "vitest";
import type { KubeNodeExecutor } from "../hosts/kube-node-executor.ts";
import { World } from "../world/world.ts";

/** The resources of a master and of a worker of the sample configuration. Each host has room for one of each. */
const [ofMaster, ofNode] = [
  { cpus: 1.41, mem: 2_144 },
  { cpus: 1.91, mem: 1_568 },
];
const resources = `cpus:${ofMaster.cpus + ofNode.cpus};mem:${ofMaster.mem + ofNode.mem};disk:20000;ports:[31000-35000]`;

const body = (index: number, workers: number, pod: boolean) => ({
  cluster_name: `c${index}`,
  network: `net${index}`,
  kubenodes: [
    { name: "master", type: "master", host: "*", node_ip: `10.${index}.0.1`, pod },
    ...Array.from({ length: workers }, (_, worker) => ({
      name: `node${worker}`,
      type: "node",
      host: "*",
      node_ip: `10.${index}.0.${worker + 2}`,
      pod,
    })),
  ],
});

/** The host of each node that runs. */
function places(world: World): ReadonlyMap<string, string> {
  const nodes = world.checker.live().filter(({ key }) => key.endsWith("/"));
  return new Map(nodes.map(({ key, agent }) => [key, agent.hostname]));
}

/** True when everything of these nodes that ran runs again, in any order. */
function runsAsBefore(world: World, before: ReadonlyMap<string, string>, tasks: number): boolean {
  const now = places(world);
  return world.checker.live().length === tasks && [...before].every(([node, host]) => now.get(node) === host);
}

type Fault = (world: World, executorId: string, executor: KubeNodeExecutor) => void;
const faults: readonly Fault[] = [
  (world, executorId) => {
    for (const agent of world.mesos.agents.values())
      for (const run of agent.runs()) if (run.executorId === executorId && run.alive) run.exit(9);
  },
  (_world, _id, executor) => executor.killedByOthers(),
  (_world, _id, executor) => executor.loseContainer(),
  (world, _id, executor) => executor.failProcess((count) => Math.floor(world.random() * count)),
];

const seeds = Array.from({ length: Number(process.env.CROWDED || 6) }, (_, index) => index + 1);

test.each(seeds)("what is killed on a full agent comes back to it, whoever waits: seed %i", async (seed) => {
  const hostnames = ["a", "b", "c"];
  const world = await new World({
    seed,
    agents: hostnames.map((hostname) => ({ hostname, resources })),
    options: { roles: ["cke"] },
  }).start();
  // Three masters and three workers fill three hosts. One more cluster of each kind waits for ever.
  await world.ask("create c1", ({ service }) => service.create(body(1, 1, seed % 3 === 0)));
  await world.ask("create c2", ({ service }) => service.create(body(2, 1, seed % 3 === 1)));
  await world.ask("create c3", ({ service }) => service.create(body(3, 1, false)));
  await world.pass(120_000);
  await world.ask("create c4", ({ service }) => service.create(body(4, 0, false)));
  await world.ask("create c5", ({ service }) => service.create(body(5, 2, false)));
  await world.pass(60_000);
  const before = places(world);
  const tasks = world.checker.live().length;
  expect(before.size).toBe(6);
  for (let round = 0; round < 25; round += 1) {
    const executors = [...world.executors].filter(([executorId]) =>
      world.checker.live().some(({ taskId }) => taskId.startsWith(`${executorId}.`)),
    );
    const [executorId, executor] = executors[Math.floor(world.random() * executors.length)] ?? [];
    if (executorId === undefined || executor === undefined) throw new Error("nothing runs");
    faults[Math.floor(world.random() * faults.length)]?.(world, executorId, executor);
    if (world.random() < 0.3) world.startScheduler();
    await world.pass(1_000 + world.random() * 3_000);
    await world.pass(900_000, () => runsAsBefore(world, before, tasks));
    expect(Object.fromEntries(places(world))).toEqual(Object.fromEntries(before));
    // Until early failures have been retried, so that their backoffs do not add up.
    await world.pass(world.random() * 600_000);
  }
  const waiting = () =>
    (world.leader?.service.list() ?? []).filter(({ status }) => status !== "running").map(({ name }) => name);
  // The last node may still be on its way down, or not yet healthy.
  await world.pass(900_000, () => waiting().length === 2);
  expect(waiting()).toEqual(["c4", "c5"]);
  expect(world.checker.disagreements()).toEqual([]);
});
