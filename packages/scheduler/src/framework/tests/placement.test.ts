// Placement as a whole: masters first, and what waits says for whom.
import { describe, expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

/** A master takes 2144 MiB, a node 1568. */
const body = (name: string, masters: number, more: Readonly<Record<string, unknown>> = {}) =>
  smallBody({
    name,
    nodes: [
      { name: "n", type: "node", node_ip: "10.0.0.20" },
      ...Array.from({ length: masters }, (_, index) => ({
        name: `m${index + 1}`,
        type: "master",
        node_ip: `10.0.0.${index + 1}`,
      })),
    ],
    ...more,
  });

async function withAgents(mem: Readonly<Record<string, number>>) {
  const s = await new Scenario().start();
  for (const [host, mib] of Object.entries(mem)) s.mesos.addAgent(host, { mem: mib });
  return s;
}

test("a worker waits for its master, also when the agent has capacity for the worker alone", async () => {
  const s = await withAgents({ a: 2_000 });
  await s.clusters.create(body("c", 1));
  await settle();
  expect(s.clusters.pending("c")[0]).toMatchObject({
    node: "n",
    refusals: [{ kind: "masters", hosts: 0 }],
    summary: expect.stringContaining("waits for its masters: 0 of 1 fit: no offer for them yet"),
  });
  await s.offer("a");
  expect(s.mesos.live()).toEqual([]);
  const [worker] = s.clusters.pending("c");
  const words = "waits for its masters: 0 of 1 fit: m1 has mem 2000 of 2144 on host a";
  expect(worker?.refusals).toEqual([
    { kind: "masters", hosts: 0, examples: [expect.objectContaining({ host: "", words })] },
  ]);
  expect(worker?.summary).toContain(`not launched yet; ${words}; then it waits for an offer with`);
  expect(s.clusters.state("c").nodes[0]?.reason).toContain(words);
});

test("a quorum is launched at once, and its workers with it", async () => {
  const s = await withAgents({ a: 2_200, b: 2_200, d: 2_000 });
  await s.clusters.create(body("c", 3));
  await settle();
  await s.offer("a", "b", "d");
  expect(["m1", "m2", "m3", "n"].filter((node) => s.launched("c", node).length > 0)).toEqual(["m1", "m2", "n"]);
});

test("a master that is not launched for now is named with the reason", async () => {
  const s = await withAgents({ a: 64_000 });
  await s.clusters.create(body("c", 1));
  await s.clusters.changePlan("c", "pause", { node: "m1" }, "me");
  await settle();
  await s.offer("a");
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.pending("c")[0]?.summary).toMatch(/waits for its masters: 0 of 1 fit: m1: .*paused.*by me/);
});

const quorumOfTwo = (s: Scenario) => ["m1", "m2"].filter((node) => s.launched("c", node).length > 0);

test("offers of several agents that come one by one are held for seconds, until a quorum fits", async () => {
  const s = await withAgents({ a: 2_200, b: 2_200 });
  await s.clusters.create(body("c", 3));
  await settle();
  await s.offer("a");
  expect(s.mesos.offered.size).toBe(1);
  await s.seconds(4);
  await s.offer("b");
  expect(quorumOfTwo(s)).toEqual(["m1", "m2"]);
  expect(s.mesos.violations).toEqual([]);
});

test("what is held is given back after ten seconds, and not held again at once", async () => {
  const s = await withAgents({ a: 2_200, b: 2_200 });
  await s.clusters.create(body("c", 3));
  await settle();
  await s.offer("a");
  await s.seconds(9);
  expect(s.mesos.offered.size).toBe(1);
  await s.seconds(2);
  expect(s.mesos.offered.size).toBe(0);
  await s.offer("a");
  expect(s.mesos.offered.size).toBe(0);
  expect(s.clusters.pending("c")[1]?.summary).toContain("fits on host a, and waits for its masters: 1 of 2 fit");
  await s.seconds(30);
  await s.offer("a");
  expect(s.mesos.offered.size).toBe(1);
});

test("what an agent lacked before is not told of a master that fits there now", async () => {
  const s = await withAgents({ a: 100, b: 100 });
  await s.clusters.create(body("c", 3));
  await settle();
  await s.offer("a", "b");
  const short = s.clusters.pending("c").filter(({ refusals }) => refusals.some(({ kind }) => kind === "mem"));
  expect(short.map(({ node, offers }) => [node, offers.hosts])).toEqual([
    ["m1", 2],
    ["m2", 2],
    ["m3", 2],
  ]);
  s.mesos.addAgent("a", { mem: 2_200 });
  await s.offer("a");
  const fits = s.clusters.pending("c").find(({ summary }) => summary.includes("fits on host a"));
  expect(fits?.refusals).toEqual([
    expect.objectContaining({ kind: "masters", hosts: 0 }),
    expect.objectContaining({ kind: "mem", hosts: 1, examples: [expect.objectContaining({ host: "b" })] }),
  ]);
  expect(fits?.summary).not.toContain("then it waits for an offer");
});

test("a held offer serves whoever comes meanwhile, is let go when it is taken back, and forgotten with the connection", async () => {
  const s = await withAgents({ a: 2_200, b: 100 });
  await s.clusters.create(body("c", 3));
  await settle();
  await s.offer("a");
  await s.clusters.create(body("d", 1, { network: "other" }));
  await settle();
  expect(s.launched("d", "m1")).toContain("etcd");
  expect(s.mesos.offered.size).toBe(0);

  const t = await withAgents({ a: 2_200, b: 2_200 });
  await t.clusters.create(body("c", 3));
  await settle();
  await t.offer("a");
  const [held = ""] = t.mesos.offered.keys();
  t.mesos.rescind(held);
  await settle();
  await t.offer("b");
  expect(t.mesos.live()).toEqual([]);
  await t.restart();
  await t.offer("a", "b");
  expect(quorumOfTwo(t)).toEqual(["m1", "m2"]);
  expect(t.mesos.violations).toEqual([]);
});

test("nothing is held for what no other offer can complete: a cluster of one master", async () => {
  const s = await withAgents({ a: 1_000 });
  await s.clusters.create(body("c", 1));
  await settle();
  await s.offer("a");
  expect(s.mesos.offered.size).toBe(0);
});

test("masters are accepted before workers of the same look at the offers, whatever else goes with those", async () => {
  const s = await withAgents({ a: 64_000, b: 64_000 });
  const hosts = (name: string) => ({
    nodes: [
      { name: "n", type: "node", node_ip: "10.0.0.20", host: "a" },
      { name: "m1", type: "master", node_ip: "10.0.0.1", host: "b" },
    ],
    network: name === "old" ? "net" : "spidernet-vpc56173cke",
  });
  await s.clusters.create(body("old", 1, hosts("old")));
  await s.offer("b");
  expect(s.launched("old", "m1")).toContain("etcd");
  await s.clusters.create(body("young", 1, hosts("young")));
  await settle();
  const before = s.callsOf("ACCEPT").length;
  await s.offer("a", "b");
  const launched = JSON.stringify(s.callsOf("ACCEPT").slice(before)).match(/cke\.(old|young)\.\w+\.i\d+\.node/g) ?? [];
  expect(launched.map((id) => id.split(".").slice(1, 3).join("/"))).toEqual(["young/m1", "old/n", "young/n"]);
});

describe("masters of one cluster go to different agents, whichever offers first", () => {
  const onAgents = (s: Scenario) =>
    ["m1", "m2", "m3"]
      .flatMap((node) => s.tasksOf("c", node).filter(({ process }) => process === ""))
      .map(({ agentId }) => agentId);

  test("they wait for one that had room, and pending says so", async () => {
    const s = await withAgents({ a: 64_000, b: 64_000 });
    await s.offer("a", "b");
    await s.clusters.create(body("c", 3));
    await settle();
    await s.offer("a");
    expect(onAgents(s)).toEqual([]);
    const words = "has another of the masters of c: b had room";
    expect(
      s.clusters
        .pending("c")
        .map(({ summary }) => summary)
        .join(),
    ).toContain(words);
    await s.offer("b");
    expect(new Set(onAgents(s))).toEqual(new Set(["S-a", "S-b"]));
    expect(s.mesos.violations).toEqual([]);
  });

  test("one that is lost is not waited for", async () => {
    const s = await withAgents({ a: 64_000, b: 64_000 });
    await s.offer("a", "b");
    await s.clusters.create(body("c", 3));
    await settle();
    s.mesos.send({ type: "FAILURE", failure: { agent_id: { value: "S-b" } } });
    await settle();
    await s.offer("a");
    expect(new Set(onAgents(s))).toEqual(new Set(["S-a"]));
  });

  test("the wait ends after 30 seconds", async () => {
    const s = await withAgents({ a: 64_000, b: 64_000 });
    await s.offer("a", "b");
    await s.clusters.create(body("c", 3));
    await settle();
    for (let round = 0; round < 5; round += 1) {
      await s.offer("a");
      expect(onAgents(s)).toEqual([]);
      await s.seconds(5);
    }
    await s.seconds(6);
    await s.offer("a");
    expect(new Set(onAgents(s))).toEqual(new Set(["S-a"]));
  });

  test("one without room, or with a master of it already, is not waited for", async () => {
    const s = await withAgents({ a: 64_000, b: 500 });
    await s.offer("a", "b");
    await s.clusters.create(body("c", 3));
    await settle();
    await s.offer("a");
    expect(onAgents(s).length).toBeGreaterThan(1);
  });
});
