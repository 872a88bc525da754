// The whole way of a stream: the scheduler's end of the channel, a k8s executor as a process, the wrapper in a real container.
// Only Mesos is played. What a command, a file, a tunnel and a probe see is the node.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { FakeAgent } from "@cke/executor-core/testing/fake-agent";
import { silentLogger, systemClock } from "@cke/foundation";
import { type DockerLab, openDockerLab } from "@cke/k8s-executor/testing/docker-lab";
import { ExecutorMessage, KubeNodeTask, ProcessSpec, TaskData } from "@cke/protocol";
import { type Channel, Channels, type ExecStream } from "@cke/scheduler/channel/index";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 40_000, hookTimeout: 120_000 });
const main = fileURLToPath(new URL("../../packages/k8s-executor/src/main.ts", import.meta.url));
const never = new AbortController().signal;

let lab: DockerLab;
let agent: FakeAgent;
let server: Server;
let channels: Channels;
let executor: ChildProcess;

/** Answers on a port, and says a line. */
const program = `
  require("node:net").createServer((socket) => socket.pipe(socket)).listen(7000, "127.0.0.1");
  console.log("it listens");
`;
const executorId = (incarnation: string) => `cke.${lab.name}.n.${incarnation}`;
const unit = (incarnation: string) => ({ executorId: executorId(incarnation), agentId: "agent-1", name: "the node" });

beforeAll(async () => {
  lab = await openDockerLab();
  agent = new FakeAgent({ frameworkId: lab.frameworkId });
  await agent.start();
  server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  channels = new Channels({
    url: () => `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    send: (_unit, message) => agent.message(message),
    clock: systemClock,
    logger: silentLogger,
  });
  server.on("upgrade", (request, socket, head) => channels.dial(request, socket, head, () => socket.destroy()));
  await launch("1");
});
afterAll(async () => {
  executor?.kill("SIGKILL");
  channels?.stop();
  server?.close();
  await agent?.stop();
  await lab?.remove();
});

/** An executor, its node and the node's program, healthy. */
async function launch(incarnation: string): Promise<void> {
  const before = agent.subscriptions.length;
  const { PATH, DOCKER_HOST } = process.env;
  executor = spawn(process.execPath, [main], {
    env: { PATH, DOCKER_HOST, ...agent.environment(executorId(incarnation)), CKE_RUN_DIR: lab.runBase },
    stdio: "ignore",
  });
  await agent.until(() => agent.subscriptions.length > before);
  agent.onMessage = (data) => channels.receive(executorId(incarnation), ExecutorMessage.decode(data).message);
  const { name: cluster, image, network } = lab;
  const node = KubeNodeTask.create({
    cluster,
    node: "n",
    nodeType: "master",
    image,
    network,
    ip: lab.ip(80),
    incarnation,
  });
  const spec = ProcessSpec.create({ name: "echo", type: "echo", command: ["/node", "-e", program] });
  const task = `${executorId(incarnation)}.echo`;
  agent.launch(`${executorId(incarnation)}.node`, TaskData.encode({ task: { kind: "kubeNode", value: node } }));
  agent.launch(task, TaskData.encode({ task: { kind: "process", value: { spec } } }));
  await agent.until(() => agent.last(task)?.healthy === true);
}

const open = (incarnation = "1"): Promise<Channel> => channels.open(unit(incarnation), never);

async function outcome(stream: ExecStream) {
  let text = "";
  for await (const event of stream.events()) {
    if (event.kind === "stdout" || event.kind === "stderr") text += Buffer.from(event.data).toString();
    if (event.kind === "exit") return { text, code: event.code, signal: event.signal };
  }
  throw new Error("it has not ended");
}

describe("a node's streams", () => {
  test("exec: output, input and exit code", async () => {
    const channel = await open();
    const echo = await channel.exec({ command: ["/bin/sh", "-c", "read line; echo got $line; exit 3"] }, never);
    await echo.write(Buffer.from("hello\n"));
    expect(await outcome(echo)).toEqual({ text: "got hello\n", code: 3, signal: "" });
  });

  test("exec: what cannot be started is refused in the wrapper's words", async () => {
    const asked = (await open()).exec({ command: ["/no/such/program"] }, never);
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining("/no/such/program") });
    const empty = (await open()).exec({ command: [] }, never);
    await expect(empty).rejects.toMatchObject({ code: "invalid_argument", status: 400 });
  });

  test("exec: a stream that is left ends its command in the node", async () => {
    const channel = await open();
    const sleep = await channel.exec(
      { command: ["/node", "-e", "process.title = 'still-here'; setInterval(() => {}, 1e6)"] },
      never,
    );
    await sleep.events().next();
    // Its own command line has the words in two parts.
    const script = `const fs = require("fs"); console.log(fs.readdirSync("/proc").filter((pid) => {
      try { return fs.readFileSync("/proc/" + pid + "/cmdline", "utf8").startsWith("still-" + "here"); } catch { return false; }
    }).length)`;
    const count = async () =>
      (await outcome(await channel.exec({ command: ["/node", "-e", script] }, never))).text.trim();
    await expect.poll(count, { timeout: 120_000 }).toBe("1");
    sleep.close();
    await expect.poll(count, { timeout: 120_000 }).toBe("0");
  });

  test("file: a process's output, from an offset, from the end, and followed", async () => {
    const channel = await open();
    const path = "/var/log/cke/echo/stdout";
    for (const [part, expected] of [
      [{}, "it listens\n"],
      [{ offset: 3, length: 4 }, "list"],
      [{ offset: 3, fromEnd: true }, "ns\n"],
    ] as const) {
      const file = await channel.file({ path, ...part }, never);
      let text = "";
      for await (const chunk of file.content) text += Buffer.from(chunk).toString();
      expect(text).toBe(expected);
    }
    const abort = new AbortController();
    const followed = await channel.file({ path, follow: true }, abort.signal);
    const chunks = followed.content[Symbol.asyncIterator]();
    expect(Buffer.from((await chunks.next()).value ?? []).toString()).toBe("it listens\n");
    abort.abort();
    await expect(chunks.next()).rejects.toMatchObject({ code: "cancelled" });
    await expect(channel.file({ path: "/none" }, never)).rejects.toMatchObject({ code: "not_found", status: 404 });
  });

  test("tunnel: into the node's network, both ways, with half-close", async () => {
    const channel = await open();
    const tunnel = await channel.tunnel({ target: { kind: "tcpAddress", value: "127.0.0.1:7000" } }, never);
    tunnel.end(Buffer.alloc(2_000_000, "z"));
    let length = 0;
    for await (const chunk of tunnel) length += Buffer.from(chunk).length;
    expect(length).toBe(2_000_000);
    const nobody = channel.tunnel({ target: { kind: "tcpAddress", value: "127.0.0.1:1" } }, never);
    await expect(nobody).rejects.toMatchObject({ code: "unavailable", status: 502 });
  });

  test("probe: run once, in the node", async () => {
    const channel = await open();
    const check = (value: string) => ({ name: "p", check: { kind: "tcp", value: { address: value } } }) as const;
    expect(await channel.probe(check("127.0.0.1:7000"), never)).toMatchObject({ passing: true });
    expect(await channel.probe(check("127.0.0.1:1"), never)).toMatchObject({ passing: false });
  });
});

test("the executor is killed in the middle: streams end with a reason, and its successor has the node's next ones", async () => {
  const channel = await open();
  const streams = await Promise.all(
    [
      channel.exec({ command: ["/bin/cat"] }, never).then((stream) => outcome(stream)),
      channel.file({ path: "/var/log/cke/echo/stdout", follow: true }, never).then(async ({ content }) => {
        for await (const _ of content);
      }),
    ].map(async (stream) => ({
      ended: stream.then(
        () => undefined,
        (error: unknown) => error,
      ),
    })),
  );
  executor.kill("SIGKILL");
  for (const { ended } of streams) expect(await ended).toMatchObject({ code: "channel_lost" });
  await launch("2");
  const again = await (await open("2")).exec({ command: ["/bin/sh", "-c", "echo again"] }, never);
  expect(await outcome(again)).toMatchObject({ text: "again\n", code: 0 });
});
