// The operator of seeded runs adds agents where room is missing, and finds room that a scheduler leaves unused.
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { expect, test } from "vitest";
import { Violation } from "../checks/checker.ts";
import { freeRoom } from "../checks/unused-room.ts";
import { World } from "../world/world.ts";
import { MoreRoom } from "./more-room.ts";

const small = { hostname: "small", resources: "cpus:1;mem:1024;disk:20000;ports:[31000-35000]" };
const large = { hostname: "large", resources: "cpus:16;mem:65536;disk:20000;ports:[31000-35000]" };

/** Looks every five seconds of the run. */
async function looks(world: World, seconds: number): Promise<void> {
  const room = new MoreRoom(world);
  for (let passed = 0; passed < seconds; passed += 5) {
    await world.pass(5_000);
    room.look();
  }
}

test("an agent comes when none has enough, and the cluster runs on it", async () => {
  const world = await new World({ agents: [small] }).start();
  await world.ask("create", ({ service }) => service.create(smallBody()));
  await looks(world, 895);
  expect([...world.mesos.agents.keys()]).toEqual(["small"]);
  await looks(world, 1_200);
  expect([...world.mesos.agents.keys()]).toEqual(["small", "room1"]);
  expect(world.leader?.service.get("small").status).toBe("running");
  const [{ cpus = 0 } = {}] = freeRoom(world.mesos).filter(({ hostname }) => hostname === "room1");
  expect(cpus).toBeGreaterThan(50);
  expect(cpus).toBeLessThan(64);
});

test("offers of an agent that never arrive are noticed: no other agent hides that its room is left unused", async () => {
  const world = await new World({ agents: [small] }).start();
  await world.ask("create", ({ service }) => service.create(smallBody()));
  await world.pass(5_000);
  const { faultIntensity } = world;
  const event = faultIntensity.event.bind(faultIntensity);
  // A master offers a room once. The event with the new agent's is overtaken by all others.
  faultIntensity.event = (one) => {
    const fate = event(one);
    const isLost = one.type === "OFFERS" && (one.offers.offers ?? []).some(({ hostname }) => hostname === "large");
    return isLost ? { ...fate, lateMs: 1e9 } : fate;
  };
  world.mesos.addAgent(large);
  await expect(looks(world, 1_200)).rejects.toThrow(Violation);
  expect([...world.mesos.agents.keys()]).toEqual(["small", "large"]);
});
