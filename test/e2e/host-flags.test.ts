// A cluster of a scheduler with flags that change what its nodes do: the load balancer, which goes away and comes back while nodes come and
// go, the data of dockerd on an xfs of its own, and terminals that nobody uses. And files of a process that were rotated.
import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { StrictSpider } from "@cke/scheduler/kubernetes/load-balancer/testing/strict-spider";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { waitFor } from "./wait-for.ts";

const cluster = clusterName("flags");
const spider = await StrictSpider.start();
const directory = mkdtempSync(join(tmpdir(), "cke-flags-"));
const data = join(directory, "xfs");
const deployment = new Deployment({
  name: "flags",
  flags: ["-console_idle", "20s", "-k8s_spider_lb_endpoint", spider.endpoint, "-k8s_docker_path", data],
});
const vpc = deployment.network.slice(deployment.network.lastIndexOf("-") + 1);

beforeAll(async () => {
  const image = join(directory, "xfs.img");
  await command("truncate", ["-s", "2G", image]);
  await command("mkfs.xfs", ["-q", image]);
  await command("mkdir", [data]);
  await command("mount", ["-o", "loop", image, data]);
  await deployment.start();
});
afterAll(async () => {
  await deployment.stop();
  await spider.stop();
  await command("umount", ["-l", data]).catch(() => "");
  rmSync(directory, { recursive: true, force: true });
});

const address = (last: number) => `${deployment.prefix}.${last}`;
const url = (path: string) => `${deployment.url}/k8s/v1/clusters/${cluster}${path}`;
const ask = async (path: string, method = "GET", body?: unknown) => {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  return await fetch(url(path), { ...init, signal: AbortSignal.timeout(120_000) });
};
const inNode = (node: string, script: string) =>
  command("docker", ["exec", `cke-${cluster}-${node}`, "sh", "-c", script]);
const balancerSchema = z.object({
  apiserver: z.string(),
  load_balancer: z.object({
    vip: z.array(z.string()),
    hosts: z.array(z.string()),
    problem: z.string(),
    certificate_problem: z.string(),
  }),
});
const shown = async () => balancerSchema.parse(await (await ask("")).json());
const worker = (name: string, last: number) => ({
  name,
  type: "node",
  node_ip: address(last),
  process: [
    { name: "kubelet", type: "kubelet" },
    { name: "docker", type: "nodedocker" },
  ],
});

test("the nodes of a new cluster are registered, and its API is at the address that the load balancer names", async () => {
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    apiserver: { expose: ["spider-lb", "scheduler"] },
    kubenodes: [{ name: "master", type: "master", node_ip: address(10) }, worker("node0", 11)],
  });
  console.log(`POST -> all phases done: ${((await deployment.waitUp(cluster)) / 1000).toFixed(1)} s`);
  const hosts = [address(10), address(11)];
  await expect.poll(() => spider.hostsOf(vpc)).toEqual(hosts);
  spider.vips.set(vpc, ["10.9.9.9"]);
  await expect
    .poll(shown)
    .toMatchObject({ apiserver: "https://10.9.9.9:6443", load_balancer: { vip: ["10.9.9.9"], hosts, problem: "" } });
});

const vips = ["10.9.9.9", "lb.example"];

/** The certificate that the API server of the master shows on its address. */
async function shownCertificate(): Promise<X509Certificate> {
  const socket = connect({ host: address(10), port: 6443, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect");
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) throw new Error("it shows no certificate");
    return certificate;
  } finally {
    socket.destroy();
  }
}

test("the master's certificate names an address that was known after its launch, and nothing restarts for it", async () => {
  const before = await kernelIdentities(deployment.label);
  const key = (await shownCertificate()).publicKey;
  await expect.poll(async () => (await shownCertificate()).checkIP("10.9.9.9")).toBe("10.9.9.9");
  await expect.poll(async () => (await shown()).load_balancer.certificate_problem).toBe("");
  spider.vips.set(vpc, vips);
  await expect
    .poll(async () => (await shownCertificate()).checkHost("lb.example"), { timeout: 600_000 })
    .toBe("lb.example");
  expect((await shownCertificate()).checkIP("10.9.9.9")).toBe("10.9.9.9");
  expect((await shownCertificate()).publicKey.equals(key)).toBe(true);
  // The API server that starts again has the same files.
  expect(await kernelIdentities(deployment.label)).toEqual(before);
  expect((await ask("/nodes/master/processes/apiserver?wait=4m", "PUT", {})).status).toBe(200);
  await expect.poll(async () => (await shownCertificate()).checkIP("10.9.9.9")).toBe("10.9.9.9");
});

test("the data of a worker's Docker is on the xfs of its host", async () => {
  expect(await inNode("node0", "cat /proc/mounts")).toMatch(/ \/var\/lib\/docker xfs /);
  await waitFor("dockerd", () => inNode("node0", "docker info --format '{{.Driver}} {{.DockerRootDir}}'"));
  expect(await inNode("node0", "docker info --format '{{.Driver}} {{.DockerRootDir}}'")).toMatch(
    /^overlay\S* \/var\/lib\/docker/,
  );
  const [own = ""] = readdirSync(join(data, cluster)).filter((name) => name.startsWith("node0."));
  expect(readdirSync(join(data, cluster, own))).toEqual(expect.arrayContaining(["containers", "volumes"]));
});

test("a node comes and goes while the load balancer is away: nothing waits for it, and it is told when it is back", async () => {
  spider.fate = () => "refuse";
  expect((await ask("/nodes", "POST", worker("node1", 12))).status).toBe(201);
  await deployment.waitUp(cluster);
  await expect.poll(async () => (await shown()).load_balancer.problem).toContain("tried again at");
  expect((await shown()).load_balancer).toMatchObject({ vip: vips, hosts: [address(10), address(11)] });
  spider.fate = () => "answer";
  const all = [address(10), address(11), address(12)];
  await expect.poll(() => spider.hostsOf(vpc)).toEqual(all);
  await expect.poll(async () => (await shown()).load_balancer).toMatchObject({ vip: vips, hosts: all, problem: "" });

  spider.fate = () => "cut-before";
  expect((await ask("/nodes/node1", "DELETE")).status).toBe(202);
  await waitFor("the node to be removed", async () => (await ask("/nodes/node1")).status === 404);
  expect(spider.hostsOf(vpc)).toEqual(all);
  spider.fate = () => "answer";
  await expect.poll(() => spider.hostsOf(vpc)).toEqual([address(10), address(11)]);
});

test("a terminal that nobody uses is closed, and nothing of it is left", async () => {
  const socket = new WebSocket(`${url("/console/kubectl/ws").replace("http", "ws")}?node=master`);
  const told: string[] = [];
  let text = "";
  socket.on("message", (message, binary) => {
    if (binary) text += String(message);
    else told.push(String(message));
  });
  const closed = new Promise<number>((resolve) => void socket.once("close", resolve));
  await expect.poll(() => told.join()).toContain('"type":"session"');
  // What is typed begins the time anew; a program that is silent does not.
  socket.send(Buffer.from("sleep 987654\n"));
  await expect.poll(() => inNode("master", "pgrep -fx 'sleep 987654' || true")).not.toBe("");
  const typed = performance.now();
  expect(await closed).toBe(4408);
  expect(performance.now() - typed).toBeGreaterThan(10_000);
  expect(told.join()).toContain("20 seconds");
  expect(text).toContain("sleep 987654");
  await expect.poll(() => inNode("master", "pgrep -fx 'sleep 987654' || true")).toBe("");
  expect(await inNode("master", "ls -A /run/cke/console 2>/dev/null || true")).toBe("");
});

/** Lines of 7 digits and a line feed: three times 11.2 MB, each of which is rotated before it goes on, and a few more. */
const part = 1_400_000;
const count = 3 * part + 1_000;
const flood = `#!/bin/sh
for from in 0 1 2; do
  seq -f %07.0f $((from * ${part} + 1)) $(((from + 1) * ${part}))
  while [ "$(stat -c %s /var/log/cke/kube-proxy/stdout)" -gt 5000000 ]; do sleep 0.1; done
done
seq -f %07.0f ${3 * part + 1} ${count}
exec sleep 86400
`;

test("the files of a process that were rotated are listed, and are what it wrote, one after the other", async () => {
  const before = await kernelIdentities(deployment.label);
  await inNode("node0", `printf '%s' '${flood}' >/usr/local/bin/flood && chmod +x /usr/local/bin/flood`);
  const files = "/nodes/node0/processes/kube-proxy/files";
  expect((await ask("/nodes/node0/processes/kube-proxy", "PUT", { cmd: "/usr/local/bin/flood" })).status).toBe(200);
  const end = async () => await (await ask(`${files}/stdout?offset=-8`)).text();
  await expect.poll(end).toBe(`${String(count).padStart(7, "0")}\n`);
  const schema = z.object({ files: z.array(z.object({ name: z.string(), size: z.number() })) });
  const listed = schema.parse(await (await ask(files)).json()).files;
  const rotated = listed.filter(({ name }) => /^stdout\.\d$/.test(name));
  expect(rotated.map(({ name }) => name).toSorted()).toEqual(["stdout.1", "stdout.2", "stdout.3"]);
  // A line may be in two of them.
  let text = "";
  for (const name of ["stdout.3", "stdout.2", "stdout.1", "stdout"]) {
    const answer = await ask(`${files}/${name}`);
    const own = await answer.text();
    expect([answer.status, own.length]).toEqual([200, listed.find((file) => file.name === name)?.size]);
    text += own;
  }
  const numbers = [...text.matchAll(/^\d{7}$/gm)].map(([digits]) => Number(digits));
  expect(numbers.findIndex((number, index) => number !== index + 1)).toBe(-1);
  expect(numbers).toHaveLength(count);
  expect((await ask(`${files}/stdout.4`)).status).toBe(404);
  expect((await ask("/nodes/node0/processes/kube-proxy", "PUT", { cmd: "" })).status).toBe(200);
  await deployment.waitUp(cluster);
  const others = (identities: Readonly<Record<string, string>>) =>
    Object.entries(identities).filter(([key]) => !key.includes("proxy"));
  expect(others(await kernelIdentities(deployment.label))).toEqual(others(before));
});

test("the cluster is deleted: it leaves nothing on its host, and nothing with the load balancer", async () => {
  spider.services.set(vpc, new Set(["s1"]));
  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  expect(await deployment.leftovers(cluster)).toEqual([]);
  expect(existsSync(join(data, cluster)) ? readdirSync(join(data, cluster)) : []).toEqual([]);
  await expect.poll(() => spider.hostsOf(vpc)).toEqual([]);
  await expect.poll(() => spider.servicesOf(vpc)).toEqual([]);
  expect(spider.violations).toEqual([]);
});
