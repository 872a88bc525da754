// Reports of executors about their hosts: stored, bounded, used in checks, and removed with the agent.

import { silentLogger } from "@cke/foundation";
import { ExecutorMessage, HostReport, type HostReportInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { Kinds } from "../../workload/kinds/kinds.ts";
import { Ledger } from "../ledger/ledger.ts";
import { WorkQueue } from "../ledger/work-queue.ts";
import { ManualClock, settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";
import { AgentInventory } from "./agent-inventory.ts";

const network = (name: string, subnet = "10.0.0.0/24", gateway = "10.0.0.254") => ({
  name,
  driver: "bridge",
  scope: "local",
  ranges: [{ subnet, gateway }],
});
const image = { name: "cke.local/cke-kube-node:v1.36.3", id: "sha256:1" };

async function tell(s: Scenario, cluster: string, node: string, value: HostReportInit): Promise<void> {
  const { executorId, agentId } = s.task(cluster, node);
  const data = Buffer.from(ExecutorMessage.encode({ message: { kind: "host", value } })).toString("base64");
  s.mesos.send({
    type: "MESSAGE",
    message: { executor_id: { value: executorId }, agent_id: { value: agentId }, data },
  });
  await settle();
}

const stored = async (s: Scenario) =>
  (await s.store.list("agents/")).filter(({ key }) => key !== "agents/known").map(({ value }) => value);

const workers = ["w0", "w1", "w2"];
const body = (network: string) =>
  smallBody({
    name: "c",
    network,
    nodes: [
      { name: "m", type: "master", node_ip: "10.0.0.1" },
      ...workers.map((name, index) => ({ name, type: "node", node_ip: `10.0.0.${index + 2}` })),
    ],
  });
const up = (s: Scenario) => ["m", ...workers].filter((name) => s.launched("c", name).length > 0);
const summary = (s: Scenario, node: string) => s.clusters.pending("c").find((one) => one.node === node)?.summary;

async function unknownNetwork(body_: Readonly<Record<string, unknown>> = body("new")): Promise<Scenario> {
  const s = await new Scenario({ networks: [] }).start();
  for (const hostname of ["a", "b"]) s.mesos.addAgent(hostname);
  await s.clusters.create(body_);
  await settle();
  await s.offer("a");
  return s;
}

test("a network that nobody knows: one node goes first, and the others wait for what it shows", async () => {
  const s = await unknownNetwork();
  expect(up(s)).toEqual(["m"]);
  await s.offer("b");
  expect(up(s)).toEqual(["m"]);
  expect(summary(s, "w0")).toMatch(/waits until m has shown that network new exists on a; then it waits for an offer/);
  expect(s.clusters.pending("c").find(({ node }) => node === "w0")?.refusals).toMatchObject([{ kind: "network" }]);
  await tell(s, "c", "m", { networks: [network("new")] });
  await s.offer("a", "b");
  expect(up(s)).toEqual(["m", ...workers]);
});

test("its node shows it by coming up, when no report arrives", async () => {
  const s = await unknownNetwork();
  await s.running("c", "m");
  await s.offer("a", "b");
  expect(up(s)).toEqual(["m", ...workers]);
});

test("a network that is not there fails one launch after the other, never all at once", async () => {
  const s = await unknownNetwork();
  await tell(s, "c", "m", { networks: [network("other")] });
  s.mesos.failExecutor(s.task("c", "m").executorId, "TASK_FAILED", {
    message: "Docker network new does not exist",
    data: nodeReport("network", "Docker network new does not exist"),
  });
  await settle();
  await s.offer("a", "b");
  expect(up(s)).toEqual([]);
  expect(summary(s, "w0")).toMatch(
    /waits until m has shown that network new exists on an agent; its last launch failed/,
  );
  await s.seconds(40);
  await s.offer("a", "b");
  expect(up(s)).toEqual(["m"]);
});

test("of three masters one goes first, once a quorum of them fits", async () => {
  const masters = ["m0", "m1", "m2"].map((name, index) => ({ name, type: "master", node_ip: `10.0.0.${index + 1}` }));
  const s = await unknownNetwork(smallBody({ name: "c", network: "new", nodes: masters }));
  const running = () => ["m0", "m1", "m2"].filter((name) => s.launched("c", name).length > 0);
  expect(running()).toEqual(["m0"]);
  await tell(s, "c", "m0", { networks: [network("new")] });
  await s.offer("a", "b");
  expect(running()).toEqual(["m0", "m1", "m2"]);
});

test("what is told is stored once for each agent, and known after a restart", async () => {
  const s = await unknownNetwork();
  await tell(s, "c", "m", { networks: [network("new")], images: [image] });
  await s.seconds(2);
  expect(await stored(s)).toEqual([
    { hostname: "a", atMs: expect.any(Number), networks: [network("new")], images: [image] },
  ]);
  await s.restart();
  await s.offer("a", "b");
  expect(up(s)).toEqual(["m", ...workers]);
});

test("it is forgotten with its agent", async () => {
  const s = await unknownNetwork();
  const { agentId } = s.task("c", "m");
  await tell(s, "c", "m", { networks: [network("new")] });
  await s.seconds(2);
  s.mesos.send({ type: "FAILURE", failure: { agent_id: { value: agentId } } });
  await settle();
  await s.seconds(2);
  expect(await stored(s)).toEqual([]);
});

test("a report beyond all bounds is not believed", async () => {
  const s = await unknownNetwork();
  await tell(s, "c", "m", { networks: Array.from({ length: 5_000 }, (_, index) => network(`n${index}`)) });
  await tell(s, "c", "m", { networks: [network("x".repeat(10_000))] });
  await s.seconds(2);
  expect(await stored(s)).toEqual([]);
});

/** A running cluster whose executor answers the scheduler with the host's present state. */
async function answering(has: () => HostReportInit, options = {}): Promise<Scenario> {
  const s = await new Scenario({ networks: [], options }).start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody());
  await settle();
  await s.offer("a");
  await tell(s, "small", "m", has());
  await s.running("small", "m");
  s.mesos.onAsked = () => void tell(s, "small", "m", has());
  return s;
}

test("a body is checked against what its network is, with the path, what is known and what is allowed", async () => {
  const s = await answering(() => ({ networks: [network("net")] }));
  const nodes = [
    { name: "m", type: "master", node_ip: "10.0.1.9" },
    { name: "w", type: "node", node_ip: "10.0.0.254" },
  ];
  await expect(s.clusters.create(smallBody({ name: "c", nodes }))).rejects.toMatchObject({
    status: 422,
    message:
      "nodes[0].node_ip: 10.0.1.9 is not in 10.0.0.0/24 in network net of host a (seen 0 s ago); allowed there: 10.0.0.1 to 10.0.0.253; nodes[1].node_ip: 10.0.0.254 is the gateway in network net of host a (seen 0 s ago); allowed there: 10.0.0.1 to 10.0.0.253",
  });
});

test("a network that is nowhere is refused at once, and taken as soon as somebody has made it", async () => {
  const networks = [network("net")];
  const s = await answering(() => ({ networks }));
  const other = smallBody({ name: "c", network: "new", nodes: [{ name: "m", type: "master", node_ip: "10.9.0.5" }] });
  await expect(s.clusters.create(other)).rejects.toMatchObject({
    status: 422,
    message: expect.stringMatching(/^network: there is no Docker network "new" on any agent: host a /),
  });
  networks.push(network("new", "10.9.0.0/24", "10.9.0.1"));
  await expect(s.clusters.create(other)).resolves.toEqual({ name: "c", warnings: [] });
});

test("a network that was made anew with another subnet is looked at again before an address is refused", async () => {
  const networks = [network("net")];
  const s = await answering(() => ({ networks }));
  networks[0] = network("net", "10.5.0.0/24", "10.5.0.1");
  const moved = smallBody({ name: "c", nodes: [{ name: "m", type: "master", node_ip: "10.5.0.5" }] });
  await expect(s.clusters.create(moved)).resolves.toEqual({ name: "c", warnings: [] });
});

test("while an agent is there of which nothing is known, an unknown network is not refused", async () => {
  const s = await answering(() => ({ networks: [network("net")] }));
  s.mesos.addAgent("b");
  await s.offer("b");
  await expect(s.clusters.create(smallBody({ name: "c", network: "new" }))).resolves.toEqual({
    name: "c",
    warnings: [],
  });
});

test.each(["goes on", "is restarted"])(
  "where nothing runs that could look, an unknown network is not refused: the scheduler %s",
  async (life) => {
    const s = await answering(() => ({ networks: [network("net")] }));
    await s.clusters.remove("small");
    await s.seconds(10);
    expect(s.clusters.list()).toEqual([]);
    if (life === "is restarted") await s.restart();
    await s.seconds(60);
    const other = smallBody({ name: "c", network: "new" });
    await expect(s.clusters.create(other)).resolves.toEqual({ name: "c", warnings: [] });
  },
);

test("a version whose local image is on no agent is refused with the command that builds it, and is not listed", async () => {
  const images = [{ ...image, name: "cke.local/other:v1" }];
  const s = await answering(() => ({ networks: [network("net")], images }), { imagePath: "cke.local" });
  expect(s.clusters.supportedVersions()).toEqual([]);
  const again = smallBody({ name: "c", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.7" }] });
  await expect(s.clusters.create(again)).rejects.toMatchObject({
    status: 422,
    message: expect.stringMatching(/^k8s_ver: Kubernetes 1\.36 has no image on any agent .*make image VERSION=1\.36/),
  });
});

test("ten thousand agents are kept at most, those that told of themselves last, and none for longer than two weeks", async () => {
  const [clock, store] = [new ManualClock(), new MemoryStore()];
  const inventory = new AgentInventory({
    store,
    clock,
    logger: silentLogger,
    ledger: new Ledger(store, new Kinds([]), new WorkQueue(), clock),
    send: async () => undefined,
    onNews: () => undefined,
  });
  const report = (name: string) => HostReport.create({ networks: [network(name)] });
  for (let index = 0; index < 10_050; index += 1) {
    if (index % 1_000 === 0) await clock.advance(1_000);
    inventory.receive(`S-${index}`, `h${index}`, report(`n${index}`));
  }
  await inventory.tick();
  expect(await store.list("agents/")).toHaveLength(10_000);
  expect([inventory.hasNetwork("n49"), inventory.hasNetwork("n10049")]).toEqual([false, true]);
  await clock.advance(14 * 86_400_000 + 1);
  inventory.receive("S-new", "h", report("new"));
  await inventory.tick();
  expect((await store.list("agents/")).map(({ key }) => key)).toEqual(["agents/S-new"]);
});
