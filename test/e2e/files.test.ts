// A cluster with real parts, its files, its log, and what its nodes see of their host with lxcfs and CPU quotas.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";

/** Another one than `make up` makes: containers have the names of clusters. */
const cluster = clusterName("files");
/** Where this machine has no lxcfs, the rest is tested without it. */
const hasLxcfs = existsSync("/usr/bin/lxcfs") && existsSync("/dev/fuse");
const mount = mkdtempSync(join(tmpdir(), "cke-lxcfs-"));
let lxcfs: ChildProcess | undefined;
const deployment = new Deployment({
  name: "files",
  flags: ["-k8s_cfs", ...(hasLxcfs ? ["-k8s_lxcfs", mount] : [])],
});

beforeAll(async () => {
  if (hasLxcfs) {
    lxcfs = spawn("lxcfs", ["-f", "--enable-cfs", "-p", `${mount}.pid`, mount], { stdio: "ignore" });
    await waitFor("lxcfs to be mounted", async () => existsSync(join(mount, "proc/uptime")));
  }
  await deployment.start();
});
afterAll(async () => {
  await deployment.stop();
  lxcfs?.kill("SIGKILL");
  if (hasLxcfs) await command("umount", ["-l", mount]).catch(() => "");
  for (const path of [mount, `${mount}.pid`]) rmSync(path, { recursive: true, force: true });
});

const url = (path: string) => `${deployment.url}/k8s/v1/clusters/${cluster}${path}`;
const get = async (path: string, init: RequestInit = {}) => await fetch(url(path), init);
const container = async (node: string) =>
  (await command("docker", ["ps", "-q", "--filter", deployment.label, "--filter", `label=cke.node=${node}`])).trim();
const inNode = async (node: string, ...words: readonly string[]) =>
  await command("docker", ["exec", await container(node), ...words]);
const filesSchema = z.object({ files: z.array(z.object({ name: z.string(), size: z.number() })) });
const state = async () =>
  z
    .object({
      nodes: z.array(
        z.object({
          name: z.string(),
          host_problem: z.string(),
          processes: z.array(z.object({ name: z.string(), task_state: z.string() })),
        }),
      ),
    })
    .parse(await (await get("/state")).json());

/** Reads an answer that has no end until it contains these words. Rejects with what it had when they do not come. */
async function readUntil({ body }: Response, words: string): Promise<string> {
  let text = "";
  const end = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => end.reject(new Error(`${JSON.stringify(words)} is not in: ${text.slice(-4_000)}`)),
    600_000,
  );
  const reader = body?.getReader();
  try {
    while (!text.includes(words)) {
      const { value, done = true } = (await Promise.race([reader?.read(), end.promise])) ?? {};
      if (done) throw new Error(`the answer ended without ${JSON.stringify(words)}: ${text.slice(-4_000)}`);
      text += Buffer.from(value ?? []).toString();
    }
    return text;
  } finally {
    clearTimeout(timer);
    reader?.releaseLock();
  }
}

test("the files of every process, as they are in the node", async () => {
  await deployment.api.create({
    ...exampleCluster(deployment.prefix, deployment.publishedPort),
    cluster_name: cluster,
    network: deployment.network,
  });
  console.log(`POST -> all phases done: ${((await deployment.waitUp(cluster)) / 1000).toFixed(1)} s`);
  for (const { name: node, processes } of (await state()).nodes)
    for (const { name, task_state } of processes) {
      if (task_state !== "TASK_RUNNING") continue;
      const { files } = filesSchema.parse(await (await get(`/nodes/${node}/processes/${name}/files`)).json());
      expect(files.map((file) => file.name)).toEqual(expect.arrayContaining(["stderr", "stdout"]));
    }
  const stderr = "/nodes/master/processes/etcd/files/stderr";
  const head = await get(stderr, { method: "HEAD" });
  const size = Number(head.headers.get("content-length"));
  expect(size).toBeGreaterThan(1_000);
  const own = await inNode("master", "head", "-c", String(size), "/var/log/cke/etcd/stderr");
  const whole = await get(`${stderr}?length=${size}`);
  expect((await whole.text()) === own).toBe(true);
  const part = await get(stderr, { headers: { range: "bytes=10-19" } });
  expect([part.status, await part.text()]).toEqual([206, own.slice(10, 20)]);
  const beyond = await get(stderr, { headers: { range: "bytes=999999999-" } });
  expect(beyond.status).toBe(416);

  const gone = new AbortController();
  const followed = await get("/nodes/node0/processes/kubelet/files/stdout?offset=-0&follow=true", {
    signal: gone.signal,
  });
  await inNode("node0", "sh", "-c", "echo a marker >>/var/log/cke/kubelet/stdout");
  await readUntil(followed, "a marker\n");
  gone.abort();

  const executor = await get("/nodes/node0/executor/files");
  expect(filesSchema.parse(await executor.json()).files.map(({ name }) => name)).toEqual(["stderr", "stdout"]);
  expect((await get("/nodes/node0/executor/files/stderr")).status).toBe(200);
});

test.each([
  ["/nodes/none/processes/etcd/files", 404],
  ["/nodes/master/processes/none/files/stdout", 404],
  ["/nodes/master/processes/etcd/files/stdout.77", 404],
  ["/nodes/master/processes/etcd/files/passwd", 400],
  ["/nodes/master/processes/etcd/files/..%2f..%2f..%2fetc%2fpasswd", 400],
  ["/nodes/master/processes/etcd/files/stdout?offset=abc", 400],
  ["/nodes/master/processes/etcd/files/stdout?length=-5", 400],
  ["/logs?since=tomorrow", 400],
])("%s is %d", async (path, status) => {
  const answer = await get(path);
  expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining('"error"')]);
});

test("the log: of a node, from an entry on, and as server-sent events", async () => {
  const entries = z.array(z.looseObject({ seq: z.number(), node: z.string().optional() }));
  const all = entries.parse(await (await get("/logs")).json());
  expect(all.length).toBeGreaterThan(10);
  const ofMaster = entries.parse(await (await get("/logs?node=master")).json());
  expect(ofMaster.length).toBeGreaterThan(3);
  expect(ofMaster.every(({ node }) => node === "master")).toBe(true);
  const after = all.at(-3)?.seq ?? 0;
  expect(entries.parse(await (await get(`/logs?since=${after}`)).json())[0]?.seq).toBe(after + 1);
  const gone = new AbortController();
  const events = await get(`/logs?since=${after}`, { headers: { accept: "text/event-stream" }, signal: gone.signal });
  const text = await readUntil(events, `id: ${after + 2}\n`);
  gone.abort();
  expect(text).toContain(`id: ${after + 1}\n`);
});

test.skipIf(!hasLxcfs)("free, nproc and uptime in a node are the node's; a dead lxcfs is named in state", async () => {
  const inspect = ["inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}", await container("node0")];
  const [memory = 0, quota = 0] = (await command("docker", inspect)).trim().split(" ").map(Number);
  expect(await inNode("node0", "cat", "/proc/meminfo")).toMatch(
    new RegExp(`^MemTotal:\\s+${Math.floor(memory / 1024)} kB`),
  );
  const processors = (await inNode("node0", "cat", "/proc/cpuinfo")).match(/^processor/gm)?.length;
  const here = (await command("nproc", [])).trim();
  expect(processors).toBe(Math.min(Math.ceil(quota / 100_000), Number(here)));
  expect((await inNode("node0", "nproc")).trim()).toBe(String(processors));
  const seconds = Number((await inNode("node0", "cat", "/proc/uptime")).split(" ")[0]);
  expect(seconds).toBeLessThan(3_600);
  const capacity = await deployment.kubectl(cluster, [
    "get",
    "nodes",
    "-o",
    "jsonpath={.items[0].status.capacity.memory}",
  ]);
  const [, number, unit = ""] = /^(\d+)(Ki|Mi|Gi)$/.exec(capacity.trim()) ?? [];
  expect(Number(number) * 1024 ** ["", "Ki", "Mi", "Gi"].indexOf(unit)).toBe(Math.floor(memory / 1024) * 1024);

  lxcfs?.kill("SIGKILL");
  await waitFor("the dead lxcfs to be named", async () =>
    (await state()).nodes.every(({ host_problem }) => host_problem.includes(`lxcfs at ${mount} on this host has died`)),
  );
});

test("the cluster is deleted, and nothing of it is left", async () => {
  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  expect(await deployment.leftovers(cluster)).toEqual([]);
  expect((await get("/logs")).status).toBe(404);
});
