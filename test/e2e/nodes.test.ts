// Nodes are added to a running cluster and removed from it, with real parts: nothing else of the cluster restarts, pods of new
// workers reach the others at once, and a drain respects PodDisruptionBudgets and says which pod it waits for.
import { setTimeout as delay } from "node:timers/promises";
import { MachinePace } from "@cke/test-servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { budget, NodeProbes } from "./nodes/node-probes.ts";
import { soon } from "./nodes/soon.ts";
import { terminalShows } from "./nodes/terminal.ts";
import { waitFor } from "./wait-for.ts";

const deployment = new Deployment({ name: "nodes" });
const cluster = clusterName("grow");
const probes = new NodeProbes(deployment, cluster);
const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
const inside = (node: string, ...args: string[]) => command("docker", ["exec", `cke-${cluster}-${node}`, ...args]);
const node = (name: string, last: number, type = "node") => ({
  name,
  type,
  host: "*",
  node_ip: `${deployment.prefix}.${last}`,
});

const planSchema = z.object({
  plan: z.object({
    changes: z.array(
      z.object({
        status: z.string(),
        stages: z.array(
          z.object({ action: z.string(), units: z.array(z.object({ status: z.string(), reason: z.string() })) }),
        ),
      }),
    ),
  }),
});
const answerSchema = z.object({ error: z.string().default(""), message: z.string().default("") });

async function ask(method: "GET" | "POST" | "DELETE" | "PATCH", path: string, body?: unknown) {
  const answer = await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}${path}`, {
    method,
    signal: AbortSignal.timeout(60_000),
    ...(body === undefined
      ? {}
      : {
          headers: { "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
  });
  return { status: answer.status, value: await answer.json() };
}
const changes = async () => planSchema.parse((await ask("GET", "/state")).value).plan.changes;

/** Part of a shell script: is there a route to the pods of the worker with this address? */
const routeTo = (last: number) => `ip -4 route show proto 98 | grep -qF 'via ${deployment.prefix}.${last} '`;

/** When the script first succeeded in a node, by the clock of this machine, in milliseconds. */
function momentOf(node: string, script: string): Promise<number> {
  const loop = `until { ${script}; }; do sleep 0.05; done; date +%s%3N`;
  const moment = inside(node, "timeout", "1200", "sh", "-c", loop).then(Number);
  moment.catch(() => {}); // it may fail before it is awaited
  return moment;
}

beforeAll(async () => {
  await deployment.start();
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [node("master", 10, "master"), node("node0", 11)],
    ingresses: [{ name: "web", port: `${deployment.publishedPort}/tcp` }],
  });
  await deployment.waitUp(cluster);
  await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
  await probes.runPod("node0");
});
afterAll(() => deployment.stop());

test("a worker that is added disturbs nothing, and is known to the others within 2 s", async () => {
  const before = await probes.traces("master", "node0");
  expect(before.kernel.length).toBeGreaterThan(5);
  const pace = new MachinePace();
  const knows = `getent hosts node1 | grep -qF ${deployment.prefix}.12 && ${routeTo(12)}`;
  const known = Promise.all(["master", "node0"].map((other) => momentOf(other, knows)));
  const begun = performance.now();
  const posted = Date.now();
  expect(await ask("POST", "/nodes/", node("node1", 12))).toMatchObject({ status: 201 });
  await soon("hosts and routes of the others", Math.max(...(await known)) - posted, pace);
  await deployment.waitUp(cluster);
  console.log(`  the worker is up after ${Math.round(performance.now() - begun)} ms`);
  await probes.runPod("node1");
  expect([await probes.fetched("node0", "node1"), await probes.fetched("node1", "node0")]).toEqual(["node1", "node0"]);
  expect(await probes.traces("master", "node0")).toEqual(before);
  expect((await ask("GET", "/json")).value).toMatchObject({ kubenodes: [{}, {}, { name: "node1" }] });
  expect((await ask("GET", "/nodes/node1")).value).toMatchObject({ name: "node1", status: "running" });
});

test("several are added together, also by two operators at once: each has a pod block of its own", async () => {
  const before = await probes.traces("master", "node0", "node1");
  const both = [{ ...node("node2", 13), labels: { disk: "ssd" } }, node("console", 14, "console")];
  const answers = await Promise.all([ask("POST", "/nodes", both), ask("POST", "/nodes", both)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  await deployment.waitUp(cluster);
  await expect
    .poll(async () => (await probes.podBlocks()).map(([name]) => name).toSorted())
    .toEqual(["node0", "node1", "node2"]);
  const blocks = await probes.podBlocks();
  expect(new Set(blocks.map(([, block]) => block)).size).toBe(3);
  expect(await probes.traces("master", "node0", "node1")).toEqual(before);
  await waitFor("the label of node2", async () => (await probes.marks("node2")).labels.disk === "ssd");
});

test("a terminal is in the console node, now that there is one, and kubectl works in it", async () => {
  const url = `${deployment.url}/k8s/v1/clusters/${cluster}`;
  const { node: where, text } = await terminalShows(url, "kubectl get nodes -o name; exit\n");
  expect(where).toBe("console");
  for (const name of ["node0", "node1", "node2"]) expect(text).toContain(`node/${name}`);
});

test("labels and taints change while everything runs on, and those of others stay; ingresses and attributes wait for a launch", async () => {
  await kubectl("label", "node", "node0", "owner=ann");
  const before = await probes.traces("master", "node0", "node1", "node2");
  const asked = { labels: { disk: "ssd", "example.com/zone": "a" }, taints: ["gpu=yes:PreferNoSchedule"] };
  expect(await ask("PATCH", "/nodes/node0", asked)).toMatchObject({ status: 202 });
  await waitFor("the labels of node0", async () => (await probes.marks("node0")).labels["example.com/zone"] === "a");
  expect(await probes.marks("node0")).toMatchObject({
    labels: { disk: "ssd", owner: "ann" },
    taints: [{ key: "gpu" }],
  });
  expect((await ask("GET", "/json")).value).toMatchObject({
    kubenodes: [{}, { name: "node0", labels: asked.labels }, {}, {}, {}],
  });
  expect(await ask("PATCH", "/nodes/node0", { labels: { disk: null }, taints: [] })).toMatchObject({ status: 202 });
  await waitFor("the label of node0 to go", async () => (await probes.marks("node0")).labels.disk === undefined);
  expect(await probes.marks("node0")).toMatchObject({ labels: { owner: "ann", "example.com/zone": "a" }, taints: [] });
  const later = { ingresses: ["web"], attributes: [{ name: "rack", operator: "UNLIKE", value: "gone" }] };
  expect(await ask("PATCH", "/nodes/node2", later)).toMatchObject({
    status: 202,
    value: { warnings: [expect.stringMatching(/^ingresses: .*launched next/), expect.stringMatching(/^attributes: /)] },
  });
  expect((await ask("GET", "/nodes/node2")).value).toMatchObject(later);
  expect(await ask("PATCH", "/nodes/node2", { ingresses: ["none"] })).toMatchObject({ status: 400 });
  await waitFor("the plans to end", async () => (await changes()).length === 0);
  expect(await probes.traces("master", "node0", "node1", "node2")).toEqual(before);
});

test("what is wrong is refused with its place, and changes nothing", async () => {
  const before = (await ask("GET", "/json")).value;
  const refused = async (method: "POST" | "DELETE", path: string, body: unknown, status: number, text: string) => {
    const answer = await ask(method, path, body);
    const { error, message } = answerSchema.parse(answer.value);
    expect([answer.status, error + message]).toEqual([status, expect.stringContaining(text)]);
  };
  await refused("POST", "/nodes", node("node0", 50), 409, 'name: the node name "node0" is used by node "node0"');
  await refused("POST", "/nodes", [{ ...node("x", 50), node_ip: "10.1.2.3" }], 422, "[0].node_ip: 10.1.2.3 is not in");
  await refused("POST", "/nodes", [node("x", 50), { ...node("Y", 11), ingresses: ["z"] }], 400, "[1].name");
  await refused("POST", "/nodes", "[", 400, "not JSON");
  await refused("POST", "/nodes", `["${"x".repeat(10 * 1024 * 1024)}"]`, 413, "");
  await refused("DELETE", "/nodes/master", undefined, 409, "at least one master");
  await refused("DELETE", "/nodes/node0,none", undefined, 404, 'no node "none"');
  await refused("DELETE", "/nodes/..%2f..", undefined, 404, "no node");
  expect((await ask("GET", "/json")).value).toEqual(before);
});

test("a drain waits for a PodDisruptionBudget and names the pod; then everything of the node is free again", async () => {
  await deployment.kubectl(cluster, ["apply", "-f", "-"], budget("node1"));
  await waitFor("the budget to count its pod", async () =>
    (await kubectl("get", "pdb", "keep-node1", "-o", "jsonpath={.status.currentHealthy}")).includes("1"),
  );
  const others = ["master", "node0", "node2", "console"];
  const before = await probes.traces(...others);
  const [, block] = (await probes.podBlocks()).find(([name]) => name === "node1") ?? [];
  const answers = await Promise.all([ask("DELETE", "/nodes/node1,console"), ask("DELETE", "/nodes/node1")]);
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  const drain = async () =>
    (await changes()).flatMap(({ stages }) => stages).find(({ action }) => action === "drain")?.units[0]?.reason ?? "";
  const reason = "waits for the eviction of pod default/on-node1: PodDisruptionBudget keep-node1";
  await waitFor("the drain to say why it waits", async () => (await drain()).includes(reason));
  // It goes on waiting, and the node runs.
  await delay(5_000);
  await waitFor("the drain to say it still", async () => (await drain()).includes(reason));
  expect(await kubectl("get", "pod", "on-node1", "-o", "jsonpath={.status.phase}")).toBe("Running");
  expect(await kubectl("get", "node", "node1", "-o", "jsonpath={.spec.unschedulable}")).toBe("true");
  // Another scheduler goes on at the same place.
  await deployment.scheduler.kill();
  await deployment.startScheduler();
  await waitFor("the next scheduler to say why it waits", async () => (await drain()).includes(reason));
  expect(await kubectl("get", "pod", "on-node1", "-o", "jsonpath={.status.phase}")).toBe("Running");
  await kubectl("delete", "pdb", "keep-node1");
  await waitFor(
    "the nodes to be removed",
    async () =>
      (await ask("GET", "/nodes/node1")).status === 404 && (await ask("GET", "/nodes/console")).status === 404,
    () => deployment.words(),
  );
  const gone = Date.now();
  const pace = new MachinePace();
  const without = momentOf("node0", `! ${routeTo(12)}`);
  await expect.poll(changes).toEqual([]);
  expect((await probes.podBlocks()).map(([name]) => name)).not.toContain("node1");
  const left = await deployment.leftovers(cluster);
  expect(left.filter((line) => line.includes("node1") || line.includes("console"))).toEqual([]);
  await soon("the route to be gone", (await without) - gone, pace);
  expect(await probes.traces("master", "node0", "node2")).toEqual({
    ...before,
    kernel: before.kernel.filter(([key]) => !key.includes("console")),
    processes: before.processes.filter(([key]) => !key.startsWith("console")),
  });
  // Name, address and pod block are free.
  expect(await ask("POST", "/nodes", [node("node1", 12)])).toMatchObject({ status: 201 });
  await deployment.waitUp(cluster);
  expect((await probes.podBlocks()).find(([name]) => name === "node1")?.[1]).toBe(block);
  await probes.runPod("node1");
  expect([await probes.fetched("node0", "node1"), await probes.fetched("node1", "node0")]).toEqual(["node1", "node0"]);
});

test("a worker's replacement whose drain takes too long fails and names the pod; a pause holds it, and a retry replaces the worker", async () => {
  const others = ["master", "node0", "node1"];
  const before = await probes.traces(...others);
  const block = (await probes.podBlocks()).find(([name]) => name === "node2")?.[1];
  const identity = async () => (await inside("node2", "cat", "/etc/hostname", "/proc/1/stat")).trim();
  const old = await identity();
  const published = (name: string) => command("docker", ["port", `cke-${cluster}-${name}`]);
  await probes.runPod("node2");
  await deployment.kubectl(cluster, ["apply", "-f", "-"], budget("node2"));
  await waitFor("the budget to count its pod", async () =>
    (await kubectl("get", "pdb", "keep-node2", "-o", "jsonpath={.status.currentHealthy}")).includes("1"),
  );
  expect(await ask("POST", "/nodes/node2/replace?timeout=2s")).toMatchObject({ status: 202 });
  const drain = async () =>
    (await changes()).flatMap(({ stages }) => stages).find(({ action }) => action === "drain")?.units[0];
  const failed = await waitFor("the drain to fail", async () => {
    const now = await drain();
    return now?.status === "failed" ? now : undefined;
  });
  expect(failed.reason).toContain("not drained in 2 s: waits for the eviction of pod default/on-node2");
  expect(failed.reason).toContain("PodDisruptionBudget keep-node2");
  // Node and pod run as before; no other pod comes.
  expect(await identity()).toBe(old);
  expect(await kubectl("get", "pod", "on-node2", "-o", "jsonpath={.status.phase}")).toBe("Running");
  expect(await kubectl("get", "node", "node2", "-o", "jsonpath={.spec.unschedulable}")).toBe("true");
  expect(await published("node2")).toBe("");
  // A pause holds what would go on now.
  expect(await ask("POST", "/plan/pause", { node: "node2" })).toMatchObject({ status: 202 });
  await kubectl("delete", "pdb", "keep-node2");
  expect(await ask("POST", "/plan/retry", { node: "node2" })).toMatchObject({ status: 202 });
  await expect.poll(async () => (await changes()).map(({ status }) => status)).toEqual(["paused"]);
  expect(await identity()).toBe(old);
  expect(await kubectl("get", "pod", "on-node2", "-o", "jsonpath={.status.phase}")).toBe("Running");
  expect(await ask("POST", "/plan/resume", { node: "node2" })).toMatchObject({ status: 202 });
  await waitFor(
    "node2 to be replaced",
    async () => {
      // Each retry drains for 2 s, and a pod may take longer to end.
      if ((await drain())?.status === "failed")
        expect(await ask("POST", "/plan/retry", { node: "node2" })).toMatchObject({ status: 202 });
      return (await changes()).length === 0;
    },
    () => deployment.words(),
  );
  await deployment.waitUp(cluster);
  expect(await identity()).not.toBe(old);
  expect((await inside("node2", "hostname", "-I")).split(" ")).toContain(`${deployment.prefix}.13`);
  expect((await probes.podBlocks()).find(([name]) => name === "node2")?.[1]).toBe(block);
  expect((await probes.marks("node2")).labels).toMatchObject({ disk: "ssd" });
  expect(await published("node2")).toContain(`${deployment.publishedPort}/tcp`);
  expect(await kubectl("get", "node", "node2", "-o", "jsonpath={.spec.unschedulable}")).toBe("");
  await probes.runPod("node2");
  expect([await probes.fetched("node0", "node2"), await probes.fetched("node2", "node0")]).toEqual(["node2", "node0"]);
  expect(await probes.traces(...others)).toEqual(before);
});

test("a removal waits for an API server that does not answer, says so, and goes on when it does, without the step that was skipped", async () => {
  const signal = (name: string) => inside("master", "sh", "-c", `kill -${name} $(pgrep -x kube-apiserver)`);
  await signal("STOP");
  try {
    expect(await ask("DELETE", "/nodes/node2")).toMatchObject({ status: 202 });
    const cordon = async () => (await changes())[0]?.stages[0]?.units[0];
    const reason = async () => (await cordon())?.reason ?? "";
    const words = await waitFor("state to say that the API server does not answer", async () => {
      const now = await reason();
      return now.includes("the API server does not answer") ? now : undefined;
    });
    expect(words).toContain("DELETE …?force=true, or plan/skip");
    expect((await ask("GET", "/nodes/node2")).value).toMatchObject({ status: "killing", expect: "FINISHED" });
    expect(await ask("POST", "/plan/skip", { node: "node2" })).toMatchObject({ status: 202 });
    await expect.poll(async () => (await cordon())?.status).toBe("skipped");
  } finally {
    await signal("CONT");
  }
  await waitFor(
    "node2 to be removed",
    async () => (await ask("GET", "/nodes/node2")).status === 404,
    () => deployment.words(),
  );
  expect((await probes.podBlocks()).map(([name]) => name)).not.toContain("node2");
});
