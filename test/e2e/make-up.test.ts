// The three commands of the README with a state directory of their own: up, up again with nothing to do, up with
// another program, status, down.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@cke/test-servers";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { exampleCluster, networkOf } from "../../scripts/up/example-cluster.ts";
import { top } from "../../scripts/up/paths.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { prepared } from "./deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { waitFor } from "./wait-for.ts";

// A name and a port of its own: somebody's `make up` may run on this machine.
const home = mkdtempSync(join(tmpdir(), "cke-e2e-up-"));
const cluster = `up-${randomBytes(3).toString("hex")}`;
const port = await freePort();
const state = join(home, `cke/up-${cluster}`);
const nodes = exampleCluster("0.0.0", 1).kubenodes.map(({ name }) => name);

/** Runs one of the commands and returns its whole output. */
async function make(word: string): Promise<string> {
  const script = '"$0" scripts/up/main.ts "$1" 2>&1';
  const output = await command("sh", ["-c", script, process.execPath, word], {
    cwd: top,
    environment: { XDG_STATE_HOME: home, CKE_UP_NAME: cluster, CKE_UP_PORT: String(port) },
  });
  console.log(output);
  return output;
}
const nodesSchema = z.array(z.object({ name: z.string(), type: z.string(), node_ip: z.string() }));
const planSchema = z.object({ plan: z.object({ changes: z.array(z.unknown()) }) });
const changes = async () => planSchema.parse(JSON.parse(await request("GET", "state", 200))).plan.changes.length;

async function request(method: string, path: string, status: number, body?: unknown): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/k8s/v1/clusters/${cluster}/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([status, text]);
  return text;
}
const schedulerPid = () => readFileSync(join(state, "cke-scheduler.pid"), "utf8");
const label = () => `label=cke.framework=${readFileSync(join(state, "framework-id"), "utf8")}`;

afterAll(async () => {
  await make("down");
  rmSync(home, { recursive: true, force: true });
});

let pid = "";
let identities: Record<string, string> = {};

test("make up shows the phases of each node in their order", async () => {
  const shown = await make("up");
  for (const node of nodes) {
    const numbers = [...shown.matchAll(new RegExp(`${node}: .* done \\((\\d+) of (\\d+)\\)`, "g"))];
    const total = Number(numbers[0]?.[2]);
    // On a busy machine one may be lost and reached again.
    const reached = [...new Set(numbers.map(([, number]) => Number(number)))];
    expect(reached).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  }
  expect(shown).toContain("kubectl get nodes");
  pid = schedulerPid();
  identities = await kernelIdentities(label());
  expect(Object.keys(identities).length).toBeGreaterThanOrEqual(8);
});

test("with nothing to do it builds nothing and starts nothing", async () => {
  const started = performance.now();
  const shown = await make("up");
  console.log(`nothing to do: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  expect(shown).toContain("everything is built");
  expect(shown).toContain("cke-scheduler runs");
  expect(shown).not.toMatch(/building|executables|binaries$|KubeNode image/m);
  expect(schedulerPid()).toBe(pid);
  expect(await kernelIdentities(label())).toEqual(identities);
});

test("a scheduler of another program is replaced, and nothing in the cluster restarts", async () => {
  writeFileSync(join(state, "cke-scheduler.digest"), "of another program");
  const shown = await make("up");
  expect(shown).toContain("starting the new one");
  expect(schedulerPid()).not.toBe(pid);
  expect(await kernelIdentities(label())).toEqual(identities);
  expect((await make("up")).match(/cke-scheduler .*/g)).toEqual([expect.stringContaining("cke-scheduler runs")]);
});

test("make status tells what runs", async () => {
  // A scheduler that has just been started hears of each process once more.
  const show = { timeout: 600_000, interval: 1_000 };
  await expect.poll(() => make("status"), show).toContain(`cluster ${cluster}: running, up`);
  for (const node of nodes) await expect.poll(() => make("status"), show).toContain(`  ${node}\n`);
});

test("when the first master was removed, make up and kubectl go on with another one", async () => {
  const [first] = nodesSchema.parse(JSON.parse(await request("GET", "nodes", 200)));
  const prefix = first?.node_ip.replace(/\.\d+$/, "");
  const further = ["m2", "m3"].map((name, index) => ({
    ...{ name, type: "master", host: "*", node_ip: `${prefix}.${20 + index}` },
  }));
  await request("POST", "nodes", 201, further);
  await make("up"); // until they are up
  await waitFor("etcd to have them", async () => (await changes()) === 0);
  await request("DELETE", "nodes/master,m3", 202);
  await waitFor("the masters to be removed", async () => (await changes()) === 0);
  const left = nodesSchema.parse(JSON.parse(await request("GET", "nodes", 200)));
  expect(left.filter(({ type }) => type === "master").map(({ name }) => name)).toEqual(["m2"]);
  await make("up");
  const { binaries } = prepared();
  const kubectl = (...args: string[]) =>
    command(join(binaries, "kubectl"), ["--kubeconfig", join(state, "kubeconfig"), ...args]);
  expect(await kubectl("get", "nodes", "-o", "name")).toContain("node/node0");
});

test("make down leaves nothing", async () => {
  const framework = label();
  await make("down");
  const lines = async (...args: string[]) => (await command("docker", args)).split("\n").filter(Boolean);
  expect(await lines("ps", "-aq", "--filter", framework)).toEqual([]);
  expect(await lines("volume", "ls", "-q", "--filter", framework)).toEqual([]);
  expect(await lines("network", "ls", "--format", "{{.Name}}")).not.toContain(networkOf(cluster));
  expect(await make("status")).toMatch(/ is not up \(CKE_UP_NAME=/);
});
