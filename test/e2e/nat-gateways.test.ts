// Two NAT gateways of a cluster, and a router outside: what pods send outside has the cluster's address there, whichever gateway it passes.
// The one that carries it dies in silence, comes back, and is removed, while a pod opens connections all the time and keeps one.
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { probeCommand, probing } from "../../packages/k8s-executor/src/nat/testing/probing.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { cutContainer, inNamespace, podNamespace } from "./network/namespaces.ts";
import { OutsideRouter } from "./network/outside-router.ts";
import { makeTestNetwork } from "./test-network.ts";
import { waitFor } from "./wait-for.ts";
import { busybox, startedWhen } from "./workload.ts";

const deployment = new Deployment({ name: "natgw" });
const cluster = clusterName("natgw");
const container = (node: string) => `cke-${cluster}-${node}`;
const inside = (node: string, ...args: string[]) => command("docker", ["exec", container(node), ...args]);
const kubectl = (...args: string[]) => deployment.kubectl(cluster, args);
const uplink = { network: `${deployment.network}-uplink`, prefix: "" };
const password = "upl1nk.secret";
const snat = "198.51.100.7";
const server = { address: "203.0.113.1", port: "7000" };
let router: OutsideRouter;
const pool = "198.51.100.64/31";
let pod: string;
/** Address of the pod that a floating one leads to. */
let served: string;

const gatewaySchema = z.object({
  provider: z.string(),
  uplink: z.object({ network: z.string(), snat: z.string(), routers: z.array(z.object({ established: z.number() })) }),
  gateways: z.array(z.object({ name: z.string(), active: z.boolean(), used_by: z.number() })),
});
async function asked(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/${path}`, {
    signal: AbortSignal.timeout(60_000),
    ...init,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}: ${text}`);
  return text;
}
const floatingSchema = z.object({
  ...{ floating_ip: z.string(), pod: z.string(), address: z.string(), problem: z.string() },
});
const give = async (what: Readonly<Record<string, string>>) => {
  const headers = { "content-type": "application/json" };
  return floatingSchema.parse(
    JSON.parse(await asked("floating-ips", { method: "POST", headers, body: JSON.stringify(what) })),
  );
};
const network = async () => gatewaySchema.parse(JSON.parse(await asked("network")));
const activeBecomes = (name: string) =>
  waitFor(`${name} to be shown as the gateway that is used`, async () => {
    const { gateways } = await network();
    return gateways.every((gateway) => gateway.active === (gateway.name === name));
  });
const wayBecomes = (at: number) =>
  waitFor(`the pods' way to be ${deployment.prefix}.${at}`, async () =>
    (await inside("node0", "ip", "-4", "route", "show", "table", "179").catch(() => "")).includes(
      `default via ${deployment.prefix}.${at} `,
    ),
  );
const connecting = async () => probing(inNamespace(pod, ...probeCommand("connect", server.address, server.port)));

beforeAll(async () => {
  await deployment.start();
  uplink.prefix = await makeTestNetwork(uplink.network, deployment.framework);
  const gateway = (name: string, at: number) => ({
    ...{ name, type: "natgw", host: "*" },
    ...{ node_ip: `${deployment.prefix}.${at}`, uplink_ip: `${uplink.prefix}.${at}` },
  });
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    uplink: {
      network: uplink.network,
      routers: [{ address: `${uplink.prefix}.2`, asn: 65_001, password }],
      snat,
      floating_pool: pool,
    },
    pod_cidr: "10.204.0.0/20",
    service_cidr: "10.205.0.0/24",
    kubenodes: [
      { name: "master", type: "master", host: "*", node_ip: `${deployment.prefix}.10` },
      { name: "node0", type: "node", host: "*", node_ip: `${deployment.prefix}.11` },
      gateway("gw0", 20),
      gateway("gw1", 21),
    ],
  });
  await deployment.waitUp(cluster);
  const image = (await command("docker", ["inspect", "--format", "{{.Image}}", container("node0")])).trim();
  router = await OutsideRouter.start(image, deployment, {
    ...{ asn: 65_001, clusterAsn: 64_512, password, place: uplink },
    announces: "route 0.0.0.0/0 blackhole;",
  });
  await waitFor("service account default", () => kubectl("get", "serviceaccount", "default"));
  const manifest = (name: string, hostNetwork = false) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  hostNetwork: ${hostNetwork}
  containers:
  - name: ${name}
    image: ${busybox}
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "touch /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
    ${startedWhen()}
`;
  await deployment.kubectl(
    cluster,
    ["apply", "-f", "-"],
    `${manifest("client")}---\n${manifest("server")}---\n${manifest("hosted", true)}`,
  );
  await kubectl("wait", "--for=condition=Ready", "pod/client", "pod/server", "pod/hosted", "--timeout=600s");
  const addressOf = async (name: string) =>
    (await kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}")).trim();
  pod = await podNamespace(container("node0"), await addressOf("client"));
  served = await addressOf("server");
  await probing(inNamespace(await router.namespace(), ...probeCommand("serve", server.port)));
  await wayBecomes(20);
});
afterAll(async () => {
  await router?.stop();
  await deployment.stop();
  await command("docker", ["network", "rm", uplink.network]).catch(() => "");
});

test("gateways are no Nodes, and the view of the network says which one is used", async () => {
  expect((await kubectl("get", "nodes", "-o", "name")).trim()).toBe("node/node0");
  await activeBecomes("gw0");
  await waitFor("both sessions with the router", async () => (await network()).uplink.routers[0]?.established === 2);
  expect(await network()).toMatchObject({
    provider: "bgp",
    uplink: { snat },
    gateways: [{ used_by: 1 }, { used_by: 0 }],
  });
  expect(JSON.parse(await asked("json"))).toMatchObject({
    uplink: { network: uplink.network, snat },
    kubenodes: [{}, {}, { type: "natgw", uplink_ip: `${uplink.prefix}.20` }, { type: "natgw" }],
  });
});

test("a pod leaves with the cluster's address, and the silent death of its gateway costs a moment", async () => {
  const { floating_ip: floating, address } = await give({ pod: "server" });
  expect([floating, address]).toEqual([pool.replace("/31", ""), served]);
  // Docker gives its own address to whoever comes from the uplink's network itself: both networks are on this host.
  const guest = async () =>
    probing(inNamespace(await router.namespace(), ...probeCommand("connect", floating, "7001", server.address)));
  const namespace = await podNamespace(container("node0"), served);
  await probing(inNamespace(namespace, ...probeCommand("serve", "7001")));
  await waitFor("the gateways to have the floating address", async () =>
    (await Promise.all(["gw0", "gw1"].map((node) => inside(node, "nft", "list", "table", "ip", "cke_nat")))).every(
      (text) => text.includes(floating),
    ),
  );
  const [client, visitor] = [await connecting(), await guest()];
  await waitFor("the first connections", async () => (await inside("gw0", "conntrack", "-L")).includes(server.address));
  await cutContainer(container("gw0"), true);
  await wayBecomes(21);
  for (const address of [snat, floating]) await router.waysBecome(address, [`${uplink.prefix}.21`]);
  const [seen, came] = [await client.end(), await visitor.end()];
  console.log(`  silent death: new connections ${seen.outageMs} ms, the long one ${seen.longestMs} ms`);
  console.log(`  floating address: new connections ${came.outageMs} ms, the long one ${came.longestMs} ms`);
  expect(seen).toMatchObject({ seen: [snat], broken: "" });
  // The pod sees who comes.
  expect(came).toMatchObject({ seen: [server.address], broken: "" });
  expect(came.outageMs).toBeLessThan(5_000);
  // The bar is 1.5 s on a quiet machine.
  expect(seen.outageMs).toBeLessThan(5_000);
  await activeBecomes("gw1");
  await cutContainer(container("gw0"), false);
  await wayBecomes(20);
  await activeBecomes("gw0");
  await asked(`floating-ips/${floating}`, { method: "DELETE" });
  expect(JSON.parse(await asked("floating-ips"))).toEqual([]);
  await router.waysBecome(snat, [`${uplink.prefix}.20`]);
  await router.waysBecome(floating, []);
});

test("a floating address leads to no node, also not by a pod that has its network", async () => {
  expect((await kubectl("get", "pod", "hosted", "-o", "jsonpath={.status.podIP}")).trim()).toBe(
    `${deployment.prefix}.11`,
  );
  const given = await give({ pod: "hosted" });
  expect(given).toMatchObject({ address: "", problem: expect.stringContaining("hostNetwork") });
  await asked(`floating-ips/${given.floating_ip}`, { method: "DELETE" });
});

test("the gateway that is used is removed, and the connections go on through the other one", async () => {
  const client = await connecting();
  await asked("nodes/gw0", { method: "DELETE" });
  await wayBecomes(21);
  await waitFor("gw0 to be gone", async () => (await network()).gateways.length === 1);
  const seen = await client.end();
  console.log(`  removal: new connections ${seen.outageMs} ms, the long one ${seen.longestMs} ms`);
  expect(seen).toMatchObject({ seen: [snat], broken: "" });
  await activeBecomes("gw1");
});
