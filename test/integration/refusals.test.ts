// What an operator sees, and when, of something that cannot be launched: the delivered scheduler and executor over the
// embedded Mesos and a real Docker engine. The nodes run only an idle program.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DockerLab, docker, openDockerLab } from "@cke/k8s-executor/testing/docker-lab";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { dist } from "../../scripts/up/paths.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const patience = { timeout: 300_000, interval: 100 };

const failure = z.object({ reason: z.string(), cause: z.string(), message: z.string() }).nullable();
const stateSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      task_state: z.string(),
      reason: z.string(),
      failure,
      processes: z.array(z.object({ name: z.string(), reason: z.string() })),
    }),
  ),
  pending: z.array(
    z.object({ node: z.string(), summary: z.string(), refusals: z.array(z.object({ kind: z.string() })) }),
  ),
});

let lab: DockerLab;
let directory: string;
let scheduler: ChildProcess;
let url = "";
let words = "";

const idle = { idle: { cmd: "/node", args: [{ key: "/idle.cjs" }], res: { cpu: 0.1, mem: 64 }, required: true } };
const node = {
  Files: [{ path: "/idle.cjs", content: "setInterval(() => {}, 1e6)" }],
  ProcessConfs: idle,
};
const phases = ["wrap", "finish"];
const configuration = (version: string, image: string) => ({
  Kubernetes: `v${version}.0`,
  ImageName: image,
  Phases: { master: phases, node: phases, console: phases },
  NodeConfs: { master: node, node, console: node },
});

beforeAll(async () => {
  const program = join(dist, "cke-scheduler");
  if (!existsSync(program)) throw new Error(`${program} is missing: make dist`);
  lab = await openDockerLab();
  directory = mkdtempSync(join(tmpdir(), "cke-refusals-"));
  // JSON is valid YAML.
  const write = (version: string, image: string) =>
    writeFileSync(join(directory, `cke.conf-${version}.yaml`), JSON.stringify(configuration(version, image)));
  write("1.38", lab.image);
  write("1.36", `${lab.image}-none`);
  const flags = {
    master: "local",
    name: lab.name,
    listen: "127.0.0.1:0",
    storage_type: "sqlite",
    storage_servers: join(directory, "cke.db"),
    k8s_config: directory,
    k8s_image_path: "",
    k8s_registry: "",
    k8s_registry_cert: "",
    local_work_dir: join(directory, "mesos"),
    local_resources: "cpus:16;mem:16384;ports:[31000-32000]",
  };
  scheduler = spawn(
    program,
    Object.entries(flags).map(([name, value]) => `-${name}=${value}`),
    { cwd: directory, stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env.PATH ?? "" } },
  );
  scheduler.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  const up = /"url":"([^"]+)".*"message":"cke-scheduler is up"/;
  await vi.waitUntil(() => scheduler.exitCode !== null || up.test(words), patience);
  url = up.exec(words)?.[1] ?? "";
  if (url === "") throw new Error(`the scheduler ended: ${words}`);
});
afterAll(async () => {
  // A failed test has left its cluster.
  if (url !== "") for (const name of ["unknown", "good", "late"]) await ask("DELETE", `/clusters/${name}`);
  await vi.waitUntil(async () => url === "" || (await ask("GET", "/clusters")).text === "[]", patience);
  scheduler?.kill("SIGTERM");
  if (scheduler?.exitCode === null) await once(scheduler, "close");
  await lab?.remove();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const answer = await fetch(`${url}/k8s/v1${path}`, { method, ...init });
  return { status: answer.status, text: await answer.text() };
}
const post = (body: unknown) => ask("POST", "/clusters", body);
const state = async (name: string) => stateSchema.parse(JSON.parse((await ask("GET", `/clusters/${name}/state`)).text));
const nodeOf = async (name: string, of: string) => (await state(name)).nodes.find((one) => one.name === of);
const body = (name: string, more: Readonly<Record<string, unknown>> = {}, ips = [lab.ip(10), lab.ip(11)]) => ({
  name,
  network: lab.network,
  nodes: [
    { name: "m", type: "master", node_ip: ips[0] },
    { name: "w", type: "node", node_ip: ips[1] },
  ],
  ...more,
});
async function remove(name: string): Promise<void> {
  await ask("DELETE", `/clusters/${name}`);
  await expect.poll(async () => (await ask("GET", `/clusters/${name}`)).status, patience).toBe(404);
}
const message = ({ text }: { readonly text: string }) => z.object({ error: z.string() }).parse(JSON.parse(text)).error;

test("a network that nobody knows: one node is launched, says what is wrong, and the other waits for it", async () => {
  expect((await post(body("unknown", { network: `${lab.name}-no` }))).status).toBe(201);
  await expect.poll(async () => (await nodeOf("unknown", "m"))?.failure?.cause, patience).toBe("network_missing");
  const { nodes, pending } = await state("unknown");
  const what = `Docker network ${lab.name}-no does not exist on this host`;
  const told = new RegExp(`^${what}: create it .* Docker: network ${lab.name}-no not found \\(TASK_FAILED\\)$`);
  expect(nodes[0]?.failure).toMatchObject({
    reason: "REASON_CONTAINER_LAUNCH_FAILED",
    message: expect.stringMatching(told),
  });
  expect(nodes[0]?.reason).not.toContain("download");
  expect(nodes[1]).toMatchObject({ task_state: "", failure: null });
  expect(pending.find((one) => one.node === "w")).toMatchObject({
    refusals: [{ kind: "network" }],
    summary: expect.stringMatching(new RegExp(`^.*waits until m has shown that network ${lab.name}-no exists on `)),
  });
  await remove("unknown");
});

test("what a running cluster has shown is what bodies are checked against; a container that is removed is told as that", async () => {
  expect((await post(body("good"))).status).toBe(201);
  const running = async (name: string) => (await nodeOf("good", name))?.task_state === "TASK_RUNNING";
  await expect.poll(async () => (await running("m")) && (await running("w")), patience).toBe(true);

  const allowed = /allowed there: \S+\.2 to \S+\.254/;
  const outside = await post(body("bad", {}, ["10.1.2.3", lab.ip(1)]));
  expect(outside.status).toBe(422);
  expect(message(outside)).toMatch(/^nodes\[0\]\.node_ip: 10\.1\.2\.3 is not in \S+ in network \S+ of host \S+ \(seen/);
  expect(message(outside)).toMatch(/nodes\[1\]\.node_ip: \S+\.1 is the gateway in network/);
  expect(message(outside)).toMatch(allowed);
  const edges = await post(body("bad", {}, [lab.ip(0), lab.ip(255)]));
  expect([edges.status, message(edges)]).toEqual([
    422,
    expect.stringMatching(/subnet \S+ itself .* broadcast address/),
  ]);
  const taken = await post(body("bad", {}, [lab.ip(10), lab.ip(20)]));
  expect([taken.status, message(taken)]).toEqual([422, expect.stringMatching(/belongs to node "m" of cluster "good"/)]);

  const nowhere = await post(body("bad", { network: `${lab.name}-no` }));
  expect(nowhere.status).toBe(422);
  expect(message(nowhere)).toMatch(
    /^network: there is no Docker network "\S+-no" on any agent: host .*There are: .*docker network create/,
  );
  const imageless = await post(body("bad", { k8s_ver: "1.36" }, [lab.ip(20), lab.ip(21)]));
  expect(imageless.status).toBe(422);
  expect(message(imageless)).toMatch(
    /^k8s_ver: Kubernetes 1\.36 has no image on any agent .*make image VERSION=1\.36 IMAGE=\S+-none\. .* now: 1\.38$/,
  );
  expect(JSON.parse((await ask("GET", "/supported_ver")).text)).toEqual({ vers: ["1.38"] });

  await docker("network", "create", `${lab.name}-no`);
  try {
    // Executors are asked at the time of the request, so a network that was made a second ago is known.
    const made = await post(body("late", { network: `${lab.name}-no` }));
    expect(message({ text: made.status === 201 ? '{"error":""}' : made.text })).not.toContain("no Docker network");
    if (made.status === 201) await remove("late");
  } finally {
    await docker("network", "rm", `${lab.name}-no`);
  }

  await docker("rm", "-f", "cke-good-w");
  const told = [
    /"message":"idle: its node ended: somebody removed the container \(TASK_FAILED\)"/,
    /"message":"node: somebody removed the container: it was not CKE \(docker rm\) \(TASK_FAILED\)/,
  ];
  await expect.poll(() => told.every((line) => line.test(words)), patience).toBe(true);
  expect(words).not.toMatch(
    /REASON_CONTAINER_LAUNCH_FAILED.*somebody removed|somebody removed.*REASON_CONTAINER_LAUNCH/,
  );
  await remove("good");
  expect(await docker("ps", "-aq", "--filter", "label=cke.cluster=good")).toBe("");
});
