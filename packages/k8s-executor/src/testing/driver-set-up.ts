// A driver on fakes: what every test of the driver starts from.

import { RecordingContext } from "@cke/executor-core/testing/recording-context";
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import { SchedulerMessage } from "@cke/protocol";
import { labelNames } from "../docker/node-identity.ts";
import { K8sDriver } from "../driver/k8s-driver.ts";
import type { K8sDriverOptions } from "../driver/k8s-driver-options.ts";
import { FakeEngine } from "./fake-engine.ts";
import { FakeWrapper } from "./fake-wrapper.ts";
import { launchNode, nodeTask, processSpec } from "./launches.ts";
import { MemoryHost } from "./memory-host.ts";

export const nodeId = "cke.c.n.1.node";
export const etcd = processSpec("etcd");
export const etcdId = "cke.c.n.1.etcd";
export const apiserver = processSpec("apiserver");
export const apiserverId = "cke.c.n.1.apiserver";

/** The scheduler's order to an executor to remove its node with its data. */
export function removalOrder(executorId = "cke.c.n.1"): Uint8Array {
  return SchedulerMessage.encode({ message: { kind: "removeUnit", value: { executorId } } });
}

/** With it every step is reported, however short it is. */
export const hastyClock: Clock = {
  ...systemClock,
  after: (ms, callback, options) => {
    if (ms !== 100) return systemClock.after(ms, callback, options);
    callback();
    return () => {};
  },
};

export function setUp(
  options: Partial<
    Pick<
      K8sDriverOptions,
      "unwantedAfterMs" | "wrapperTimeoutMs" | "orderMs" | "nodelessMs" | "loadWrapperClient" | "clock"
    >
  > = {},
) {
  const engine = new FakeEngine();
  const wrapper = new FakeWrapper();
  const host = new MemoryHost();
  const context = new RecordingContext();
  engine.heldImages.add("kube-node:1");
  engine.heldNetworks.set("net", {
    name: "net",
    driver: "bridge",
    scope: "local",
    ranges: [{ subnet: "192.168.0.0/24", gateway: "192.168.0.1" }],
    holders: new Map(),
  });
  const driver = new K8sDriver({
    engine,
    host,
    openWrapper: async () => wrapper,
    clock: systemClock,
    logger: silentLogger,
    runBase: "/run/cke",
    shutdownGraceMs: 15_000,
    orderMs: 30,
    ...options,
  });
  driver.start(context);
  const last = (id: string) => context.of(id).at(-1);
  const until = (id: string, state: string) => context.until(() => last(id)?.state === state);
  /** As the scheduler deletes a node. */
  const remove = (id = launchNode(nodeTask())) => {
    driver.message(removalOrder());
    driver.kill(id, {});
  };
  const labels = {
    [labelNames.framework]: context.frameworkId,
    [labelNames.cluster]: "c",
    [labelNames.node]: "n",
  };
  return { engine, wrapper, host, context, driver, last, until, labels, remove };
}
