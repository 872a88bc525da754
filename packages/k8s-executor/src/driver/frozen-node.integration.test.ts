// A node that is frozen, in either way: said (how soon, wrapper-liveness.test.ts holds), well again by itself, never touched; and removed when that is asked.
import { silentLogger, systemClock } from "@cke/foundation";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { localHost } from "../container/host.ts";
import { DockerodeEngine } from "../docker/dockerode-engine.ts";
import { type DockerLab, docker, openDockerLab, pause } from "../testing/docker-lab.ts";
import { removalOrder } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, nodeTask, processSpec } from "../testing/launches.ts";
import { nodeReport, processReport, RecordingContext } from "../testing/recording-context.ts";
import { GrpcWrapperClient } from "../wrapper/grpc-wrapper-client.ts";
import { K8sDriver } from "./k8s-driver.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
let lab: DockerLab;
let context: RecordingContext;
let driver: K8sDriver;
const [nodeId, processId] = ["node", "p"];
const sleeper = processSpec("p", { command: ["/node", "-e", "setInterval(() => {}, 1e6)"], stopGraceMs: 2_000 });
const task = () =>
  nodeTask({ cluster: lab.name, node: "n", image: lab.image, network: "", ip: "", nodeType: "master" });

beforeAll(async () => {
  lab = await openDockerLab();
});
afterEach(async () => {
  driver.message(removalOrder(context.executorId));
  await driver.shutdown();
  expect(await lab.leftovers()).toEqual([]);
});
afterAll(async () => {
  await lab.remove();
});

function executor(incarnation: string) {
  context = new RecordingContext({ executorId: `cke.${lab.name}.n.${incarnation}`, frameworkId: lab.frameworkId });
  driver = new K8sDriver({
    engine: new DockerodeEngine(),
    host: localHost,
    openWrapper: (socketPath) => GrpcWrapperClient.open(socketPath),
    clock: systemClock,
    logger: silentLogger,
    runBase: lab.runBase,
    shutdownGraceMs: 5_000,
  });
  driver.start(context);
}

async function running(): Promise<void> {
  executor("1");
  driver.launch(launchNode(task(), nodeId));
  driver.launch(launchProcess(sleeper, processId));
  await context.until(() => process()?.healthy === true);
}

const name = () => `cke-${lab.name}-n`;
const node = () => context.of(nodeId).at(-1);
const process = () => context.of(processId).at(-1);
const pidOf = () => processReport(process()?.data)?.pid;
const wrapperPid = async () => {
  const { State } = Object(await lab.inspect(name()));
  return Number(State.Pid);
};

test("a paused container is unresponsive in words, and well again when it is resumed", async () => {
  await running();
  const pid = pidOf();
  const before = Date.now();
  await pause(name());
  try {
    await context.until(() => node()?.healthy === false);
    const report = nodeReport(node()?.data);
    expect(report?.unresponsiveSinceMs).toBeGreaterThan(before - 10_000);
    expect(node()).toMatchObject({
      state: "TASK_RUNNING",
      message: expect.stringMatching(
        new RegExp(`^unresponsive since \\S+Z: its container is paused \\(docker unpause ${name()}\\)$`),
      ),
    });
    expect(process()).toMatchObject({ state: "TASK_RUNNING", healthy: false });
    expect(process()?.message).toMatch(/^its state is not known: its node is unresponsive since /);
  } finally {
    await docker("unpause", name());
  }
  await context.until(() => node()?.healthy === true && process()?.healthy === true);
  expect(nodeReport(node()?.data)?.unresponsiveSinceMs).toBe(0);
  // The processes are reported first, so that their old texts never stand beside a node that answers.
  const told = context.reports.slice(
    context.reports.findLastIndex(({ message }) => message?.startsWith("its state is not known")) + 1,
  );
  expect(told[0]?.taskId).toBe(processId);
  expect([node()?.message, process()?.message, pidOf()]).toEqual(["ready", undefined, pid]);
});

test("a stopped wrapper is told apart from a paused container, and a kill removes the node all the same", async () => {
  await running();
  globalThis.process.kill(await wrapperPid(), "SIGSTOP");
  await context.until(() => node()?.healthy === false);
  expect(node()?.message).toMatch(/: its container runs, but the wrapper in it does not answer$/);
  driver.message(removalOrder(context.executorId));
  driver.kill(launchNode(task(), nodeId), {});
  await context.until(({ ended }) => ended);
  expect(node()?.state).toBe("TASK_KILLED");
});

test("a paused container is adopted, however long it is paused, and removed when it is killed", async () => {
  await running();
  const pid = pidOf();
  await driver.detach();
  await pause(name());
  executor("2");
  driver.launch(launchNode(task(), nodeId));
  driver.launch(launchProcess(sleeper, processId));
  await context.until(() => node()?.message?.includes("its container is paused") === true);
  await docker("unpause", name());
  await context.until(() => process()?.healthy === true);
  expect([node()?.message, pidOf()]).toEqual(["ready: adopted a running container", pid]);
  await pause(name());
  driver.message(removalOrder(context.executorId));
  driver.kill(launchNode(task(), nodeId), {});
  await context.until(({ ended }) => ended);
  expect(node()?.state).toBe("TASK_KILLED");
});
