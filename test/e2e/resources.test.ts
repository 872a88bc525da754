// One set of figures: Mesos, the cgroups, the API and `kubectl describe node` agree about the resources of a node. A
// pod that takes more than it may ends alone. The test uses -k8s_cfs, so that it can check quotas too.
import { availableParallelism, totalmem } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ClusterState } from "../../scripts/up/cluster/api.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { waitFor } from "./wait-for.ts";
import { busybox } from "./workload.ts";

const deployment = new Deployment({ name: "figures", flags: ["-k8s_cfs"] });
const cluster = clusterName("figures");
/** The resources of pods: more CPUs than the host has, and less memory. */
const kubelet = { cpu: availableParallelism() + 1, mem: 320 };

const res = z.object({ cpu: z.number(), mem: z.number() });
const clusterSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      res,
      total_res: res,
      processes: z.array(z.object({ name: z.string(), type: z.string(), res })),
    }),
  ),
});
const quantities = z.looseObject({ cpu: z.string(), memory: z.string() });
const kubernetesNode = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()) }),
  status: z.object({
    capacity: quantities,
    allocatable: quantities,
    conditions: z.array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string() })),
  }),
});
const podSchema = z.object({
  status: z.object({
    phase: z.string(),
    reason: z.string().optional(),
    conditions: z.array(z.object({ type: z.string(), message: z.string().optional() })).default([]),
    containerStatuses: z
      .array(z.object({ restartCount: z.number(), state: z.looseObject({ terminated: z.looseObject({}).optional() }) }))
      .default([]),
  }),
});

const cpusOf = (text: string) => (text.endsWith("m") ? Number(text.slice(0, -1)) / 1000 : Number(text));
function mebibytesOf(text: string): number {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)$/.exec(text) ?? [];
  return Number(number) * (unit === "Ki" ? 1 / 1024 : unit === "Gi" ? 1024 : 1);
}
const kubectl = (args: readonly string[], input?: string) => deployment.kubectl(cluster, args, input);
const nodeObject = async (name = "node0") =>
  kubernetesNode.parse(JSON.parse(await kubectl(["get", "node", name, "-o", "json"])));
const pod = async (name: string, namespace = "default") =>
  podSchema.parse(JSON.parse(await kubectl(["-n", namespace, "get", "pod", name, "-o", "json"])));
const ready = async () => (await nodeObject()).status.conditions.find(({ type }) => type === "Ready");
const view = async () =>
  clusterSchema.parse(await (await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}`)).json()).nodes;
const state = async () => {
  const now = await deployment.api.state(cluster);
  if (now === undefined) throw new Error("the cluster is gone");
  return now;
};

/**
 * Limits of a cgroup in a node's container: MiB, and CPUs by the quota. The path is like "cke/etcd", or "" for the
 * container.
 */
async function limits(node: string, path: string): Promise<{ mem: number; cpu: number }> {
  const script = `cd /sys/fs/cgroup
    if [ -e cgroup.controllers ]; then cat "$1/memory.max" "$1/cpu.max" | tr ' ' '\\n'
    else cat "memory/$1/memory.limit_in_bytes" "cpu/$1/cpu.cfs_quota_us" "cpu/$1/cpu.cfs_period_us"; fi`;
  const text = await command("docker", ["exec", `cke-${cluster}-${node}`, "sh", "-c", script, "sh", path || "."]);
  const [memory, quota, period] = text.trim().split("\n").map(Number);
  return { mem: (memory ?? 0) / 2 ** 20, cpu: (quota ?? 0) / (period ?? 1) };
}

beforeAll(async () => {
  await deployment.start();
  const { prefix } = deployment;
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [
      { name: "master", type: "master", node_ip: `${prefix}.10` },
      {
        name: "node0",
        type: "node",
        node_ip: `${prefix}.11`,
        process: [
          { name: "kubelet", type: "kubelet", res: kubelet },
          { name: "tenant", type: "nodedocker", res: { cpu: 0.1, mem: 96 } },
        ],
      },
      {
        name: "node1",
        type: "node",
        node_ip: `${prefix}.12`,
        process: [{ name: "kubelet", type: "kubelet", options: ["--system-reserved=memory=1Gi"] }],
      },
    ],
  });
  await deployment.waitUp(cluster);
  // What is compared before and after must have come first.
  await kubectl(["-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=1200s"]);
});
afterAll(() => deployment.stop());

test("Mesos, cgroups, API and kubectl show the same figures", async () => {
  const tasks = (await deployment.mesosTasks()).filter(({ label }) => label.startsWith(`${cluster}/`));
  const sumOf = (list: readonly { readonly mem: number; readonly cpus: number }[]) => ({
    mem: list.reduce((sum, { mem }) => sum + mem, 0),
    cpu: Math.round(list.reduce((sum, { cpus }) => sum + cpus, 0) * 1000) / 1000,
  });
  const workloads: Readonly<Record<string, string>> = {
    kubelet: "kubepods",
    nodedocker: "docker",
    masterdocker: "docker",
  };
  for (const { name, res: own, total_res: total, processes } of (await view()).filter(({ name }) => name !== "node1")) {
    const ofNode = tasks.filter(({ label }) => label.startsWith(`${cluster}/${name}/`));
    const container = await limits(name, "");
    // The executor runs outside of the container.
    expect([name, container.mem]).toEqual([name, sumOf(ofNode).mem]);
    expect([name, container.mem + 64]).toEqual([name, total.mem]);
    expect(container.cpu).toBeCloseTo(sumOf(ofNode).cpu, 2);
    expect(container.cpu + 0.1).toBeCloseTo(total.cpu, 2);
    expect(own.mem + processes.reduce((sum, process) => sum + process.res.mem, 0)).toBe(total.mem);
    const finished = new Set(
      (await state()).nodes
        .find((node) => node.name === name)
        ?.processes.filter(({ status }) => status === "finished")
        .map((process) => process.name),
    );
    let inCgroups = 0;
    for (const process of processes) {
      const task = ofNode.find(({ label }) => label === `${cluster}/${name}/${process.name}`);
      const oneShot = finished.has(process.name) || task?.state === "TASK_FINISHED";
      // A one-shot's cgroup is gone.
      const cgroup = workloads[process.type] ?? `cke/${process.name}`;
      const held = oneShot ? { mem: process.res.mem, cpu: process.res.cpu } : await limits(name, cgroup);
      expect([process.name, held.mem]).toEqual([process.name, process.res.mem]);
      inCgroups += held.mem;
      if (oneShot) continue;
      // What is beyond its base is held by a task of its own.
      const tasksOfIt = ofNode.filter(({ label }) => label === task?.label || label.startsWith(`${task?.label}.res`));
      expect([process.name, sumOf(tasksOfIt)]).toEqual([process.name, process.res]);
      expect(held.cpu).toBeCloseTo(process.res.cpu, 2);
      if (process.type in workloads) inCgroups += (await limits(name, `cke/${process.name}`)).mem;
    }
    // The rest is for init and wrapper.
    expect([name, container.mem - inCgroups]).toEqual([name, 32]);
  }
  const { allocatable, capacity } = (await nodeObject()).status;
  const offered = { cpu: Math.min(kubelet.cpu, availableParallelism()), mem: kubelet.mem };
  expect([cpusOf(allocatable.cpu), mebibytesOf(allocatable.memory)]).toEqual([offered.cpu, offered.mem]);
  // Kubernetes must not offer resources that Mesos does not count.
  expect(Object.keys(capacity).filter((name) => name.startsWith("hugepages"))).toEqual([]);
  expect(totalmem() / 2 ** 20).toBeGreaterThan(kubelet.mem);
  expect(await kubectl(["describe", "node", "node0"])).toMatch(/Allocatable:\n(.*\n)*? +memory: +320Mi/);
});

test("what a user reserves wins", async () => {
  const { allocatable, capacity } = (await nodeObject("node1")).status;
  expect(allocatable.cpu).toBe(capacity.cpu);
  expect(mebibytesOf(allocatable.memory)).toBe(mebibytesOf(capacity.memory) - 1024);
});

test("a worker has its role", async () => {
  // The API server writes it into the first change of the Node that is not its kubelet's.
  const labels = async () => (await nodeObject()).metadata.labels;
  await expect.poll(labels).toHaveProperty(["node-role.kubernetes.io/worker"], "");
  await expect.poll(() => kubectl(["get", "nodes", "--no-headers"])).toMatch(/^node0\s+Ready\s+worker\s/m);
});

describe("a pod that takes more than it may", () => {
  const manifest = (name: string, resources: string, program: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  nodeSelector: {kubernetes.io/hostname: node0}
  containers:
  - {name: a, image: "${busybox}", imagePullPolicy: IfNotPresent, command: ${program}, resources: ${resources}}
`;
  // A line without an end, which tail keeps in memory.
  const greedy = "[tail, /dev/zero]";

  test.each([
    ["with a limit of its own", "limited", "{limits: {memory: 48Mi}}"],
    ["without a limit", "unlimited", "{}"],
  ])("%s ends alone", async (_words, name, resources) => {
    const others = async () => (await kubectl(["-n", "kube-system", "get", "pods", "-o", "name"])).trim().split("\n");
    const before = { state: await state(), ready: await ready(), others: await others() };
    const restarts = async () =>
      Promise.all(
        before.others.map(async (other) => {
          const { containerStatuses } = (await pod(other.replace("pod/", ""), "kube-system")).status;
          return containerStatuses.map(({ restartCount }) => restartCount);
        }),
      );
    const restartsBefore = await restarts();
    await kubectl(["apply", "-f", "-"], manifest(name, resources, greedy));
    const { status } = await waitFor(`pod ${name} to end`, async () => {
      const now = await pod(name);
      return now.status.phase === "Failed" ? now : undefined;
    });
    expect(status.containerStatuses[0]?.state.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
    expect(status.reason).toBeUndefined(); // not evicted: the kernel killed its process
    expect(processIdentities(await state())).toEqual(processIdentities(before.state));
    const unwell = ({ nodes }: ClusterState) =>
      nodes.flatMap(({ processes }) => processes.filter(({ healthy }) => !healthy).map(({ name }) => name));
    await expect.poll(async () => unwell(await state())).toEqual(unwell(before.state));
    expect(await ready()).toEqual(before.ready);
    expect([await others(), await restarts()]).toEqual([before.others, restartsBefore]);
  });

  test("by its request is not scheduled", async () => {
    const resources = "{requests: {memory: 8Gi}}";
    await kubectl(["apply", "-f", "-"], manifest("large", resources, '[sleep, "1000"]'));
    const word = async () =>
      (await pod("large")).status.conditions.find(({ type }) => type === "PodScheduled")?.message;
    await expect.poll(word).toContain("Insufficient memory");
  });
});

test("a Node that was deleted gets its role again when its kubelet registers it anew", async () => {
  await kubectl(["delete", "node", "node1"]);
  await command("docker", ["exec", `cke-${cluster}-node1`, "pkill", "-x", "kubelet"]);
  await waitFor("node1 to be there again with its role", async () =>
    /^node1\s+Ready\s+worker\s/m.test(await kubectl(["get", "nodes", "--no-headers"])),
  );
});
