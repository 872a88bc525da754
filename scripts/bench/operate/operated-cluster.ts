// A cluster that runs, and what an operator does to it. Each measurement returns seconds, and leaves the cluster healthy.
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import type { Deployment } from "../../../test/e2e/deployment.ts";
import { waitFor } from "../../../test/e2e/wait-for.ts";
import { busybox } from "../../../test/e2e/workload.ts";
import { command } from "../../up/progress/stage.ts";
import { launchLogs } from "./launch-logs.ts";
import { type Mark, timeline } from "./launch-timeline.ts";

const name = "operate";
const longMs = 600_000;
const nodeSchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
});
const podsSchema = z.object({
  items: z.array(
    z.object({ status: z.object({ phase: z.string() }), spec: z.object({ nodeName: z.string().optional() }) }),
  ),
});

/** A measurement that is never answered must end. */
const inTime = () => AbortSignal.timeout(longMs);

const since = (started: number) => (performance.now() - started) / 1_000;

export class OperatedCluster {
  readonly #deployment: Deployment;
  #token = "";
  /** When a worker was asked for, and when it was Ready, UNIX ms. */
  readonly #added = new Map<string, { readonly requested: number; readonly ready: number }>();

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  /** One master and one worker, until both are up. */
  async create(): Promise<void> {
    const { api, network, prefix } = this.#deployment;
    await api.create({
      cluster_name: name,
      network,
      kubenodes: [
        { name: "master", type: "master", host: "*", node_ip: `${prefix}.10` },
        { name: "node0", type: "node", host: "*", node_ip: `${prefix}.11` },
      ],
    });
    await this.#deployment.waitUp(name);
    this.#token = z.object({ AdminToken: z.string() }).parse(await this.#get("/adminToken")).AdminToken;
  }

  async addWorker(node: string, lastByte: number): Promise<number> {
    const requested = Date.now();
    const started = performance.now();
    await this.#change("POST", "/nodes", [this.#node(node, "node", lastByte)], 201);
    await waitFor(
      `${node} to be Ready`,
      () => this.#isReady(node),
      () => "",
      { everyMs: 50 },
    );
    const taken = since(started);
    this.#added.set(node, { requested, ready: requested + 1_000 * taken });
    await this.#deployment.waitUp(name);
    return taken;
  }

  /** What a worker that was added had reached when. */
  async launchOf(node: string): Promise<readonly Mark[]> {
    const times = this.#added.get(node);
    if (times === undefined) throw new Error(`${node} was not added`);
    const { requested, ready } = times;
    const marks = timeline(node, requested, await launchLogs(this.#deployment, name, node));
    return [...marks, { what: "Ready", at: ready - requested }];
  }

  async restartProcess(): Promise<number> {
    const started = performance.now();
    await this.#change("PUT", "/nodes/node0/processes/kube-proxy?wait=4m", {}, 200);
    return since(started);
  }

  /** From the request to the first byte that a terminal shows. */
  async terminal(): Promise<number> {
    const started = performance.now();
    const url = `${this.#deployment.url.replace("http", "ws")}/k8s/v1/clusters/${name}/console/kubectl/ws?rows=24&columns=80`;
    const socket = new WebSocket(url, { handshakeTimeout: longMs });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on("error", reject);
        inTime().addEventListener("abort", () => reject(new Error("the terminal shows nothing")));
        socket.on("close", (code, reason) =>
          reject(new Error(`the terminal was closed: ${code} ${reason.toString()}`)),
        );
        socket.on("message", (_data, binary) => {
          if (binary) resolve();
        });
      });
      return since(started);
    } finally {
      socket.terminate();
    }
  }

  /**
   * Bytes per second of a file of a process, which is filled first. Rotation may take most of it away meanwhile: then it is filled
   * again, ten times at most.
   */
  async readFile(): Promise<number> {
    const size = 256 * 1024 * 1024;
    const file = "/var/log/cke/kube-proxy/stdout";
    const shell = (line: string) => command("docker", ["exec", `cke-${name}-node0`, "sh", "-c", line]);
    let most = 0;
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await shell(`yes "$(head -c 100 /dev/zero | tr '\\0' x)" | head -c ${size} >>${file}`);
      const started = performance.now();
      const answer = await fetch(this.#url("/nodes/node0/processes/kube-proxy/files/stdout"), { signal: inTime() });
      if (answer.status !== 200 || answer.body === null) throw new Error(`the file: ${answer.status}`);
      let bytes = 0;
      for await (const chunk of answer.body) bytes += chunk.length;
      const taken = since(started);
      await shell(`: >${file}`);
      if (bytes >= size / 8) return bytes / taken;
      most = Math.max(most, bytes);
    }
    throw new Error(`rotation left at most ${most} bytes of the file: too few for a measurement`);
  }

  /** Runs pods on a worker, then removes it: until no trace of it is left. */
  async drain(node: string, pods: number): Promise<number> {
    await this.#startPods(node, pods);
    const started = performance.now();
    await this.#change("DELETE", `/nodes/${node}`, undefined, 202);
    await waitFor(`${node} to be gone`, async () => (await this.#status(`/nodes/${node}`)) === 404);
    return since(started);
  }

  async addMasters(): Promise<number> {
    const started = performance.now();
    await this.#change(
      "POST",
      "/nodes",
      [this.#node("master1", "master", 13), this.#node("master2", "master", 14)],
      201,
    );
    const members = z.object({ members: z.array(z.object({ isLearner: z.boolean().optional() })) });
    await waitFor("three members", async () => {
      const text = await command("docker", [
        ...["exec", `cke-${name}-master`, "etcdctl", "member", "list", "-w", "json"],
        ...["--endpoints=https://127.0.0.1:2379", "--cacert=/etc/kubernetes/pki/etcd-ca.crt"],
        ...[
          "--cert=/etc/kubernetes/pki/apiserver-etcd-client.crt",
          "--key=/etc/kubernetes/pki/apiserver-etcd-client.key",
        ],
      ]);
      const list = members.parse(JSON.parse(text)).members;
      return list.length === 3 && list.every(({ isLearner = false }) => !isLearner);
    });
    return since(started);
  }

  async #startPods(node: string, count: number): Promise<void> {
    const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: drained}
spec:
  replicas: ${count}
  selector: {matchLabels: {app: drained}}
  template:
    metadata: {labels: {app: drained}}
    spec:
      terminationGracePeriodSeconds: 1
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - {weight: 100, preference: {matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [${node}]}]}}
      containers:
      - {name: c, image: "${busybox}", imagePullPolicy: IfNotPresent, command: [sleep, "86400"]}
`;
    await this.#deployment.kubectl(name, ["apply", "-f", "-"], deployment);
    await waitFor(`${count} pods to run`, async () => {
      const { items } = podsSchema.parse(await this.#kubernetes("/api/v1/namespaces/default/pods"));
      const there = items.filter(({ spec, status }) => spec.nodeName === node && status.phase === "Running");
      return there.length >= count / 2 && items.filter(({ status }) => status.phase === "Running").length >= count;
    });
  }

  async #isReady(node: string): Promise<boolean> {
    const answer = await this.#kubernetes(`/api/v1/nodes/${node}`);
    const found = nodeSchema.safeParse(answer);
    return (
      found.success && found.data.status.conditions.some(({ type, status }) => type === "Ready" && status === "True")
    );
  }

  /** Undefined for an answer that is not 200. */
  async #kubernetes(path: string): Promise<unknown> {
    const answer = await fetch(this.#url(`/apiserver${path}`), {
      headers: { authorization: `Bearer ${this.#token}` },
      signal: inTime(),
    });
    return answer.ok ? await answer.json() : void (await answer.text());
  }

  #node(node: string, type: string, lastByte: number) {
    return { name: node, type, host: "*", node_ip: `${this.#deployment.prefix}.${lastByte}` };
  }

  #url(path: string): string {
    return `${this.#deployment.url}/k8s/v1/clusters/${name}${path}`;
  }

  async #status(path: string): Promise<number> {
    const answer = await fetch(this.#url(path), { signal: inTime() });
    await answer.text();
    return answer.status;
  }

  async #get(path: string): Promise<unknown> {
    return await (await fetch(this.#url(path), { signal: inTime() })).json();
  }

  /** Asks again while the cluster is being changed (409). */
  async #change(method: string, path: string, body: unknown, wanted: number): Promise<void> {
    const limit = inTime();
    for (;;) {
      const answer = await fetch(this.#url(path), {
        method,
        signal: limit,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await answer.text();
      if (answer.status === wanted) return;
      if (answer.status !== 409) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      await delay(500, undefined, { signal: limit });
    }
  }
}
