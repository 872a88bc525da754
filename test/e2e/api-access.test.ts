// A cluster's API from outside of its network, with a real kubectl: through the scheduler, and on the port that its master's host
// publishes. Terminals, forwarded ports, watches and files go the same ways, over WebSockets and over SPDY.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { z } from "zod";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment, prepared } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";
import { startPods, webPod } from "./workload.ts";

const cluster = clusterName("reach");
/** Another address of this host than those that certificates have anyway. */
const host = "127.0.0.77";
const deployment = new Deployment({ name: "access", hostname: host });
const base = () => `${deployment.url}/k8s/v1/clusters/${cluster}`;
const port = deployment.publishedPort;
const files = new Map<string, string>();

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${base()}${path}`, { ...init, signal: AbortSignal.timeout(60_000) });
const kubectlOf = () => join(prepared().binaries, "kubectl");

/** Ends a program that need not run any more. */
async function ended(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  program.kill();
  await once(program, "exit");
}

/** The environment in which kubectl speaks one of both protocols for its streams. */
const protocols = {
  WebSocket: {},
  SPDY: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" },
} as const;

beforeAll(async () => {
  await deployment.start();
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    apiserver: { expose: ["scheduler", "port"], port },
    kubenodes: [
      { name: "master", type: "master", host: "*", node_ip: `${deployment.prefix}.10` },
      { name: "node0", type: "node", host: "*", node_ip: `${deployment.prefix}.11` },
    ],
  });
  await deployment.waitUp(cluster);
  for (const via of ["scheduler", "port"]) {
    const file = join(deployment.directory, `${via}.kubeconfig`);
    writeFileSync(file, await (await ask(`/kubeconfig?via=${via}`)).text(), { mode: 0o600 });
    files.set(via, file);
  }
  await startPods(deployment, cluster, webPod, "web");
});
afterAll(() => deployment.stop());

test("list, summary and kubeconfig give the way that is preferred", async () => {
  const schema = z.object({ apiserver: z.string() });
  const answer = await (await ask("")).json();
  expect(schema.parse(answer).apiserver).toBe(`${base()}/apiserver`);
  expect((await ask("/kubeconfig")).headers.get("x-cke-via")).toBe("scheduler");
  const shown = await (await ask("/json")).json();
  expect(shown).toMatchObject({ apiserver: { expose: ["scheduler", "port"], port: `${port}/tcp` } });
});

describe.each(["scheduler", "port"])("kubectl by way of the %s", (via) => {
  const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = "") =>
    command(kubectlOf(), ["--kubeconfig", files.get(via) ?? "", ...args], { environment, input });

  test("reads, creates, changes and deletes", async () => {
    await expect.poll(() => run(["get", "nodes", "--no-headers"])).toMatch(/^node0\s+Ready\s/m);
    await run(["create", "configmap", `made-${via}`, "--from-literal=a=b"]);
    await run(["patch", "configmap", `made-${via}`, "-p", '{"data":{"a":"c"}}']);
    expect(await run(["get", "configmap", `made-${via}`, "-o", "jsonpath={.data.a}"])).toBe("c");
    await run(["delete", "configmap", `made-${via}`]);
    expect(await run(["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"])).toBe("cke-admin");
  });

  test("sees changes as they happen", async () => {
    const args = ["--kubeconfig", files.get(via) ?? "", "get", "configmaps", "--watch", "-o", "name"];
    const watch = spawn(kubectlOf(), args, { stdio: ["ignore", "pipe", "inherit"] });
    const seen: string[] = [];
    createInterface(watch.stdout).on("line", (line) => seen.push(line));
    try {
      await waitFor("the list", async () => seen.includes("configmap/kube-root-ca.crt"));
      await run(["create", "configmap", `seen-${via}`]);
      await waitFor("the event", async () => seen.includes(`configmap/seen-${via}`));
    } finally {
      await ended(watch);
    }
  });

  test.each(Object.entries(protocols))("executes in a pod over %s", async (_protocol, environment) => {
    expect(await run(["exec", "web", "--", "cat", "/www/index.html"], environment)).toBe("served\n");
    const input = "0123456789abcdef".repeat(20_000);
    const count = await run(["exec", "-i", "web", "--", "wc", "-c"], environment, input);
    expect(count.trim()).toBe(String(input.length));
    await expect(run(["exec", "web", "--", "sh", "-c", "exit 7"], environment)).rejects.toThrow(/exit code 7/);
  });

  test.each(Object.entries(protocols))("forwards a port over %s", async (_protocol, environment) => {
    const local = await freePort();
    const args = ["--kubeconfig", files.get(via) ?? "", "port-forward", "pod/web", `${local}:8080`];
    const forward = spawn(kubectlOf(), args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...environment },
    });
    try {
      const answer = await waitFor("the port to answer", async () => {
        const init = { headers: { connection: "close" }, signal: AbortSignal.timeout(60_000) };
        return await (await fetch(`http://127.0.0.1:${local}/`, init)).text();
      });
      expect(answer).toBe("served\n");
    } finally {
      await ended(forward);
    }
  });
});

describe("the path of the REST API", () => {
  const token = async () =>
    z.object({ AdminToken: z.string() }).parse(await (await ask("/adminToken")).json()).AdminToken;
  const bearer = async () => ({ authorization: `Bearer ${await token()}` });

  test("takes the caller's token, and adds no rights to a request without one", async () => {
    const nodes = await ask("/apiserver/api/v1/nodes", { headers: await bearer() });
    expect(nodes.status).toBe(200);
    expect(JSON.stringify(await nodes.json())).toContain('"name":"node0"');
    expect((await ask("/apiserver/api/v1/nodes")).status).toBe(401);
    expect((await ask("/apiserver/api/v1/nodes", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    expect((await ask("/apiserver/readyz")).status).toBe(200);
  });

  test("takes a body that is larger than this API's own may be, up to the API server's limit", async () => {
    const headers = { ...(await bearer()), "content-type": "application/json" };
    const body = JSON.stringify({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name: "x" },
      data: { a: "x".repeat(12 << 20) },
    });
    const answer = await ask("/apiserver/api/v1/namespaces/default/configmaps", { method: "POST", headers, body });
    expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining("limit is 3145728")]);
  });

  test("gives a terminal's stream as a WebSocket, v5.channel.k8s.io", async () => {
    const url = `${base().replace("http", "ws")}/apiserver/api/v1/namespaces/default/pods/web/exec?command=cat&command=/www/index.html&stdout=true`;
    const socket = new WebSocket(url, ["v5.channel.k8s.io"], { headers: await bearer() });
    const parts: Buffer[] = [];
    socket.on("message", (data: Buffer) => parts.push(data));
    await once(socket, "close");
    expect(socket.protocol).toBe("v5.channel.k8s.io");
    const output = parts.filter((part) => part[0] === 1).map((part) => part.subarray(1).toString());
    expect(output.join("")).toBe("served\n");
  });
});

test("a worker's own clients use the balancer of their node", async () => {
  const inside = (...args: string[]) => command("docker", ["exec", `cke-${cluster}-node0`, ...args]);
  for (const file of ["kubelet", "kube-proxy"])
    expect(await inside("cat", `/etc/kubernetes/${file}.kubeconfig`)).toContain('"server": "https://127.0.0.1:6444"');
  // 192C is 6444; 01 is an open connection.
  await expect.poll(() => inside("cat", "/proc/net/tcp")).toMatch(/0100007F:[0-9A-F]{4} 0100007F:192C 01/);
});
