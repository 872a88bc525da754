// Data goes only by order: what is killed without one keeps it, and an order that comes late, twice or for another
// incarnation does what it should.

import { unitReport } from "@cke/executor-core/testing/recording-context";
import { CkeError } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { labelNames } from "../docker/node-identity.ts";
import { etcd, etcdId, nodeId, removalOrder, setUp } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, nodeTask } from "../testing/launches.ts";

async function running(orderMs = 30) {
  const parts = setUp({ orderMs });
  parts.driver.launch(launchNode(nodeTask({ dockerPath: "/data" })));
  parts.driver.launch(launchProcess(etcd));
  await parts.until(etcdId, "TASK_RUNNING");
  await parts.host.makeDirectory("/data/c/n");
  parts.engine.heldVolumes.set("etcd", { name: "etcd", labels: parts.labels });
  const left = () => [parts.engine.held.size, parts.engine.heldVolumes.size, parts.host.directories.has("/data/c/n")];
  const fate = () => [parts.last(nodeId)?.state, unitReport(parts.last(nodeId)?.data)?.data];
  const end = async () => {
    await parts.context.until(({ ended }) => ended);
    return [left(), fate()];
  };
  return { ...parts, end };
}

const kept = [
  [0, 1, true],
  ["TASK_KILLED", "kept"],
];
const removed = [
  [0, 0, false],
  ["TASK_KILLED", "removed"],
];

describe("B12: a kill of the node", () => {
  test("B12: without an order stops everything in order, removes the container and keeps the data", async () => {
    const { driver, wrapper, last, end } = await running();
    driver.kill(launchNode(nodeTask()), {});
    expect(await end()).toEqual(kept);
    expect(wrapper.calls).toContain("stop etcd");
    expect(last(nodeId)?.message).toMatch(/kept, because its removal was not ordered/);
    expect(last(etcdId)?.state).toBe("TASK_KILLED");
  });

  test("B12: with the order removes the data, without any wait", async () => {
    const { remove, end } = await running(3_600_000);
    remove();
    expect(await end()).toEqual(removed);
  });

  test("B12: waits for an order that was lost and comes with the repeated kill", async () => {
    const { driver, context, wrapper, remove, end } = await running(3_600_000);
    driver.kill(launchNode(nodeTask()), {});
    await expect.poll(() => wrapper.calls).toContain("stop etcd"); // the rest waits for the order
    expect(context.ended).toBe(false);
    remove();
    expect(await end()).toEqual(removed);
  });

  test("B12: obeys an order that comes while the container is being removed", async () => {
    const { driver, engine, end } = await running();
    let ordered = false;
    engine.onCall = (called) => {
      if (called !== "remove" || ordered) return;
      ordered = true;
      driver.message(removalOrder());
    };
    driver.kill(launchNode(nodeTask()), {});
    expect(await end()).toEqual(removed);
  });

  test("B12: takes no order for another executor", async () => {
    const { driver, end } = await running();
    driver.message(removalOrder("cke.c.n.0"));
    driver.kill(launchNode(nodeTask()), {});
    expect(await end()).toEqual(kept);
  });
});

test("what was launched only to remove is removed by every kill", async () => {
  const { driver, engine, last, until, context } = setUp();
  driver.launch(launchNode(nodeTask({ removeOnKill: true })));
  await until(nodeId, "TASK_RUNNING");
  driver.kill(launchNode(nodeTask()), {});
  await context.until(({ ended }) => ended);
  expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
  expect(unitReport(last(nodeId)?.data)?.data).toBe("removed");
});

test("what was launched only to end what runs starts nothing, stops the container of its instance in order, and keeps the data", async () => {
  const { driver, engine, last, until, context, labels } = setUp();
  const instance = { [labelNames.instance]: "first" };
  engine.place({ name: "cke-c-n", labels: { ...labels, ...instance } });
  const other = engine.place({ name: "other", labels: { ...labels, [labelNames.instance]: "second" } });
  engine.heldVolumes.set("of-first", { name: "of-first", labels: { ...labels, ...instance } });
  const task = launchNode(nodeTask({ endOnKill: true, labels: instance }));
  driver.launch(task);
  await until(nodeId, "TASK_RUNNING");
  expect(engine.calls.filter((call) => /create|start|stop|remove/.test(call))).toEqual([]);
  driver.kill(task, {});
  await context.until(({ ended }) => ended);
  expect(last(nodeId)?.state).toBe("TASK_KILLED");
  expect(unitReport(last(nodeId)?.data)?.data).toBe("kept");
  expect(engine.calls.filter((call) => /create|start|stop|remove/.test(call))).toEqual(["stop", "remove"]);
  expect([...engine.held.keys()]).toEqual([other.id]);
  expect([...engine.heldVolumes.keys()]).toEqual(["of-first"]);
});

test("it ends and removes also what an executor of the framework's earlier id has left", async () => {
  const { driver, engine, last, until, context, labels } = setUp();
  const instance = { [labelNames.instance]: "first" };
  engine.place({ name: "cke-c-n", labels: { ...labels, ...instance, [labelNames.framework]: "removed" } });
  const other = engine.place({ name: "other", labels: { ...labels, [labelNames.framework]: "removed" } });
  const task = launchNode(nodeTask({ endOnKill: true, labels: instance }));
  driver.launch(task);
  await until(nodeId, "TASK_RUNNING");
  driver.kill(task, {});
  await context.until(({ ended }) => ended);
  expect(last(nodeId)?.state).toBe("TASK_KILLED");
  expect([...engine.held.keys()]).toEqual([other.id]);
});

test("one that cannot end it says so", async () => {
  const { driver, engine, last, context, until, labels } = setUp();
  engine.place({ name: "cke-c-n", labels });
  engine.failOn("stop", new CkeError("denied", "no"));
  const task = launchNode(nodeTask({ endOnKill: true }));
  driver.launch(task);
  await until(nodeId, "TASK_RUNNING");
  driver.kill(task, {});
  await context.until(({ ended }) => ended);
  expect(last(nodeId)?.state).toBe("TASK_FAILED");
  expect(unitReport(last(nodeId)?.data)?.cause).toBe("removal_failed");
});

test("a removal that finds the node's name with a foreign container leaves that alone, and takes the node's volumes", async () => {
  const { driver, engine, last, context, labels } = setUp();
  const instance = { [labelNames.instance]: "first" };
  engine.place({ name: "cke-c-n" });
  engine.heldVolumes.set("of-first", { name: "of-first", labels: { ...labels, ...instance } });
  engine.heldVolumes.set("foreign", { name: "foreign", labels: {} });
  driver.launch(launchNode(nodeTask({ removeOnKill: true, labels: instance })));
  await context.until(({ ended }) => ended);
  expect([...engine.held.values()].map(({ info }) => info.name)).toEqual(["cke-c-n"]);
  expect([...engine.heldVolumes.keys()]).toEqual(["foreign"]);
  expect(last(nodeId)?.state).toBe("TASK_KILLED");
  expect(unitReport(last(nodeId)?.data)?.data).toBe("removed");
});

test("a removal leaves alone what a later cluster of the same name has on this host", async () => {
  const { driver, engine, context, until, labels, remove } = setUp();
  const labelled = (instance: string) => ({ [labelNames.instance]: instance });
  driver.launch(launchNode(nodeTask({ labels: labelled("first") })));
  await until(nodeId, "TASK_RUNNING");
  engine.heldVolumes.set("of-second", { name: "of-second", labels: { ...labels, ...labelled("second") } });
  engine.heldVolumes.set("of-first", { name: "of-first", labels: { ...labels, ...labelled("first") } });
  engine.heldVolumes.set("of-old-version", { name: "of-old-version", labels });
  const second = engine.place({ name: "second", labels: { ...labels, ...labelled("second") } });
  remove();
  await context.until(({ ended }) => ended);
  expect([...engine.heldVolumes.keys()]).toEqual(["of-second", "of-old-version"]);
  expect([...engine.held.keys()]).toEqual([second.id]);
});

test("every report says that the data is kept", async () => {
  const { context, driver } = await running();
  expect(context.of(nodeId).map(({ data }) => unitReport(data)?.data)).not.toContain("");
  await driver.detach();
});

test("the next launch finds the data that was kept", async () => {
  const { driver, engine, end } = await running();
  driver.kill(launchNode(nodeTask()), {});
  await end();
  const next = setUp();
  for (const [name, volume] of engine.heldVolumes) next.engine.heldVolumes.set(name, volume);
  next.driver.launch(launchNode(nodeTask()));
  await next.until(nodeId, "TASK_RUNNING");
  expect(next.engine.calls).not.toContain("removeVolume");
  await next.driver.detach();
});
