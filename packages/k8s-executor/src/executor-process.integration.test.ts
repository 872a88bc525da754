// The executor as the process that Mesos starts: killed, terminated, restarted and shut down, with a real container and an
// agent on loopback.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { FakeAgent } from "@cke/executor-core/testing/fake-agent";
import { processReport } from "@cke/executor-core/testing/recording-context";
import {
  ExecutorMessage,
  type KubeNodeTaskInit,
  type ProcessSpec,
  SchedulerMessage,
  sealSecrets,
  TaskData,
} from "@cke/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type DockerLab, docker, openDockerLab } from "./testing/docker-lab.ts";
import { removalOrder } from "./testing/driver-set-up.ts";
import { nodeTask, processSpec } from "./testing/launches.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
let lab: DockerLab;
let agent: FakeAgent;
const children: ChildProcess[] = [];

beforeAll(async () => {
  lab = await openDockerLab();
});
beforeEach(async () => {
  agent = new FakeAgent({ frameworkId: lab.frameworkId });
  await agent.start();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await agent.stop();
});
afterAll(async () => {
  await lab.remove();
});

/** Starts an incarnation and waits until it has subscribed. */
async function start(incarnation: string) {
  const before = agent.subscriptions.length;
  const { PATH, DOCKER_HOST, NODE_COMPILE_CACHE } = process.env;
  const docker = DOCKER_HOST === undefined ? {} : { DOCKER_HOST };
  const own = agent.environment(`cke.${lab.name}.n.${incarnation}`);
  const child = spawn(process.execPath, [main], {
    env: { PATH, NODE_COMPILE_CACHE, ...docker, ...own, CKE_RUN_DIR: lab.runBase },
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.push(child);
  await agent.until(() => agent.subscriptions.length > before);
  return child;
}

const process1 = processSpec("sleeper", { command: ["/node", "-e", "setInterval(() => {}, 1e6)"], stopGraceMs: 2_000 });
const nodeId = (incarnation: string) => `cke.${lab.name}.n.${incarnation}.node`;
const processId = (incarnation: string) => `cke.${lab.name}.n.${incarnation}.sleeper`;

async function launch(
  incarnation: string,
  spec: ProcessSpec = process1,
  more: KubeNodeTaskInit = {},
): Promise<number | undefined> {
  const task = nodeTask({
    cluster: lab.name,
    node: "n",
    image: lab.image,
    network: lab.network,
    ip: lab.ip(80),
    incarnation,
    ...more,
  });
  agent.launch(nodeId(incarnation), TaskData.encode({ task: { kind: "kubeNode", value: task } }));
  agent.launch(processId(incarnation), TaskData.encode({ task: { kind: "process", value: { spec } } }));
  await agent.until(() => agent.last(processId(incarnation))?.healthy === true);
  return pidOf(incarnation);
}

/** As the scheduler sends it before it kills a node for good. */
const order = (incarnation: string) => agent.message(removalOrder(`cke.${lab.name}.n.${incarnation}`));

function pidOf(incarnation: string): number | undefined {
  const { data } = agent.last(processId(incarnation)) ?? {};
  return processReport(data === undefined ? undefined : new Uint8Array(Buffer.from(data, "base64")))?.pid;
}

async function exit(child: ChildProcess): Promise<{ code: unknown; signal: unknown }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return { code: child.exitCode, signal: child.signalCode };
}

test("kill -9: the next incarnation adopts the node, its process keeps running, and a kill leaves nothing", async () => {
  const first = await start("1");
  const pid = await launch("1");
  first.kill("SIGKILL");
  expect(await exit(first)).toMatchObject({ signal: "SIGKILL" });
  expect((await lab.leftovers()).length).toBeGreaterThan(0);
  const second = await start("2");
  expect(await launch("2")).toBe(pid);
  expect(agent.last(nodeId("2"))?.message).toBe("ready: adopted a running container");
  order("2");
  agent.kill(nodeId("2"));
  expect(await exit(second)).toMatchObject({ code: 0 });
  expect(agent.last(nodeId("2"))?.state).toBe("TASK_KILLED");
  expect(agent.last(processId("2"))?.state).toBe("TASK_KILLED");
  expect(await lab.leftovers()).toEqual([]);
});

test("SIGTERM leaves the node alone; a lost agent is found again; SHUTDOWN stops the node and keeps its data", async () => {
  const first = await start("1");
  const pid = await launch("1");
  first.kill("SIGTERM");
  expect(await exit(first)).toMatchObject({ code: 143 });
  const second = await start("2");
  expect(await launch("2")).toBe(pid);
  const subscriptions = agent.subscriptions.length;
  agent.dropStream();
  await agent.until(() => agent.subscriptions.length > subscriptions);
  expect(pidOf("2")).toBe(pid);
  agent.shutdown();
  expect(await exit(second)).toMatchObject({ code: 0 });
  expect(agent.last(nodeId("2"))?.state).toBe("TASK_KILLED");
  expect(await lab.leftovers()).toEqual([expect.stringMatching(/^cke-.*-n-var-lib-docker$/)]);
  const third = await start("3");
  await launch("3");
  order("3");
  agent.kill(nodeId("3"));
  await exit(third);
  expect(await lab.leftovers()).toEqual([]);
});

test("killed in the middle of a launch, the next incarnation finishes what is there", async () => {
  const first = await start("1");
  const secrets = [{ name: "key", path: "/etc/pki/key" }];
  const { image, network } = lab;
  const unfinished = { cluster: lab.name, node: "n", image, network, ip: lab.ip(80), secrets };
  // Nobody answers with the secrets: the container is there, its files are not, and the launch can go no further.
  agent.launch(nodeId("1"), TaskData.encode({ task: { kind: "kubeNode", value: nodeTask(unfinished) } }));
  agent.launch(processId("1"), TaskData.encode({ task: { kind: "process", value: { spec: process1 } } }));
  await agent.until(() => agent.last(nodeId("1"))?.message === "waiting for the secrets from the scheduler");
  first.kill("SIGKILL");
  await exit(first);
  const name = `cke-${lab.name}-n`;
  const made = await docker("inspect", "--format", "{{.Id}}", name);
  expect(agent.last(processId("1"))?.healthy).not.toBe(true);
  await expect(docker("exec", name, "/bin/cat", "/etc/pki/key")).rejects.toThrow("No such file");

  const second = await start("2");
  agent.onMessage = (data) => {
    const request = ExecutorMessage.decode(data).message;
    if (request?.kind !== "secretsRequest") return;
    const key = new TextEncoder().encode("the key");
    const value = sealSecrets(request.value, { executorId: `cke.${lab.name}.n.2`, secrets: { key } });
    agent.message(SchedulerMessage.encode({ message: { kind: "secretsResponse", value } }));
  };
  expect(await launch("2", process1, { secrets })).toBeGreaterThan(0);
  expect(agent.last(nodeId("2"))?.message).toBe("ready: adopted a running container");
  expect(await docker("inspect", "--format", "{{.Id}}", name)).toBe(made);
  expect(await docker("exec", name, "/bin/cat", "/etc/pki/key")).toBe("the key");
  order("2");
  agent.shutdown();
  await exit(second);
  expect(await lab.leftovers()).toEqual([]);
});

test("killed, and its container dies before the next incarnation comes: that one replaces it", async () => {
  const first = await start("1");
  await launch("1");
  first.kill("SIGKILL");
  await exit(first);
  const name = `cke-${lab.name}-n`;
  const id = async () => (await docker("inspect", "--format", "{{.Id}}", name)).trim();
  const stopped = await id();
  await docker("kill", "--signal", "KILL", name);
  const second = await start("2");
  expect(await launch("2")).toBeGreaterThan(0);
  expect(agent.last(nodeId("2"))?.message).toBe("ready");
  expect(await id()).not.toBe(stopped);
  order("2");
  agent.shutdown();
  await exit(second);
  expect(await lab.leftovers()).toEqual([]);
});
