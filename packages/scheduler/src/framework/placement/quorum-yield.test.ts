// Half of a quorum is of no use: a cluster that never had a whole one gives its places up for others.
import { expect, test } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";
import { quorumSize } from "./quorum.ts";
import { patienceMs, type Waiter, waitersOf, withoutPlace, yieldingWorkload } from "./quorum-yield.ts";

const waiter = (workload: string, placed: number, more: Partial<Waiter> = {}): Waiter => ({
  workload,
  quorum: { word: "masters", stateful: 3, size: quorumSize(3), placed, waiting: [] },
  sinceMs: 0,
  everRan: placed,
  ...more,
});

test.each<[string, readonly Waiter[], number, string | undefined]>([
  ["nobody else waits", [waiter("a", 1)], patienceMs, undefined],
  ["two halves: the younger", [waiter("a", 1), waiter("b", 1)], patienceMs, "b"],
  ["half of one, and nothing of the other", [waiter("a", 1), waiter("b", 0)], patienceMs, "a"],
  ["not yet", [waiter("a", 1), waiter("b", 1, { sinceMs: 1 })], patienceMs, "a"],
  ["nobody has waited for long", [waiter("a", 1), waiter("b", 1)], patienceMs - 1, undefined],
  ["a quorum ran once: there may be data", [waiter("a", 1), waiter("b", 1, { everRan: 2 })], patienceMs, "a"],
  ["nobody has a place", [waiter("a", 0), waiter("b", 0)], patienceMs, undefined],
])("who gives up: %s", (_what, waiters, now, workload) => {
  expect(yieldingWorkload(waiters, now)?.workload).toBe(workload);
});

const gang = (name: string, more: Partial<PlacementRequest> = {}): PlacementRequest => ({
  id: `c/${name}`,
  workload: "c",
  host: "*",
  attributes: [],
  parts: [],
  roles: [],
  home: "",
  homeOnly: false,
  cleanup: false,
  spread: true,
  quorum: waiter("c", 1).quorum,
  sinceMs: 0,
  ...more,
});

test("who waits, and since when: not for a network, nor since before it had what it has", () => {
  const at = (requests: readonly PlacementRequest[], before: readonly Waiter[], now: number) =>
    waitersOf(requests, () => [], before, now);
  const prerequisite = { kind: "network" as const, words: "why" };
  expect(at([gang("m2", { prerequisite }), gang("m3", { prerequisite })], [], 5)).toEqual([]);
  const first = at([gang("m2"), gang("m3")], [], 5);
  expect(first).toMatchObject([{ workload: "c", sinceMs: 5, everRan: 0 }]);
  expect(at([gang("m3")], first, 9)).toMatchObject([{ sinceMs: 5 }]);
  expect(at([gang("m3", { quorum: waiter("c", 0).quorum })], first, 9)).toMatchObject([{ sinceMs: 9 }]);
  expect(at([gang("n", { spread: false })], first, 9)).toEqual([]);
});

const reserved = {
  agentId: "S-a",
  hostname: "a",
  role: "cke",
  state: "reserved" as const,
  amounts: { cpus: 1, mem: 1, ports: [] },
  operationId: "",
  releasing: { cpus: 0, mem: 0, ports: [] },
  reserving: { cpus: 0, mem: 0, ports: [] },
  problem: "",
  changedAtMs: 0,
};

test("a master that waits for its host gives up the host and what is reserved there", () => {
  const record = { ...newUnitRecord("c", "m", "i"), home: "a", homeSinceMs: 5, reservations: [reserved] };
  expect(withoutPlace(record, "why", 7)).toMatchObject({
    home: "",
    homeSinceMs: 5,
    reservations: [{ state: "unreserving", changedAtMs: 7 }],
  });
  const bare = newUnitRecord("c", "m", "i");
  expect(withoutPlace(bare, "why", 7)).toBe(bare);
  expect(withoutPlace({ ...record, launch: sampleLaunch() }, "why", 7).home).toBe("a");
});

const body = (name: string, more: Readonly<Record<string, unknown>> = {}, hosts: readonly string[] = []) =>
  smallBody({
    name,
    network: `net-${name}`,
    nodes: ["m1", "m2", "m3"].map((node, index) => ({
      name: node,
      type: "master",
      node_ip: `10.0.0.${index + 1}`,
      host: hosts[index] ?? "*",
      ...more,
    })),
  });

const placed = (s: Scenario, workload: string) =>
  ["m1", "m2", "m3"].filter((node) => s.launched(workload, node).length > 0);

/** One of the two masters of a cluster that were launched runs, on this host; the other fails, and nothing is launched for now. */
async function keepHalf(s: Scenario, workload: string, host: string) {
  const [first = "", second = ""] = placed(s, workload);
  const [kept, other] = s.task(workload, first).agentId === `S-${host}` ? [first, second] : [second, first];
  await s.running(workload, kept);
  await s.clusters.changePlan(workload, "pause", {}, "me");
  s.mesos.failExecutor(s.task(workload, other).executorId);
  await s.seconds(1);
}

async function withAgents(...hosts: readonly string[]) {
  const s = await new Scenario({ networks: ["old", "young", "half", "other"].map((name) => `net-${name}`) }).start();
  for (const host of hosts) s.mesos.addAgent(host, { mem: 2_200 });
  return s;
}

test("of two halves the younger gives its place up, and the older is complete", async () => {
  const s = await withAgents("a", "b", "e");
  await s.clusters.create(body("old"));
  await settle();
  await s.offer("a", "b");
  await keepHalf(s, "old", "a");
  await s.clusters.create(body("young"));
  await settle();
  await s.offer("b", "e");
  await keepHalf(s, "young", "b");
  await s.clusters.changePlan("old", "resume", {}, "me");
  await s.clusters.changePlan("young", "resume", {}, "me");
  // `e` is never offered again.
  await s.seconds(560);
  await s.offer("a", "b");
  expect([placed(s, "old").length, placed(s, "young").length]).toEqual([1, 1]);
  await s.seconds(100);
  expect(placed(s, "young")).toEqual([]);
  await s.offer("a", "b");
  expect(placed(s, "old")).toHaveLength(2);
  // What gave up may go anywhere, as soon as there is capacity for a quorum beside the third master of the older cluster.
  await s.seconds(20);
  s.mesos.addAgent("x", { mem: 6_600 });
  await s.offer("x");
  expect([placed(s, "old").length, placed(s, "young").length]).toEqual([3, 2]);
  expect(s.mesos.violations).toEqual([]);
});

test("with its place goes what is reserved for it, and for masters of its cluster that do not run", async () => {
  const s = await withAgents("a", "b", "e");
  await s.clusters.create(body("half", { reservation: true }, ["b", "e", "e"]));
  await settle();
  await s.offer("b", "e");
  await keepHalf(s, "half", "b");
  await s.clusters.create(body("other"));
  await s.clusters.changePlan("half", "resume", {}, "me");
  s.mesos.agents.delete("S-e");
  await s.seconds(590);
  await s.offer("a", "b");
  expect([placed(s, "half").length, placed(s, "other").length]).toEqual([1, 0]);
  await s.seconds(100);
  expect(placed(s, "half")).toEqual([]);
  for (let round = 0; round < 3; round += 1) {
    await s.offer("a", "b");
    await s.seconds(41);
  }
  expect(placed(s, "other")).toHaveLength(2);
  const reservations = s.clusters.state("half").nodes.flatMap((node) => node.reservations);
  expect(reservations.map(({ host, state }) => `${host} ${state}`)).toEqual(["e unreserving"]);
  expect(s.mesos.violations).toEqual([]);
});
