// Pods: a node and its processes as one task group, and what an agent that is lost for good means for a node.

import { unitReport } from "@cke/executor-core/testing/recording-context";
import { ProcessSpec } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { apiserver, apiserverId, etcd, etcdId, nodeId, setUp } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, nodeTask, unreadable } from "../testing/launches.ts";

const load = ProcessSpec.create({ name: "load", type: "load", command: ["/bin/load"], oneShot: true });
const loadId = "cke.c.n.1.load";
const pod = () => [launchNode(nodeTask()), launchProcess(etcd), launchProcess(apiserver), launchProcess(load)];

async function running() {
  const parts = setUp();
  parts.driver.launchGroup(pod());
  for (const id of [nodeId, etcdId, apiserverId, loadId]) await parts.until(id, "TASK_RUNNING");
  return parts;
}

describe("a pod", () => {
  test("is launched as any node, and a one-shot that succeeds does not end it", async () => {
    const { wrapper, context, driver, until, last } = await running();
    wrapper.emit({ ...wrapper.processes.get("load"), name: "load", phase: "finished", pid: 0 });
    await until(loadId, "TASK_FINISHED");
    // What comes after it has its effect as ever.
    wrapper.emit({ ...wrapper.processes.get("etcd"), name: "etcd", healthy: true });
    await context.until(() => last(etcdId)?.healthy === true);
    expect(context.ended).toBe(false);
    expect(last(nodeId)?.state).toBe("TASK_RUNNING");
    await driver.detach();
  });

  test.each([
    ["a process fails for good", "failed", "TASK_FAILED"],
    ["a process that should run on ends well", "finished", "TASK_FINISHED"],
  ] as const)("ends as a whole when %s; the node's volumes stay", async (_what, phase, state) => {
    const { engine, wrapper, context, last } = await running();
    wrapper.emit({ ...wrapper.processes.get("apiserver"), name: "apiserver", phase, pid: 0, reason: "broken" });
    await context.until(({ ended }) => ended);
    expect(last(apiserverId)?.state).toBe(state);
    const message = "its node ended: its process apiserver ended, and a pod ends as a whole";
    expect(last(etcdId)).toMatchObject({ state: "TASK_KILLED", message });
    expect(last(nodeId)).toMatchObject({
      state: "TASK_FAILED",
      message: "its process apiserver ended, and a pod ends as a whole. apiserver: broken",
    });
    const stops = wrapper.calls.filter((call) => call.startsWith("stop "));
    expect(stops).toEqual(["stop load", "stop etcd"]);
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 1]);
  });

  test("ends as a whole when one of its processes is killed", async () => {
    const { engine, context, driver, last } = await running();
    driver.kill(launchProcess(etcd), {});
    await context.until(({ ended }) => ended);
    expect(last(etcdId)?.state).toBe("TASK_KILLED");
    expect(last(apiserverId)?.state).toBe("TASK_KILLED");
    expect(last(nodeId)?.state).toBe("TASK_FAILED");
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 1]);
  });

  test("an ordered kill of the node removes it with its data, as of any node", async () => {
    const { engine, context, last, remove } = await running();
    remove();
    await context.until(({ ended }) => ended);
    expect(last(nodeId)).toMatchObject({ state: "TASK_KILLED", message: "the node was removed" });
    expect(last(etcdId)).toMatchObject({ state: "TASK_KILLED", message: "its node was removed" });
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
  });

  test("a container that dies ends all of it once", async () => {
    const { engine, context, last } = await running();
    const [container] = engine.held.values();
    engine.die(container?.info.id ?? "", { exitCode: 137 });
    await context.until(({ ended }) => ended);
    expect(last(nodeId)).toMatchObject({ state: "TASK_FAILED" });
    expect(last(nodeId)?.message).not.toContain("pod");
    expect(context.of(nodeId).filter(({ state }) => state === "TASK_FAILED")).toHaveLength(1);
  });

  test("a shutdown while it ends keeps the data, too", async () => {
    const { engine, context, driver, last } = await running();
    driver.kill(launchProcess(etcd), {});
    await context.until(() => last(etcdId)?.state === "TASK_KILLED");
    await driver.shutdown();
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 1]);
    expect(last(nodeId)?.state).toBe("TASK_FAILED");
  });

  test("all of its tasks killed one by one, as when its agent is drained: stopped once, the data stays", async () => {
    const { engine, context, driver, last } = await running();
    for (const task of pod().toReversed()) driver.kill(task, {});
    await context.until(({ ended }) => ended);
    expect([nodeId, etcdId, apiserverId, loadId].map((id) => last(id)?.state)).toEqual(Array(4).fill("TASK_KILLED"));
    expect(unitReport(last(nodeId)?.data)?.data).toBe("kept");
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 1]);
  });

  test("a delete while it ends removes the data too", async () => {
    const { engine, wrapper, context, last, remove } = await running();
    const stop = wrapper.stop.bind(wrapper);
    wrapper.stop = async (name) => {
      await Promise.resolve();
      remove();
      return stop(name);
    };
    wrapper.emit({ ...wrapper.processes.get("apiserver"), name: "apiserver", phase: "failed", pid: 0 });
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.message).toBe("the node was removed");
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
    expect([last(nodeId)?.state, unitReport(last(nodeId)?.data)?.data]).toEqual(["TASK_KILLED", "removed"]);
  });

  test.each([
    ["a task is not readable", [launchNode(nodeTask()), unreadable(etcdId)], /task cke\.c\.n\.1\.etcd: TaskInfo\.data/],
    ["there is no node in it", [launchProcess(etcd), launchProcess(apiserver)], /has 0 nodes/],
  ])("is not launched at all when %s", async (_what, tasks, words) => {
    const { engine, context, driver, last } = setUp();
    driver.launchGroup(tasks);
    for (const { id } of tasks) {
      expect(last(id)).toMatchObject({ state: "TASK_FAILED", message: expect.stringMatching(words) });
    }
    expect(context.ended).toBe(true);
    expect(engine.calls).toEqual([]);
  });
});

test("a process that ends alone without a pod ends nobody else", async () => {
  const { wrapper, driver, until, context, last } = setUp();
  for (const task of pod()) driver.launch(task);
  await until(apiserverId, "TASK_RUNNING");
  wrapper.emit({ ...wrapper.processes.get("apiserver"), name: "apiserver", phase: "failed", pid: 0 });
  await until(apiserverId, "TASK_FAILED");
  wrapper.emit({ ...wrapper.processes.get("etcd"), name: "etcd", healthy: true });
  await context.until(() => last(etcdId)?.healthy === true);
  expect(context.ended).toBe(false);
  await driver.detach();
});

describe("B21: an agent that stays away past its recovery timeout", () => {
  test("B21: a worker is stopped in order, its volumes stay: another may run elsewhere by now", async () => {
    const { engine, wrapper, driver, until } = setUp();
    driver.launch(launchNode(nodeTask({ nodeType: "node" })));
    driver.launch(launchProcess(etcd));
    await until(etcdId, "TASK_RUNNING");
    await driver.agentLost();
    expect(wrapper.calls).toContain("stop etcd");
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 1]);
  });

  test("B21: a master runs on for the executor that comes with the agent", async () => {
    const { engine, wrapper, driver, until } = setUp();
    driver.launch(launchNode(nodeTask({ nodeType: "master" })));
    driver.launch(launchProcess(etcd));
    await until(etcdId, "TASK_RUNNING");
    await driver.agentLost();
    expect(wrapper.calls).not.toContain("stop etcd");
    expect([...engine.held.values()].map(({ info }) => info.running)).toEqual([true]);
  });

  test("B21: a worker that another executor has taken over is not touched", async () => {
    const { engine, host, driver, until } = setUp();
    driver.launch(launchNode(nodeTask({ nodeType: "node" })));
    await until(nodeId, "TASK_RUNNING");
    const [owner = ""] = [...host.files.keys()].filter((path) => path.endsWith("/owner"));
    await host.writeText(owner, "cke.c.n.2");
    await expect(driver.agentLost()).rejects.toThrow(/taken over|taken this node over/);
    expect(engine.held.size).toBe(1);
  });
});
