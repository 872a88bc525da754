// Single processes of a real cluster are restarted, changed, limited, stopped and started. Nothing else is touched: the kernel's start
// times and Mesos' task ids of all others stay.
import { MachinePace, pacedMs } from "@cke/test-servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { waitFor } from "./wait-for.ts";

const deployment = new Deployment({ name: "process" });
const cluster = clusterName("process");
const answerSchema = z.object({ status: z.number(), message: z.string(), warnings: z.array(z.string()).default([]) });
const processSchema = z.looseObject({
  name: z.string(),
  status: z.string(),
  task_id: z.string(),
  res: z.object({ cpu: z.number(), mem: z.number() }),
  mesos_res: z.object({ cpu: z.number(), mem: z.number() }),
  change: z.string(),
  pid: z.number(),
});
const stateSchema = z.looseObject({
  status: z.string(),
  nodes: z.array(z.looseObject({ name: z.string(), status: z.string(), processes: z.array(processSchema) })),
});

async function put(node: string, process: string, body: unknown, query = "?wait=240s") {
  const url = `${deployment.url}/k8s/v1/clusters/${cluster}/nodes/${node}/processes/${process}${query}`;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "PUT", headers, body: JSON.stringify(body) });
  return { code: answer.status, body: await answer.json() };
}
/** The change is done; the answer's message. */
async function changed(node: string, process: string, body: unknown): Promise<string> {
  const { code, body: answer } = await put(node, process, body);
  expect([code, answer]).toEqual([200, expect.objectContaining({ status: 200 })]);
  return answerSchema.parse(answer).message;
}
async function processState(node: string, process: string) {
  const state = stateSchema.parse(await (await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/state`)).json());
  const found = state.nodes.find(({ name }) => name === node)?.processes.find(({ name }) => name === process);
  if (found === undefined) throw new Error(`no process ${process}`);
  return found;
}
const status = async () => {
  const state = await deployment.api.state(cluster);
  if (state === undefined) throw new Error("the cluster is gone");
  return state;
};
const inNode = (node: string, script: string) =>
  command("docker", ["exec", `cke-${cluster}-${node}`, "sh", "-c", script]);
/** MiB of a process's cgroup. */
async function limitOf(node: string, process: string): Promise<number> {
  const script = `cd /sys/fs/cgroup; if [ -e cgroup.controllers ]; then cat cke/${process}/memory.max; else cat memory/cke/${process}/memory.limit_in_bytes; fi`;
  return Number(await inNode(node, script)) / 2 ** 20;
}
const containerLimit = async (node: string) =>
  Number(await command("docker", ["inspect", "-f", "{{.HostConfig.Memory}}", `cke-${cluster}-${node}`])) / 2 ** 20;
/** CPUs and MiB of the live tasks of a process in the embedded Mesos, with its resource tasks. */
async function inMesos(node: string, process: string) {
  const tasks = (await deployment.mesosTasks()).filter(
    ({ label, state }) => label.startsWith(`${cluster}/${node}/${process}`) && state === "TASK_RUNNING",
  );
  return {
    tasks: tasks.map(({ label }) => label.split("/")[2]).sort(),
    mem: tasks.reduce((sum, { mem }) => sum + mem, 0),
    cpu: Math.round(tasks.reduce((sum, { cpus }) => sum + cpus, 0) * 1000) / 1000,
  };
}
/** Of all processes but this one: pids, restarts, the kernel's start times. */
async function others(container: string, program: string, node: string, process: string) {
  const identities = { ...processIdentities(await status()) };
  delete identities[`${node}/${process}`];
  const kernel = { ...(await kernelIdentities(deployment.label)) };
  delete kernel[`${container}/${program}`];
  return { identities, kernel };
}

async function killScheduler(): Promise<void> {
  await deployment.scheduler.kill();
}

beforeAll(async () => {
  await deployment.start();
  const { prefix } = deployment;
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [
      { name: "master", type: "master", node_ip: `${prefix}.10` },
      { name: "node0", type: "node", node_ip: `${prefix}.11` },
    ],
  });
  await deployment.waitUp(cluster);
});
afterAll(() => deployment.stop());

test("kube-proxy is restarted in its task; nothing else is", async () => {
  const name = "kube-proxy";
  const container = `cke-${cluster}-node0`;
  const before = await processState("node0", name);
  const kept = await others(container, "kube-proxy", "node0", name);
  const started = performance.now();
  expect(await changed("node0", name, {})).toBe(`${name} of node "node0" is restarted`);
  console.log(`  restarted and healthy after ${Math.round(performance.now() - started)} ms`);
  const after = await processState("node0", name);
  expect([after.pid === before.pid, after.task_id]).toEqual([false, before.task_id]);
  expect(await others(container, "kube-proxy", "node0", name)).toEqual(kept);
});

/** Of the API server: its `stopGraceSeconds`, and how long it takes to end on an idle machine. */
const apiserver = { graceMs: 15_000, usualMs: 4_000 };

test("the API server ends by itself when it is restarted, in less than its grace, though everybody watches", async () => {
  const kept = await others(`cke-${cluster}-master`, "kube-apiserver", "master", "apiserver");
  const pace = new MachinePace();
  await changed("master", "apiserver", {});
  const counted = pacedMs(apiserver.graceMs, await pace.take());
  await pace.stop();
  const lines = await command("sh", ["-c", `docker logs cke-${cluster}-master 2>&1`]);
  const ends = lines
    .split("\n")
    .filter((line) => line.includes('"process":"apiserver"') && /stopped on request/.test(line));
  expect(ends).toHaveLength(1);
  // On a machine where its whole grace is less than what it takes on an idle one, it may be killed.
  if (counted >= apiserver.usualMs) expect(ends).toEqual([expect.stringContaining("exited with code 0")]);
  expect(await others(`cke-${cluster}-master`, "kube-apiserver", "master", "apiserver")).toEqual(kept);
});

test("an option of the scheduler is changed, and what cke.conf fixes is refused", async () => {
  const container = `cke-${cluster}-master`;
  const kept = await others(container, "kube-scheduler", "master", "scheduler");
  const bad = await put("master", "etcd", { options: ["--data-dir=/tmp"], envs: 3 });
  expect([bad.code, bad.body]).toMatchObject([400, { error: expect.stringContaining("envs") }]);
  await changed("master", "scheduler", { options: ["--v=3"] });
  expect(await inNode("master", "tr '\\0' ' ' < /proc/$(pgrep -x kube-scheduler)/cmdline")).toContain("--v=3");
  expect(await others(container, "kube-scheduler", "master", "scheduler")).toEqual(kept);
  expect(JSON.stringify(await (await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/json`)).json())).toContain(
    '"--v=3"',
  );
});

test("etcd gets more and less while it runs: cgroups, container and Mesos follow, no pid changes", async () => {
  const kernel = await kernelIdentities(deployment.label);
  const before = await processState("master", "etcd");
  const [mem, cpu] = [before.res.mem, before.res.cpu];
  const container = await containerLimit("master");
  expect([await limitOf("master", "etcd"), (await inMesos("master", "etcd")).mem]).toEqual([mem, mem]);

  const started = performance.now();
  await changed("master", "etcd", { res: { cpu: cpu + 0.1, memory: mem + 256 } });
  console.log(`  grown after ${Math.round(performance.now() - started)} ms`);
  expect(await limitOf("master", "etcd")).toBe(mem + 256);
  expect(await containerLimit("master")).toBe(container + 256);
  const grown = await inMesos("master", "etcd");
  expect([grown.tasks, grown.mem, grown.cpu]).toEqual([
    ["etcd", "etcd.res", "etcd.res-2"],
    mem + 256,
    Number((cpu + 0.1).toFixed(3)),
  ]);

  await changed("master", "etcd", { res: { cpu, mem } });
  expect(await limitOf("master", "etcd")).toBe(mem);
  await waitFor("the container's limit", async () => (await containerLimit("master")) === container);
  await waitFor("Mesos to have its resources back", async () => (await inMesos("master", "etcd")).mem === mem);

  // Below what it was launched with: its own task holds a base only, so that Mesos has all else back at once.
  await changed("master", "etcd", { res: { cpu, memory: mem - 128 } });
  expect(await limitOf("master", "etcd")).toBe(mem - 128);
  await waitFor("Mesos to have more back", async () => (await inMesos("master", "etcd")).mem === mem - 128);
  await changed("master", "etcd", { res: { cpu, mem } });
  expect((await inMesos("master", "etcd")).mem).toBe(mem);

  const tiny = await put("master", "etcd", { res: { mem: 16 } });
  expect([tiny.code, tiny.body]).toMatchObject([409, { error: expect.stringMatching(/below the [\d.]+ MiB in use/) }]);
  expect(await limitOf("master", "etcd")).toBe(mem);

  const after = await processState("master", "etcd");
  expect([after.pid, after.task_id, after.res]).toEqual([before.pid, before.task_id, before.res]);
  expect(await kernelIdentities(deployment.label)).toEqual(kernel);
});

test("a kubelet gets more and less: the cgroup of its pods follows, and pods may have it after its restart", async () => {
  const kubepods = async () => {
    const script =
      "cd /sys/fs/cgroup; if [ -e cgroup.controllers ]; then cat kubepods/memory.max; else cat memory/kubepods/memory.limit_in_bytes; fi";
    return Number(await inNode("node0", script)) / 2 ** 20;
  };
  const allocatable = async () =>
    (await deployment.kubectl(cluster, ["get", "node", "node0", "-o", "jsonpath={.status.allocatable.memory}"])).trim();
  const before = await processState("node0", "kubelet");
  const { mem, cpu } = before.res;
  expect([await kubepods(), await allocatable()]).toEqual([mem, `${mem}Mi`]);
  await changed("node0", "kubelet", { res: { cpu, memory: mem + 128 } });
  expect([await kubepods(), (await inMesos("node0", "kubelet")).mem]).toEqual([mem + 128, mem + 128]);
  expect([(await processState("node0", "kubelet")).pid, await allocatable()]).toEqual([before.pid, `${mem}Mi`]);
  await changed("node0", "kubelet", {});
  const isOffered = async () => (await allocatable()) === `${mem + 128}Mi`;
  await waitFor("pods to be offered more", isOffered, () => deployment.words());
  await changed("node0", "kubelet", { res: { cpu, memory: mem } });
  expect(await kubepods()).toBe(mem);
});

test("a process that is stopped stays stopped over a relaunch of its node, and starts again", async () => {
  expect(await changed("node0", "kube-proxy", { expect: "STOP" })).toContain("stays stopped");
  expect(await inNode("node0", "pgrep -x kube-proxy || true")).toBe("");
  await command("docker", ["rm", "-f", `cke-${cluster}-node0`]);
  const isUp = async () => {
    const { nodes } = stateSchema.parse(
      await (await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/state`)).json(),
    );
    return nodes.find(({ name }) => name === "node0")?.status === "running";
  };
  await waitFor(
    "the node to end",
    async () => !(await isUp()),
    () => deployment.words(),
  );
  await waitFor("the node to run again", isUp, () => deployment.words());
  await expect.poll(async () => (await processState("node0", "kube-proxy")).status).toBe("killed");
  expect(await inNode("node0", "pgrep -x kube-proxy || true")).toBe("");
  await changed("node0", "kube-proxy", { expect: "RUN" });
  expect((await inNode("node0", "pgrep -x kube-proxy")).trim()).not.toBe("");
});

test("a restart that was asked for is done once, although the scheduler is killed right after the answer", async () => {
  const before = await processState("master", "controller");
  const { code } = await put("master", "controller", {}, "");
  expect(code).toBe(200);
  await killScheduler();
  await deployment.startScheduler();
  const settled = async () => {
    const now = await processState("master", "controller");
    return now.change === "" && now.pid !== before.pid && now.status === "running";
  };
  await waitFor("the restart", settled, () => deployment.words());
  const once = await processState("master", "controller");
  await killScheduler();
  await deployment.startScheduler();
  await waitFor("the scheduler to know its tasks", async () => (await status()).status === "running");
  const again = await processState("master", "controller");
  expect([again.pid, again.task_id]).toEqual([once.pid, before.task_id]);
});

test("a restart that was asked for is done once, although the executor is killed right after the answer", async () => {
  const name = "kube-proxy";
  const container = `cke-${cluster}-node0`;
  const withoutIt = async () => {
    const kernel = { ...(await kernelIdentities(deployment.label)) };
    delete kernel[`${container}/kube-proxy`];
    return kernel;
  };
  const [before, kept] = [await processState("node0", name), await withoutIt()];
  expect((await put("node0", name, {}, "")).code).toBe(200);
  await deployment.killExecutor("node0");
  const settled = async () => {
    const now = await processState("node0", name);
    return now.task_id !== before.task_id && now.change === "" && now.pid !== before.pid && now.status === "running";
  };
  await waitFor("the restart by the next executor", settled, () => deployment.words());
  const once = await processState("node0", name);
  expect(await withoutIt()).toEqual(kept);
  await deployment.killExecutor("node0");
  const adopted = async () => {
    const now = await processState("node0", name);
    return now.task_id !== once.task_id && now.status === "running";
  };
  await waitFor("the next executor to adopt it", adopted, () => deployment.words());
  expect((await processState("node0", name)).pid).toBe(once.pid);
  expect(await withoutIt()).toEqual(kept);
});
