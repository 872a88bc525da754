// The nodes of a cluster on their way from the scheduler into a running node.

import { unitReport } from "@cke/executor-core/testing/recording-context";
import { ClusterPeers, SchedulerMessage } from "@cke/protocol";
import { expect, test } from "vitest";
import { nodeId, setUp } from "../testing/driver-set-up.ts";
import { launchNode, nodeTask } from "../testing/launches.ts";

const self = { name: "n", ip: "192.168.0.80", podCidr: "" };
const worker = { name: "w", ip: "192.168.0.81", podCidr: "10.244.0.0/24" };
const message = (version: string, ...peers: readonly (typeof self)[]) =>
  SchedulerMessage.encode({
    message: { kind: "workloadState", value: { state: ClusterPeers.encode({ version, peers }) } },
  });

function launched(init: Parameters<typeof nodeTask>[0]) {
  const lab = setUp();
  const report = () => unitReport(lab.last(nodeId)?.data);
  return { ...lab, report, start: () => lab.driver.launch(launchNode(nodeTask(init))) };
}

test("those of the launch are in the node before it is ready; a message adds one and another takes it away", async () => {
  const { wrapper, driver, until, report, context, start } = launched({ peers: { version: "a1", peers: [self] } });
  start();
  await until(nodeId, "TASK_RUNNING");
  expect(report()).toMatchObject({ launchStep: "ready", peersVersion: "a1", peersProblem: "" });
  driver.message(message("b2", self, worker));
  await context.until(() => report()?.peersVersion === "b2");
  expect(wrapper.hosts).toContain("192.168.0.81\tw\n");
  expect([...wrapper.routes.keys()]).toEqual(["10.244.0.0/24"]);
  driver.message(message("a1", self));
  await context.until(() => report()?.peersVersion === "a1");
  expect([wrapper.hosts, wrapper.routes.size]).toEqual(["127.0.0.1\tlocalhost\n", 0]);
});

test("a node that was launched without any is left as it was made, until a message comes", async () => {
  const { wrapper, driver, until, report, context, start } = launched({});
  start();
  await until(nodeId, "TASK_RUNNING");
  expect(report()).toMatchObject({ peersVersion: "", peersProblem: "" });
  expect(wrapper.calls.filter((call) => call.startsWith("run "))).toEqual([]);
  driver.message(message("c3", self, worker));
  await context.until(() => report()?.peersVersion === "c3");
});

test("a failure is reported, ends nothing, and passes", async () => {
  const { wrapper, until, report, context, start } = launched({ peers: { version: "a1", peers: [self, worker] } });
  for (const program of ["/bin/sh", "ip"]) wrapper.failures.set(program, "Operation not permitted");
  start();
  await until(nodeId, "TASK_RUNNING");
  expect(report()?.peersProblem).toMatch(/^its hosts file and its routes .* cannot be set: Operation not permitted$/);
  wrapper.failures.delete("/bin/sh");
  await context.until(() => report()?.peersProblem === "its routes cannot be listed: Operation not permitted");
  wrapper.failures.clear();
  await context.until(() => report()?.peersVersion === "a1" && report()?.peersProblem === "");
});

test("another instance of the wrapper gets them anew: the container was started again", async () => {
  const { wrapper, until, start } = launched({ peers: { version: "a1", peers: [self, worker] } });
  start();
  await until(nodeId, "TASK_RUNNING");
  wrapper.hosts = "127.0.0.1\tlocalhost\n";
  wrapper.routes.clear();
  wrapper.instanceId = "two";
  wrapper.breakConnections();
  await expect.poll(() => wrapper.hosts).toContain("\tw\n");
  expect(wrapper.routes.size).toBe(1);
});

test("what is no such message changes nothing and is told in the cluster's log", async () => {
  const { wrapper, driver, until, context, start } = launched({});
  start();
  await until(nodeId, "TASK_RUNNING");
  driver.message(message("d4", { ...worker, name: "a b" }));
  await context.until(() => context.logs().some((line) => line.includes("peers.0.name must be a host name")));
  expect(wrapper.hosts).toBe("127.0.0.1\tlocalhost\n");
});
