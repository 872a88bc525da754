// A node that runs: its processes crash, are killed and started anew; the engine and the wrapper are restarted under it.

import { processReport, unitReport } from "@cke/executor-core/testing/recording-context";
import { TaskReport } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { EngineError } from "../docker/engine.ts";
import { apiserver, apiserverId, etcd, etcdId, nodeId, setUp } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, nodeTask, processOrder, processSpec } from "../testing/launches.ts";

describe("a running node", () => {
  async function running() {
    const parts = setUp();
    parts.driver.launch(launchNode(nodeTask()));
    parts.driver.launch(launchProcess(etcd));
    parts.driver.launch(launchProcess(apiserver));
    await Promise.all([parts.until(etcdId, "TASK_RUNNING"), parts.until(apiserverId, "TASK_RUNNING")]);
    return parts;
  }

  test("a crash and restart of a process is reported without ending its task", async () => {
    const { wrapper, context, driver, last } = await running();
    const state = wrapper.processes.get("etcd");
    wrapper.emit({ ...state, name: "etcd", phase: "backoff", pid: 0, restarts: 1, exitCode: 2, lastOutput: "panic" });
    await context.until(() => last(etcdId)?.message?.includes("panic") === true);
    expect(last(etcdId)).toMatchObject({ state: "TASK_RUNNING", healthy: false });
    await driver.detach();
  });

  test("a process that gives up fails its task alone", async () => {
    const { wrapper, driver, last, until } = await running();
    wrapper.emit({ ...wrapper.processes.get("etcd"), name: "etcd", phase: "failed", outOfMemory: true, exitCode: -1 });
    await until(etcdId, "TASK_FAILED");
    expect(last(etcdId)).toMatchObject({
      reason: "REASON_CONTAINER_LIMITATION_MEMORY",
      message: "ended by its memory limit",
    });
    expect(last(apiserverId)?.state).toBe("TASK_RUNNING");
    await driver.detach();
  });

  test("the kill of a process stops it and nothing else", async () => {
    const { wrapper, context, driver, until } = await running();
    driver.kill(launchProcess(etcd), {});
    await until(etcdId, "TASK_KILLED");
    expect(
      context
        .of(etcdId)
        .map(({ state }) => state)
        .slice(-2),
    ).toEqual(["TASK_KILLING", "TASK_KILLED"]);
    expect([...wrapper.processes.keys()]).toEqual(["apiserver"]);
    await driver.detach();
  });

  test("a kill that meets a start on its way leaves no process", async () => {
    const { wrapper, driver, until } = await running();
    const list = Promise.withResolvers<void>();
    const original = wrapper.list.bind(wrapper);
    wrapper.list = async () => {
      await list.promise;
      return original();
    };
    const late = processSpec("late");
    driver.launch(launchProcess(late));
    driver.kill(launchProcess(late), {});
    list.resolve();
    await until("cke.c.n.1.late", "TASK_KILLED");
    expect(wrapper.processes.has("late")).toBe(false);
    await driver.detach();
  });

  test("a process that had given up is started anew by a new task", async () => {
    const { wrapper, driver, until, last } = await running();
    wrapper.emit({ ...wrapper.processes.get("etcd"), name: "etcd", phase: "failed", pid: 0 });
    await until(etcdId, "TASK_FAILED");
    driver.launch(launchProcess(etcd, "again"));
    await until("again", "TASK_RUNNING");
    expect(processReport(last("again")?.data)?.pid).toBeGreaterThan(0);
    await driver.detach();
  });

  test("an engine that is restarted under a living node disturbs nothing", async () => {
    const { engine, context, driver, last, until } = setUp();
    engine.failOn("wait", new EngineError("socket hang up", { code: "ECONNRESET" }), 2);
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    await expect.poll(() => engine.calls.filter((call) => call === "wait").length).toBeGreaterThan(2);
    expect([context.ended, last(nodeId)?.healthy]).toEqual([false, true]);
    await driver.detach();
  });

  test("new resources reach the process and are reported", async () => {
    const { wrapper, context, driver, last } = await running();
    const pid = processReport(last(etcdId)?.data)?.pid;
    const resources = { cpuMillis: 250, memoryBytes: 1 << 20, cfsQuota: false };
    driver.message(processOrder([{ spec: { ...etcd, resources }, version: "v2" }]));
    await context.until(() => processReport(last(etcdId)?.data)?.resources?.cpuMillis === 250);
    expect(processReport(last(etcdId)?.data)?.pid).toBe(pid);
    expect(TaskReport.decode(last(etcdId)?.data ?? new Uint8Array(0)).processVersion).toBe("v2");
    expect(wrapper.calls.filter((call) => call === "stop etcd")).toEqual([]);
    await driver.detach();
  });

  test("a broken connection to the wrapper restarts nothing and loses no event", async () => {
    const { wrapper, context, driver, last } = await running();
    const starts = () => wrapper.calls.filter((call) => call.startsWith("start ")).length;
    const before = starts();
    wrapper.breakConnections();
    wrapper.emit({ ...wrapper.processes.get("etcd"), name: "etcd", healthy: true });
    await context.until(() => last(etcdId)?.healthy === true);
    expect(starts()).toBe(before);
    await driver.detach();
  });

  test("a new wrapper instance gets every process again", async () => {
    const { wrapper, driver, context, last } = await running();
    const pid = processReport(last(etcdId)?.data)?.pid;
    wrapper.instanceId = "two";
    wrapper.processes.clear();
    wrapper.breakConnections();
    await context.until(() => processReport(last(etcdId)?.data)?.pid !== pid);
    await driver.detach();
  });

  test("the death of the container fails every task with the reason, and removes it", async () => {
    const { engine, context, driver, last } = await running();
    const [id = ""] = engine.held.keys();
    engine.output = "Killed";
    engine.die(id, { exitCode: 137, outOfMemory: true });
    await context.until(({ ended }) => ended);
    expect(last(etcdId)).toMatchObject({
      state: "TASK_FAILED",
      message: "its node ended: the container ran out of its memory limit",
    });
    expect(last(nodeId)?.reason).toBe("REASON_CONTAINER_LIMITATION_MEMORY");
    expect(unitReport(last(nodeId)?.data)?.cause).toBe("container_out_of_memory");
    expect(last(nodeId)?.message).toMatch(/ran out of its memory limit.*Killed/s);
    expect(engine.held.size).toBe(0);
    expect(engine.heldVolumes.size).toBe(1);
    await driver.detach();
  });
});
