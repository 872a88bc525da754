// A guest that moves while it runs, and what dies around its hand-over: executors, agents and hosts, at seeded moments. Its guest runs once in
// the end, or its state names what an operator has to say.
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { expect, test } from "vitest";
import { World } from "../world/world.ts";

const body = { name: "web", cpus: 1, mem: 512, disk: { system: { image: "debian.qcow2" } } };
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

/** What the seeds have brought about. */
const seen = new Set<string>();

async function moving(seed: number, more: object = {}): Promise<{ readonly world: World; readonly host: string }> {
  const world = await new World({ seed, options: { roles: ["cke"] } }).start();
  await world.ask("create", ({ vms }) => vms.create({ ...body, ...more }));
  await world.pass(60_000);
  const host = hostOf(world);
  await world.ask("move", ({ vmControl }) => vmControl.migration.begin("web", {}, "an operator"));
  return { world, host };
}

const hostOf = (world: World) => world.checker.live()[0]?.agent.hostname ?? "";
const otherHost = (world: World, host: string) =>
  world.checker.live().find(({ agent }) => agent.hostname !== host)?.agent.hostname;
const disksOn = (world: World) =>
  [...world.hosts].flatMap(([host, all]) => ([...all.keys()].some((key) => key.startsWith("web/vm@")) ? [host] : []));
const runsOn = (world: World) =>
  [...world.hosts].flatMap(([host, all]) =>
    [...all].flatMap(([key, { running }]) => (running && key.startsWith("web/vm@") ? [host] : [])),
  );

const containers = (world: World) => [...world.hosts.values()].flatMap((all) => [...all.values()]);
const leaving = (world: World) => containers(world).some((one) => one.leaving === true);
const arrivedOn = (world: World, host: string) =>
  [...(world.hosts.get(host)?.values() ?? [])].some(({ arrived, running }) => arrived === true && running);

function lose(world: World, host: string): void {
  world.mesos.removeAgent(host);
  world.powerOff(host);
  world.hosts.delete(host);
}

/** What an operator does who follows its state, until nothing is said any more. */
async function follow(world: World): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await world.pass(60_000);
    const { reason = "", plan } = world.leader?.vms.state("web") ?? {};
    if (reason.includes("DELETE …/migrate") || plan?.changes.some(({ status }) => status === "waiting"))
      await world.ask("give up", ({ vmControl }) => vmControl.migration.abandon("web", "an operator"));
    else if (reason.includes("replace)")) {
      world.checker.removalAsked("web", "vm");
      await world.ask("replace", ({ vms }) => vms.replace("web", false, "an operator"));
    }
  }
}

function runsOnce(world: World, at: readonly unknown[]): void {
  expect([...at, world.leader?.vms.get("web").status, world.leader?.vms.state("web").reason]).toEqual([
    ...at,
    "running",
    "",
  ]);
  expect([...at, runsOn(world)]).toEqual([...at, [hostOf(world)]]);
  expect([...at, world.leader?.vms.state("web").plan.changes]).toEqual([...at, []]);
  expect([...at, world.checker.disagreements()]).toEqual([...at, []]);
}

test.each(seeds)("seed %i: its old host is lost for good after its move was given up for its new one", async (seed) => {
  const random = seededRandom(seed);
  const { world, host } = await moving(seed);
  await world.pass(4_000 + random() * 30_000);
  const there = otherHost(world, host);
  if (there === undefined) return;
  lose(world, there);
  for (let round = 0; round < 10; round += 1) {
    await world.pass(30_000);
    if (world.leader?.vms.state("web").reason.includes("DELETE …/migrate") === true) break;
  }
  const answer = await world.ask("give up", ({ vmControl }) => vmControl.migration.abandon("web", "an operator"));
  if (answer?.includes("its guest goes on at its old one")) seen.add("a return whose old host is lost");
  await world.pass(random() * 40_000);
  if (world.leader?.vms.state("web").plan.changes.length === 0) seen.add("an old host that is lost after the return");
  lose(world, host);
  await follow(world);
  runsOnce(world, [seed, there]);
});

test.each(seeds)(
  "seed %i: the agent of its new host is away for long, and a guest that has come ends there",
  async (seed) => {
    const random = seededRandom(seed);
    const { world, host } = await moving(seed);
    await world.pass(4_000 + random() * 30_000);
    const there = otherHost(world, host);
    if (there === undefined) return;
    world.mesos.loseAgent(there);
    await world.pass(60_000);
    if (arrivedOn(world, there)) seen.add("a guest that has come to an agent that is away");
    // After the recovery timeout the executor that took the guest ends, and a guest without an executor of its own with it.
    for (const run of world.mesos.agent(there).runs())
      if (run.alive && run.executorId.startsWith("cke-vm.web.destination.")) {
        for (const container of world.hosts.get(there)?.values() ?? []) container.running = false;
        run.exit(0);
      }
    await world.pass(random() * 600_000);
    world.mesos.returnAgent(there);
    await follow(world);
    runsOnce(world, [seed, there]);
    expect(disksOn(world)).toEqual([hostOf(world)]);
  },
);

test.each(seeds)("seed %i: the executor that sent it dies around its hand-over, again and again", async (seed) => {
  const random = seededRandom(seed);
  const { world } = await moving(seed);
  for (let round = 0; round < 4; round += 1) {
    await world.pass(3_000 + random() * 15_000);
    for (const agent of world.mesos.agents.values())
      for (const run of agent.runs())
        if (run.alive && run.executorId.startsWith("cke-vm.web.") && random() < 0.6) {
          if (leaving(world)) seen.add("an executor that dies in the hand-over");
          run.exit(9);
        }
  }
  await follow(world);
  runsOnce(world, [seed]);
  expect(disksOn(world)).toEqual([hostOf(world)]);
});

test.each(seeds)(
  "seed %i: one with shared disks only, whose agents are away for long in its move, runs once",
  async (seed) => {
    const random = seededRandom(seed);
    const { world, host } = await moving(seed, { disk: { system: { path: "/mnt/web.qcow2", shared: true } } });
    await world.pass(3_000 + random() * 25_000);
    const there = otherHost(world, host);
    const away = random() < 0.7 || there === undefined ? host : there;
    if (leaving(world)) seen.add("an agent that is away in the hand-over of shared disks");
    world.mesos.loseAgent(away);
    // Longer than -partition_grace: at another time it would be launched elsewhere.
    for (let minute = 0; minute < 12; minute += 1) {
      await world.pass(60_000);
      expect([seed, minute, runsOn(world).filter((one) => one !== host && one !== there)]).toEqual([seed, minute, []]);
    }
    world.mesos.returnAgent(away);
    await follow(world);
    runsOnce(world, [seed, away]);
  },
);

test("the seeds have brought all of it about", () => {
  expect([...seen].toSorted()).toEqual([
    "a guest that has come to an agent that is away",
    "a return whose old host is lost",
    "an agent that is away in the hand-over of shared disks",
    "an executor that dies in the hand-over",
    "an old host that is lost after the return",
  ]);
});
