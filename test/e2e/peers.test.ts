// The nodes of a cluster reach each other: by name, and pods of different workers by their addresses. What that takes is no part
// of their containers: it comes from the scheduler, and comes again when it was removed by hand and a node is adopted anew.
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { waitFor } from "./wait-for.ts";
import { busybox, startedWhen } from "./workload.ts";

const deployment = new Deployment({ name: "peers" });
const cluster = clusterName("peers");
const workers = ["node0", "node1"] as const;
const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
const inside = (node: string, ...args: string[]) => command("docker", ["exec", `cke-${cluster}-${node}`, ...args]);

const server = (worker: string) => `apiVersion: v1
kind: Pod
metadata: {name: on-${worker}}
spec:
  nodeName: ${worker}
  containers:
  - name: server
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "echo ${worker} >/tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
    ${startedWhen()}
`;

const nodesSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      executor_id: z.string(),
      peers_version: z.string(),
      peers_problem: z.string(),
    }),
  ),
});
async function nodeStates() {
  const answer = await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/state`, {
    signal: AbortSignal.timeout(60_000),
  });
  return nodesSchema.parse(await answer.json()).nodes;
}

async function state() {
  const now = await deployment.api.state(cluster);
  if (now === undefined) throw new Error("the cluster is gone");
  return now;
}

beforeAll(async () => {
  await deployment.start();
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    pod_cidr: "10.200.64.0/20",
    service_cidr: "10.201.0.0/24",
    kubenodes: [
      { name: "master", type: "master", host: "*", node_ip: `${deployment.prefix}.10` },
      ...workers.map((name, index) => ({
        name,
        type: "node",
        host: "*",
        node_ip: `${deployment.prefix}.${11 + index}`,
      })),
    ],
  });
  await deployment.waitUp(cluster);
  await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
  for (const worker of workers) await deployment.kubectl(cluster, ["apply", "-f", "-"], server(worker));
  for (const worker of workers) await kubectl("wait", "--for=condition=Ready", `pod/on-${worker}`, "--timeout=600s");
});
afterAll(() => deployment.stop());

/** What a pod of one worker gets from the pod of the other. */
async function fetched(from: string, to: string): Promise<string> {
  const address = (await kubectl("get", "pod", `on-${to}`, "-o", "jsonpath={.status.podIP}")).trim();
  return (await kubectl("exec", `on-${from}`, "--", "wget", "-qO-", `http://${address}:8080/`)).trim();
}
const reachable = async () => {
  expect(await fetched("node0", "node1")).toBe("node1");
  expect(await fetched("node1", "node0")).toBe("node0");
};

test("nodes know each other by name, and pods of two workers reach each other", async () => {
  for (const [index, node] of ["master", ...workers].entries())
    for (const [otherIndex, other] of ["master", ...workers].entries())
      if (index !== otherIndex)
        await expect
          .poll(() => inside(node, "getent", "hosts", other))
          .toContain(`${deployment.prefix}.${10 + otherIndex}`);
  await expect
    .poll(() => inside("master", "ip", "-4", "route", "show", "proto", "98"))
    .toMatch(/^10\.\S+ via .*\n10\.\S+ via /);
  for (const worker of workers)
    await expect.poll(() => inside(worker, "ip", "-4", "route", "show", "proto", "98")).toContain(" via ");
  await reachable();
  await waitFor("all nodes to have the same peers", async () => {
    const nodes = await nodeStates();
    return nodes.every(
      ({ peers_problem, peers_version }) => peers_problem === "" && peers_version === nodes[0]?.peers_version,
    );
  });
});

test("the cluster has its own ranges: pods, Services, DNS, and the certificate of its API server", async () => {
  for (const [index, worker] of workers.entries()) {
    const address = await kubectl("get", "pod", `on-${worker}`, "-o", "jsonpath={.status.podIP}");
    expect(address.trim()).toMatch(new RegExp(`^10\\.200\\.${64 + index}\\.\\d+$`));
    const answer = ["curl", "-fsS", "--cacert", "/etc/kubernetes/pki/kubernetes-ca.crt", "https://10.201.0.1/livez"];
    await waitFor("the API server at its Service's address", () => inside(worker, ...answer));
    await waitFor("DNS to answer", async () =>
      (await kubectl("exec", `on-${worker}`, "--", "nslookup", "kubernetes.default.svc.cluster.local")).includes(
        "10.201.0.1",
      ),
    );
  }
  const dns = await kubectl("-n", "kube-system", "get", "services", "-o", "jsonpath={.items[*].spec.clusterIP}");
  expect(dns.trim().split(" ")).toContain("10.201.0.10");
});

test("what somebody took away is back when the node's next executor adopts it, and nothing restarts", async () => {
  const before = processIdentities(await state());
  await inside("node0", "sh", "-c", "ip route flush proto 98; : >/etc/hosts");
  const node0 = async () => (await nodeStates()).find(({ name }) => name === "node0");
  const launch = (await node0())?.executor_id;
  await deployment.killExecutor("node0");
  await waitFor("the next executor of node0", async () => {
    const now = await node0();
    return now?.executor_id !== launch && now?.status === "running" ? true : undefined;
  });
  await expect.poll(() => inside("node0", "getent", "hosts", "node1")).toContain(`${deployment.prefix}.12`);
  await expect.poll(() => inside("node0", "ip", "-4", "route", "show", "proto", "98")).toContain(" via ");
  await reachable();
  await expect.poll(async () => processIdentities(await state())).toEqual(before);
});
