// What a deleted cluster has reserved is given back, whatever still runs and whatever was declined.
import { expect, test } from "vitest";
import { smallBody } from "../domain/testing/user-bodies.ts";
import { Scenario } from "./testing/scenario.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1", reservation: true },
  { name: "w", type: "node", node_ip: "10.0.0.2", reservation: true },
];

/** Both nodes on a. */
async function launched(): Promise<Scenario> {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ nodes }));
  await s.offer("a");
  for (const node of ["m", "w"]) await s.running("small", node);
  return s;
}
const buried = async (s: Scenario) => (await s.keys()).filter((key) => key.startsWith("reservations/"));

test("B20: nothing of a cluster is given up while its nodes still run, however long ago it was reserved", async () => {
  const s = await launched();
  await s.seconds(700);
  // Nothing is killed.
  s.mesos.beforeCall = ({ type }) => {
    s.mesos.refuseCalls = type === "KILL" || type === "SHUTDOWN";
  };
  await s.clusters.remove("small");
  await s.seconds(5);
  expect(s.mesos.live().length).toBeGreaterThan(0);
  expect(await buried(s)).toEqual([]);
});

test("B20: a host that begins to be waited for is asked for anew, although offers flow already", async () => {
  const s = await new Scenario().start();
  // A new framework looks at every agent first.
  await s.seconds(20);
  for (const host of ["a", "b"]) s.mesos.addAgent(host);
  await s.clusters.create(smallBody({ nodes: [nodes[0]] }));
  await s.offer("a");
  await s.running("small", "m");
  await s.clusters.create(
    smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9", reservation: true }] }),
  );
  await s.offer("b");
  await s.running("other", "m");
  await s.clusters.remove("small");
  await s.seconds(2);
  const before = s.callsOf("REVIVE").length;
  await s.seconds(10);
  expect(s.callsOf("REVIVE").length).toBe(before);
  await s.clusters.remove("other");
  await s.seconds(2);
  expect(s.callsOf("REVIVE").length).toBe(before + 1);
});

test("B20: a reservation that was given up is not forgotten while tasks on a returned agent may hold it", async () => {
  const s = await launched();
  await s.clusters.remove("small");
  await s.seconds(700);
  expect(s.clusters.list()).toEqual([]);
  expect((await buried(s)).length).toBe(2);
  // The agent is back with something of it in use: it is not offered.
  const all = s.mesos.totals.get("S-a") ?? [];
  s.mesos.totals.set(
    "S-a",
    all.filter(({ reservations = [] }) => reservations.length === 0),
  );
  for (let round = 0; round < 20; round += 1) {
    await s.offer("a");
    await s.seconds(5);
  }
  expect((await buried(s)).length).toBe(2);
  s.mesos.totals.set("S-a", all);
  await s.offer("a");
  expect(s.mesos.reserved()).toEqual([]);
  for (let round = 0; round < 70; round += 1) {
    await s.offer("a");
    await s.seconds(5);
  }
  expect(await s.keys()).toEqual(["framework"]);
});
