// An agent comes back under a new id, because an operator has removed what it had stored. Mesos ends its tasks; executors and guests live on.
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

test.each(
  Array.from({ length: Number(process.env.SEEDS || 5) }, (_, index) => Number(process.env.FIRST || 101) + index),
)("whatever fails, seed %i ends with every VM and node running once and with nothing left", async (seed) => {
  await seededRun(seed, { vms: 2 });
});
