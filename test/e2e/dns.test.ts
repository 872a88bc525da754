// The cluster's DNS outlives a worker. Its replicas are on different workers, and a drain moves one at once. When a
// worker is frozen for good, CKE reports it within half a minute and does nothing else; Kubernetes starts its replica
// on another worker.
import { setTimeout as delay } from "node:timers/promises";
import { MachinePace, pacedMs } from "@cke/test-servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { waitFor } from "./wait-for.ts";

const deployment = new Deployment({ name: "dns" });
const cluster = clusterName("dns");
const workers = ["node0", "node1"];
const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);

const client = (name: string, worker: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  nodeName: ${worker}
  containers:
  - name: client
    image: cke.local/busybox:1.35
    imagePullPolicy: IfNotPresent
    command: [sleep, "86400"]
`;

async function state() {
  const now = await deployment.api.state(cluster);
  if (now === undefined) throw new Error("the cluster is gone");
  return now;
}
const node = async (name: string) => (await state()).nodes.find((one) => one.name === name);

/** The workers of the DNS replicas that are ready. */
async function replicas(): Promise<string[]> {
  const columns = "NODE:.spec.nodeName,READY:.status.containerStatuses[0].ready,END:.metadata.deletionTimestamp";
  const args = ["-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-dns", "--no-headers", "-o"];
  const lines = (await kubectl(...args, `custom-columns=${columns}`)).trim().split("\n");
  return lines.flatMap((line) => {
    const [on = "", ready, end] = line.split(/\s+/);
    return ready === "true" && end === "<none>" ? [on] : [];
  });
}
const lookUp = async (pod: string) =>
  (await kubectl("exec", pod, "--", "nslookup", "kubernetes.default.svc.cluster.local")).includes("10.96.0.1");

beforeAll(async () => {
  await deployment.start();
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [
      { name: "master", type: "master", host: "*", node_ip: `${deployment.prefix}.10` },
      ...workers.map((name, index) => ({
        name,
        type: "node",
        host: "*",
        node_ip: `${deployment.prefix}.${11 + index}`,
        process: [
          { name: "kubelet", type: "kubelet", res: { cpu: 0.5, mem: 512 } },
          { name: "docker", type: "nodedocker" },
        ],
      })),
    ],
  });
  await deployment.waitUp(cluster);
});
afterAll(() => deployment.stop());

test("the replicas are on different workers", async () => {
  const both = () => replicas().then((on) => (on.length === 2 ? on.toSorted() : undefined));
  expect(await waitFor("two DNS replicas", both)).toEqual(workers);
});

test("a drain moves its replica at once, and lookups go on", async () => {
  await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
  await deployment.kubectl(cluster, ["apply", "-f", "-"], client("witness", "node1"));
  await kubectl("wait", "--for=condition=Ready", "pod/witness", "--timeout=600s");
  await waitFor("DNS to answer", () => lookUp("witness"));
  let failed = 0;
  let drained = false;
  const watching = (async () => {
    while (!drained) {
      if (!(await lookUp("witness").catch(() => false))) failed += 1;
      await delay(250);
    }
  })();
  await kubectl("drain", "node0", "--ignore-daemonsets", "--force", "--timeout=600s");
  await waitFor("both replicas on node1", async () => (await replicas()).join() === "node1,node1");
  drained = true;
  await watching;
  expect(failed).toBe(0);
  await kubectl("uncordon", "node0");
});

test("a frozen worker is said to be unresponsive, and takes the DNS with it for a bounded time only", async () => {
  await deployment.kubectl(cluster, ["apply", "-f", "-"], client("asker", "node0"));
  await kubectl("wait", "--for=condition=Ready", "pod/asker", "--timeout=600s");
  await waitFor("DNS to answer", () => lookUp("asker"));
  const before = processIdentities(await state());
  const frozen = `cke-${cluster}-node1`;
  // On a busy machine runc gives up before the kernel has frozen every process.
  const pause = () => command("docker", ["pause", frozen]).then(() => true);
  await waitFor("the container to be paused", pause);
  const pace = new MachinePace();
  const began = performance.now();
  const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  try {
    const { reason } = await waitFor("node1 to be unresponsive", async () => {
      const now = await node("node1");
      return now?.unresponsive_since === "" ? undefined : now;
    });
    const counted = Math.round(pacedMs(performance.now() - began, await pace.take()));
    console.log(`unresponsive in state after ${seconds()} s (${counted} ms counted): ${reason}`);
    expect(reason).toContain(`docker unpause ${frozen}`);
    expect(counted).toBeLessThanOrEqual(30_000);
    await waitFor("none of its processes to be called healthy", async () =>
      (await node("node1"))?.processes.every(({ healthy, task_state }) => !healthy || task_state === "TASK_FINISHED"),
    );
    expect((await node("node0"))?.unresponsive_since).toBe("");
    // With both replicas on other workers before: 50 s until the Node is not ready, 30 s of toleration, and the start
    // of a new replica.
    await waitFor("a DNS replica on node0", async () => (await replicas()).includes("node0"));
    await waitFor("DNS to answer again", () => lookUp("asker"));
    console.log(`lookups work again after ${seconds()} s`);
    for (let round = 0; round < 5; round += 1) expect(await lookUp("asker")).toBe(true);
  } finally {
    await pace.stop();
    await command("docker", ["unpause", frozen]);
  }
  const well = async () => {
    const now = await state();
    return now.status === "running" && now.nodes.every(({ unresponsive_since }) => unresponsive_since === "");
  };
  await waitFor("everything to be well again by itself", well, () => deployment.words());
  await expect.poll(async () => processIdentities(await state())).toEqual(before);
});
