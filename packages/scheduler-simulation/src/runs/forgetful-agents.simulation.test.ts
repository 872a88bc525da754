// An agent comes back under a new id, because an operator has removed what it had stored. Mesos ends its tasks; executors and guests live on.
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import { World } from "../world/world.ts";
import { seededRun } from "./seeded-run.ts";

const own = { system: { image: "debian.qcow2" } };
const shared = { system: { path: "/mnt/web.qcow2", shared: true } };

async function forgotten(disk: object, ends: "killed" | "refused", stop: boolean): Promise<World> {
  const world = await new World({ options: { roles: ["cke"] } }).start();
  await world.ask("create", ({ vms }) => vms.create({ name: "web", cpus: 1, mem: 512, disk }));
  await world.pass(60_000);
  const host = world.checker.live()[0]?.agent.hostname ?? "";
  const agent = world.mesos.agent(host);
  for (const run of agent.forget()) {
    if (ends === "killed") run.exit(9);
    else world.clock.after(5_000, () => run.agentLost());
  }
  agent.start();
  if (stop) await world.ask("stop", ({ vms }) => vms.expect("web", "STOP", "an operator"));
  return world;
}

const guests = ({ hosts }: World) =>
  [...hosts].flatMap(([host, all]) => [...all.values()].flatMap(({ running }) => (running ? [host] : [])));

test.each([
  ["shared disks, executors are killed", shared, "killed"],
  ["shared disks, executors are refused", shared, "refused"],
  ["disks of its own, executors are killed", own, "killed"],
  ["disks of its own, executors are refused", own, "refused"],
] as const)("a VM with %s: it runs once, and is called stopped when it does not run", async (_what, disk, ends) => {
  const world = await forgotten(disk, ends, false);
  await world.pass(180_000);
  expect(guests(world)).toHaveLength(1);
  expect(world.leader?.vms.get("web").status).toBe("running");
  const stopped = await forgotten(disk, ends, true);
  await stopped.pass(180_000);
  expect(guests(stopped)).toEqual([]);
  expect(stopped.leader?.vms.get("web").status).toBe("stopped");
});

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
/** What the seeds have brought about. */
const seen = new Set<string>();

// No scheduler hears what becomes of the first launch: it was away, and Mesos knows nothing of that agent when it is back.
test.each(
  seeds.flatMap(
    (seed) =>
      [
        ["VM", seed],
        ["master", seed],
      ] as const,
  ),
)("the first launch of a %s is not heard of, seed %i: it runs once", async (what, seed) => {
  const random = seededRandom(seed);
  const world = await new World({ seed, options: { roles: ["cke"] } }).start();
  if (what === "VM") await world.ask("create", ({ vms }) => vms.create({ name: "web", cpus: 1, mem: 512, disk: own }));
  else await world.ask("create", ({ service }) => service.create(smallBody()));
  const launched = () => [...world.mesos.agents.values()].find((agent) => agent.runs().length > 0);
  await world.pass(60_000, () => launched() !== undefined);
  const agent = launched();
  if (agent === undefined) throw new Error("nothing was launched");
  world.leader?.die();
  await world.pass(random() * 60_000);
  if (guests(world).length > 0) seen.add(`a ${what} that runs unheard of`);
  const before = guests(world);
  for (const run of agent.forget()) {
    if (random() < 0.5) run.exit(9);
    else world.clock.after(random() * 10_000, () => run.agentLost());
  }
  agent.start();
  await world.pass(random() * 60_000);
  world.startScheduler();
  await world.pass(900_000);
  expect([seed, before, guests(world)]).toEqual([seed, before, [before[0] ?? guests(world)[0]]]);
});

test("the seeds have brought both about", () => {
  expect([...seen].toSorted()).toEqual(["a VM that runs unheard of", "a master that runs unheard of"]);
});

test.each(
  Array.from({ length: Number(process.env.SEEDS || 5) }, (_, index) => Number(process.env.FIRST || 101) + index),
)("whatever fails, seed %i ends with every VM and node running once and with nothing left", async (seed) => {
  await seededRun(seed, { vms: 2 });
});
