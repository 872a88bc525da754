// Masters are added to a running cluster, replaced and removed, with real parts: etcd's members change one at a time, what
// is stored stays, and nothing else of the cluster restarts.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { waitFor } from "./wait-for.ts";

const deployment = new Deployment({ name: "masters" });
const cluster = clusterName("many");
const container = (name: string) => `cke-${cluster}-${name}`;
const inside = (name: string, ...args: string[]) => command("docker", ["exec", container(name), ...args]);
const node = (name: string, last: number, type = "master") => ({
  name,
  type,
  host: "*",
  node_ip: `${deployment.prefix}.${last}`,
});

const answerSchema = z.object({ error: z.string().default(""), message: z.string().default("") });
const planSchema = z.object({ plan: z.object({ changes: z.array(z.unknown()) }) });
const membersSchema = z.object({
  members: z.array(
    z.object({
      ID: z.unknown().transform(String),
      name: z.string().default(""),
      isLearner: z.boolean().default(false),
    }),
  ),
});

async function ask(method: "GET" | "POST" | "DELETE", path: string, body?: unknown) {
  const answer = await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}${path}`, {
    method,
    signal: AbortSignal.timeout(60_000),
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: answer.status, value: await answer.json() };
}
const changes = async () => planSchema.parse((await ask("GET", "/state")).value).plan.changes;

function etcdctl(name: string, ...args: readonly string[]): Promise<string> {
  const pki = "/etc/kubernetes/pki";
  return inside(
    name,
    ...["env", "ETCDCTL_API=3", "/usr/local/bin/etcdctl", "--endpoints=https://127.0.0.1:2379"],
    ...[`--cacert=${pki}/etcd-ca.crt`, `--cert=${pki}/etcd.crt`, `--key=${pki}/etcd.key`, ...args],
  );
}

/** etcd's members, as the etcd of this master lists them. */
async function members(name: string) {
  const text = await etcdctl(name, "member", "list", "-w", "json");
  const list = membersSchema.parse(JSON.parse(text)).members;
  return list.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}
const voters = async (name: string) =>
  (await members(name)).map((one) => `${one.name}${one.isLearner ? " (learner)" : ""}`);

/** etcd's leadership goes to this master, which may have it already. */
async function lead(name: string, masters: readonly string[]): Promise<void> {
  const list = await etcdctl(name, "member", "list");
  const id =
    list
      .split("\n")
      .find((line) => line.includes(`${cluster}-${name}`))
      ?.split(",")[0] ?? "";
  await waitFor(`${name} to lead etcd`, async () => {
    // Only the one that leads can hand it over.
    await Promise.all(masters.map((one) => etcdctl(one, "move-leader", id).catch(() => "")));
    const status = await etcdctl(name, "endpoint", "status", "-w", "json");
    const [{ Status }] = z
      .tuple([z.object({ Status: z.object({ header: z.object({ member_id: z.number() }), leader: z.number() }) })])
      .parse(JSON.parse(status));
    return Status.header.member_id === Status.leader;
  });
}

/** Clients that write all the time through the scheduler, each for itself, until they are told to end. Then: how often each has failed. */
async function writers(count: number) {
  const answer = await ask("GET", "/adminToken");
  const { AdminToken } = z.object({ AdminToken: z.string() }).parse(answer.value);
  const headers = { authorization: `Bearer ${AdminToken}`, "content-type": "application/merge-patch+json" };
  const url = `${deployment.url}/k8s/v1/clusters/${cluster}/apiserver/api/v1/namespaces/default/configmaps/kept`;
  const end = new AbortController();
  const write = async (index: number) => {
    const told = { writes: 0, longestMs: 0, failures: [] as string[] };
    while (!end.signal.aborted) {
      const begun = performance.now();
      const body = JSON.stringify({ data: { [`w${index}`]: String(told.writes) } });
      const failure = await fetch(url, { method: "PATCH", headers, body, signal: AbortSignal.timeout(60_000) }).then(
        async (patched) => (patched.ok ? "" : `${patched.status} ${await patched.text()}`),
        String,
      );
      told.writes += 1;
      told.longestMs = Math.max(told.longestMs, Math.round(performance.now() - begun));
      if (failure !== "") told.failures.push(failure);
      await delay(200, undefined, { signal: end.signal }).catch(() => {});
    }
    return told;
  };
  const all = Array.from({ length: count }, (_, index) => write(index));
  return {
    ended: async () => {
      end.abort();
      return await Promise.all(all);
    },
  };
}

/** kubectl in a master, at its own API server. */
const kubectl = (name: string, ...args: string[]) =>
  inside(name, "kubectl", "--kubeconfig=/etc/kubernetes/admin.kubeconfig", ...args);
const kept = async (name: string) =>
  (await kubectl(name, "get", "configmap", "kept", "-o", "jsonpath={.data.a}")).trim();

/** Pids and start times of programs in containers: of all but those that begin to elect a leader. */
async function programs(...names: readonly string[]) {
  const all = Object.entries(await kernelIdentities(deployment.label));
  return all.filter(
    ([key]) => names.some((name) => key.startsWith(`${container(name)}/`)) && !/kube-(controller|scheduler)/.test(key),
  );
}

async function changed(what: string): Promise<void> {
  const begun = performance.now();
  await waitFor(
    what,
    async () => (await changes()).length === 0,
    () => deployment.words(),
  );
  console.log(`  ${what}: ${Math.round(performance.now() - begun)} ms`);
  await deployment.waitUp(cluster);
}

beforeAll(async () => {
  await deployment.start();
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [
      node("m1", 10),
      node("node0", 20, "node"),
      { ...node("closed", 21, "node"), taints: ["gpu=yes:NoSchedule"] },
    ],
  });
  await deployment.waitUp(cluster);
  await kubectl("m1", "create", "configmap", "kept", "--from-literal=a=before");
});
afterAll(() => deployment.stop());

test("from one to three: etcd gets them one after the other, what is stored is there, and nothing else restarts", async () => {
  const before = await programs("m1", "node0");
  expect(before.length).toBeGreaterThan(4);
  expect((await ask("POST", "/nodes", node("m2", 11))).status).toBe(422);
  expect((await ask("POST", "/nodes", [node("m2", 11), node("m3", 12)])).status).toBe(201);
  expect((await ask("DELETE", "/nodes/m1")).status).toBe(409);
  await changed("from one master to three");
  const names = ["m1", "m2", "m3"];
  expect(await voters("m3")).toEqual(names.map((name) => `${cluster}-${name}`));
  for (const name of names) {
    await waitFor(`the API server of ${name}`, async () => (await kept(name)) === "before");
  }
  expect(await programs("m1", "node0")).toEqual(before);
  const leases = await kubectl("m2", "get", "lease", "-n", "kube-system", "-o", "name");
  expect(leases).toContain("kube-controller-manager");
  // The DNS service of the masters that came waits for no worker that takes no pods.
  const addons = `${deployment.url}/k8s/v1/clusters/${cluster}/nodes/m3/processes/addons/files/stdout`;
  const said = await (await fetch(addons)).text();
  expect(said).not.toContain("DNS runs once; its other replicas wait");
});

test("a master that is killed is replaced: the same name and address, another member, and nothing is lost", async () => {
  const before = await programs("m2", "m3", "node0");
  const old = (await members("m2")).find(({ name }) => name === `${cluster}-m1`);
  await command("docker", ["kill", container("m1")]);
  const replaced = await ask("POST", "/nodes/m1/replace");
  expect([replaced.status, answerSchema.parse(replaced.value)]).toEqual([202, expect.anything()]);
  // etcd may have lost its leader, and elects another one.
  await waitFor("a write meanwhile", () =>
    kubectl("m2", "annotate", "--overwrite", "configmap", "kept", "meanwhile=yes"),
  );
  await changed("a dead master replaced");
  const now = (await members("m2")).find(({ name }) => name === `${cluster}-m1`);
  expect(now).toMatchObject({ isLearner: false });
  expect(now?.ID).not.toBe(old?.ID);
  await waitFor("the API server of m1", async () => (await kept("m1")) === "before");
  expect(await kubectl("m1", "get", "configmap", "kept", "-o", "jsonpath={.metadata.annotations.meanwhile}")).toBe(
    "yes",
  );
  expect((await inside("m1", "hostname", "-I")).split(" ")).toContain(`${deployment.prefix}.10`);
  expect(await programs("m2", "m3", "node0")).toEqual(before);
});

test("from three to five and back to three: an old and a new one go, and what stays restarts nothing", async () => {
  const before = await programs("m1", "m3", "node0");
  expect((await ask("POST", "/nodes", [node("m4", 13), node("m5", 14)])).status).toBe(201);
  await changed("from three masters to five");
  expect(await voters("m5")).toEqual(["m1", "m2", "m3", "m4", "m5"].map((name) => `${cluster}-${name}`));
  await waitFor("the API server of m5", async () => (await kept("m5")) === "before");
  await waitFor("a write through m5", () => kubectl("m5", "annotate", "configmap", "kept", "five=yes"));
  expect(await programs("m1", "m3", "node0")).toEqual(before);
  expect((await ask("DELETE", "/nodes/m2,m4")).status).toBe(202);
  await changed("from five masters to three");
  expect(await voters("m1")).toEqual(["m1", "m3", "m5"].map((name) => `${cluster}-${name}`));
  const five = ["get", "configmap", "kept", "-o", "jsonpath={.metadata.annotations.five}"];
  await waitFor("what was written through m5", async () => (await kubectl("m1", ...five)) === "yes");
  expect(await programs("m1", "m3", "node0")).toEqual(before);
  expect((await deployment.leftovers(cluster)).filter((line) => /-m[24]/.test(line))).toEqual([]);
});

test("from three to one, without the first one, which leads etcd: they leave etcd, who writes fails at nothing, workers follow, and nothing of them is left", async () => {
  const before = await programs("m3", "node0");
  expect((await ask("DELETE", "/nodes/m5")).status).toBe(422);
  await lead("m1", ["m1", "m3", "m5"]);
  const clients = await writers(5);
  expect((await ask("DELETE", "/nodes/m1,m5")).status).toBe(202);
  await changed("from three masters to one");
  const told = await clients.ended();
  console.log(`  meanwhile: ${JSON.stringify(told)}`);
  expect(Math.min(...told.map(({ writes }) => writes))).toBeGreaterThan(20);
  // Without a hand-over the writes of all fail. With one etcd drops what comes in the few milliseconds that it takes.
  const failing = told.filter(({ failures }) => failures.length > 0);
  expect(failing.length, JSON.stringify(failing)).toBeLessThan(3);
  expect(await voters("m3")).toEqual([`${cluster}-m3`]);
  expect(await kept("m3")).toBe("before");
  expect(await programs("m3", "node0")).toEqual(before);
  // Its kubelet renews the lease at the master that is left.
  const renewed = async () =>
    await kubectl("m3", "get", "lease", "node0", "-n", "kube-node-lease", "-o", "jsonpath={.spec.renewTime}");
  const last = await renewed();
  await waitFor("the worker's lease to be renewed", async () => (await renewed()) !== last);
  const left = await deployment.leftovers(cluster);
  expect(left.filter((line) => /-m[15]/.test(line))).toEqual([]);
  const only = await ask("POST", "/nodes/m3/replace");
  expect([only.status, answerSchema.parse(only.value).error]).toEqual([
    409,
    expect.stringContaining("it is the last member of etcd"),
  ]);
});
