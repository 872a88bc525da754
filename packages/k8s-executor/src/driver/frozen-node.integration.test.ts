// A node that is frozen, in either way: said (how soon, wrapper-liveness.test.ts holds), well again by itself, never touched; and removed when that is asked.

import { processReport, RecordingContext, unitReport } from "@cke/executor-core/testing/recording-context";
import { silentLogger, systemClock } from "@cke/foundation";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localHost } from "../container/host.ts";
import { DockerodeEngine } from "../docker/dockerode-engine.ts";
import { type DockerLab, docker, openDockerLab, pause } from "../testing/docker-lab.ts";
import { removalOrder } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, nodeTask, processSpec } from "../testing/launches.ts";
import { GrpcWrapperClient } from "../wrapper/grpc-wrapper-client.ts";
import { K8sDriver } from "./k8s-driver.ts";

let lab: DockerLab;
const [nodeId, processId] = ["node", "p"];
const sleeper = processSpec("p", { command: ["/node", "-e", "setInterval(() => {}, 1e6)"], stopGraceMs: 2_000 });

beforeAll(async () => {
  lab = await openDockerLab();
});
afterAll(async () => {
  expect(await lab.leftovers()).toEqual([]);
  await lab.remove();
});

/** One executor of a node. */
class Executor {
  readonly context: RecordingContext;
  readonly driver: K8sDriver;
  readonly container: string;
  readonly #name: string;

  constructor(name: string, incarnation: string) {
    this.#name = name;
    this.container = `cke-${lab.name}-${name}`;
    this.context = new RecordingContext({
      executorId: `cke.${lab.name}.${name}.${incarnation}`,
      frameworkId: lab.frameworkId,
    });
    this.driver = new K8sDriver({
      engine: new DockerodeEngine(),
      host: localHost,
      openWrapper: (socketPath) => GrpcWrapperClient.open(socketPath),
      clock: systemClock,
      logger: silentLogger,
      runBase: lab.runBase,
      shutdownGraceMs: 5_000,
    });
    this.driver.start(this.context);
    this.driver.launch(this.#task());
    this.driver.launch(launchProcess(sleeper, processId));
  }

  get node() {
    return this.context.of(nodeId).at(-1);
  }

  get process() {
    return this.context.of(processId).at(-1);
  }

  get pid() {
    return processReport(this.process?.data)?.pid;
  }

  async running(): Promise<this> {
    await this.context.until(() => this.process?.healthy === true);
    return this;
  }

  /** Asks for the removal with the data, and waits for the end. */
  async remove(): Promise<void> {
    this.driver.message(removalOrder(this.context.executorId));
    this.driver.kill(this.#task(), {});
    await this.context.until(({ ended }) => ended);
  }

  async dispose(): Promise<void> {
    this.driver.message(removalOrder(this.context.executorId));
    await this.driver.shutdown();
  }

  #task() {
    const { name: cluster, image } = lab;
    return launchNode(nodeTask({ cluster, node: this.#name, image, network: "", ip: "", nodeType: "master" }), nodeId);
  }
}

// The silence is waited for in all of them at once.
test.concurrent("a paused container is unresponsive in words, and well again when it is resumed", async ({
  expect,
  onTestFinished,
}) => {
  const executor = new Executor("resumed", "1");
  onTestFinished(() => executor.dispose());
  const { context, container } = await executor.running();
  const { pid } = executor;
  const before = Date.now();
  await pause(container);
  try {
    await context.until(() => executor.node?.healthy === false);
    const report = unitReport(executor.node?.data);
    expect(report?.unresponsiveSinceMs).toBeGreaterThan(before - 10_000);
    expect(executor.node).toMatchObject({
      state: "TASK_RUNNING",
      message: expect.stringMatching(
        new RegExp(`^unresponsive since \\S+Z: its container is paused \\(docker unpause ${container}\\)$`),
      ),
    });
    expect(executor.process).toMatchObject({ state: "TASK_RUNNING", healthy: false });
    expect(executor.process?.message).toMatch(/^its state is not known: its node is unresponsive since /);
  } finally {
    await docker("unpause", container);
  }
  await context.until(() => executor.node?.healthy === true && executor.process?.healthy === true);
  expect(unitReport(executor.node?.data)?.unresponsiveSinceMs).toBe(0);
  // The processes are reported first, so that their old texts never stand beside a node that answers.
  const told = context.reports.slice(
    context.reports.findLastIndex(({ message }) => message?.startsWith("its state is not known")) + 1,
  );
  expect(told[0]?.taskId).toBe(processId);
  expect([executor.node?.message, executor.process?.message, executor.pid]).toEqual(["ready", undefined, pid]);
});

test.concurrent("a stopped wrapper is told apart from a paused container, and a kill removes the node all the same", async ({
  expect,
  onTestFinished,
}) => {
  const executor = new Executor("stopped", "1");
  onTestFinished(() => executor.dispose());
  const { context, container } = await executor.running();
  const { State } = Object(await lab.inspect(container));
  process.kill(Number(State.Pid), "SIGSTOP");
  await context.until(() => executor.node?.healthy === false);
  expect(executor.node?.message).toMatch(/: its container runs, but the wrapper in it does not answer$/);
  await executor.remove();
  expect(executor.node?.state).toBe("TASK_KILLED");
});

test.concurrent("a paused container is adopted, however long it is paused, and removed when it is killed", async ({
  expect,
  onTestFinished,
}) => {
  const first = await new Executor("adopted", "1").running();
  const { pid, container } = first;
  await first.driver.detach();
  await pause(container);
  const second = new Executor("adopted", "2");
  onTestFinished(() => second.dispose());
  await second.context.until(() => second.node?.message?.includes("its container is paused") === true);
  await docker("unpause", container);
  await second.running();
  // On a busy machine it may be unresponsive once more before its process is well; its last report then says "ready" alone.
  expect(second.context.of(nodeId).map(({ message }) => message)).toContain("ready: adopted a running container");
  expect(second.pid).toBe(pid);
  await pause(container);
  await second.remove();
  expect(second.node).toMatchObject({ state: "TASK_KILLED", message: "the node was removed" });
});
