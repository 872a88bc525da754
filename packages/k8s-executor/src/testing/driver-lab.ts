// Drivers on the real Docker engine with the real wrapper, for a test file: nothing of a test is left when the next one begins.

import { RecordingContext } from "@cke/executor-core/testing/recording-context";
import { silentLogger, systemClock } from "@cke/foundation";
import type { KubeNodeTask, KubeNodeTaskInit } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { localHost } from "../container/host.ts";
import { DockerodeEngine } from "../docker/dockerode-engine.ts";
import { K8sDriver } from "../driver/k8s-driver.ts";
import { GrpcWrapperClient } from "../wrapper/grpc-wrapper-client.ts";
import { type DockerLab, openDockerLab } from "./docker-lab.ts";
import { removalOrder } from "./driver-set-up.ts";
import { nodeTask, processSpec } from "./launches.ts";

export interface RealDriver {
  readonly context: RecordingContext;
  readonly driver: K8sDriver;
}

export interface DriverLab {
  readonly lab: () => DockerLab;
  /** A new executor; the next incarnation of the same node has another number. */
  readonly executor: (incarnation?: string) => RealDriver;
  /** Forgets the drivers so far: they are not ended after the test, for another executor has taken their node over. */
  readonly forget: () => void;
  /** The task of the node "n" without a network. */
  readonly task: (init?: KubeNodeTaskInit) => KubeNodeTask;
}

/** Opens the lab before the tests of the file, ends every driver after each of them, and removes the lab at the end. */
export function useDriverLab(): DriverLab {
  let opened: DockerLab | undefined;
  const drivers: RealDriver[] = [];
  const lab = () => {
    if (opened === undefined) throw new Error("the lab is not open");
    return opened;
  };
  beforeAll(async () => {
    opened = await openDockerLab();
  });
  afterEach(async () => {
    for (const { context, driver } of drivers.splice(0)) {
      driver.message(removalOrder(context.executorId));
      await driver.shutdown();
    }
    expect(await lab().leftovers()).toEqual([]);
  });
  afterAll(async () => {
    await lab().remove();
  });
  return {
    lab,
    executor: (incarnation = "1") => {
      const { name, frameworkId, runBase } = lab();
      const context = new RecordingContext({ executorId: `cke.${name}.n.${incarnation}`, frameworkId });
      const driver = new K8sDriver({
        engine: new DockerodeEngine(),
        host: localHost,
        openWrapper: (socketPath) => GrpcWrapperClient.open(socketPath),
        clock: systemClock,
        logger: silentLogger,
        runBase,
        shutdownGraceMs: 5_000,
      });
      drivers.push({ context, driver });
      driver.start(context);
      return { context, driver };
    },
    forget: () => void drivers.splice(0),
    task: (init = {}) => {
      const { name, image } = lab();
      return nodeTask({ cluster: name, node: "n", image, network: "", ip: "", nodeType: "console", ...init });
    },
  };
}

/** A process that runs until it is stopped. */
export const sleeper = (name: string) =>
  processSpec(name, { command: ["/node", "-e", "setInterval(() => {}, 1e6)"], stopGraceMs: 2_000 });

export const nodeId = "node";

export const ready = (context: RecordingContext) =>
  context.until(() => ["TASK_RUNNING", "TASK_FAILED"].includes(context.of(nodeId).at(-1)?.state ?? ""));

/** The message of the node's last update. */
export const message = (context: RecordingContext) => context.of(nodeId).at(-1)?.message ?? "";
