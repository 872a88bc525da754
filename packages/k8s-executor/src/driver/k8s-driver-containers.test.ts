import { processReport, unitReport } from "@cke/executor-core/testing/recording-context";
import { describe, expect, test } from "vitest";
import { specHash } from "../container/spec-hash.ts";
import { EngineError } from "../docker/engine.ts";
import { labelNames } from "../docker/node-identity.ts";
import { apiserver, apiserverId, etcd, etcdId, nodeId, removalOrder, setUp } from "../testing/driver-set-up.ts";
import { specHashOf } from "../testing/fake-wrapper.ts";
import { launchNode, launchProcess, nodeTask } from "../testing/launches.ts";

describe("adoption", () => {
  test("takes a living container of the same specification over and disturbs nothing", async () => {
    const { engine, wrapper, driver, last, until, labels } = setUp({ unwantedAfterMs: 10 });
    const task = nodeTask();
    engine.place({
      name: "cke-c-n",
      labels: { ...labels, [labelNames.specHash]: specHash(task) },
      ips: { net: "192.168.0.80" },
    });
    wrapper.emit({ name: "etcd", phase: "running", pid: 7, healthy: true, specHash: specHashOf(etcd) });
    wrapper.emit({ name: "apiserver", phase: "running", pid: 8, specHash: "of an older specification" });
    wrapper.emit({ name: "stray", phase: "running", pid: 9 });
    driver.launch(launchNode({ ...task, incarnation: "2" }, nodeId));
    driver.launch(launchProcess(etcd));
    driver.launch(launchProcess(apiserver));
    await until(apiserverId, "TASK_RUNNING");
    await expect.poll(() => wrapper.processes.has("stray")).toBe(false);
    expect(last(nodeId)?.message).toBe("ready: adopted a running container");
    expect(processReport(last(etcdId)?.data)).toMatchObject({ pid: 7, healthy: true });
    expect(processReport(last(apiserverId)?.data)?.pid).not.toBe(8);
    expect(engine.calls).not.toContain("create");
    expect(wrapper.calls.filter((call) => call.startsWith("stop"))).toEqual(["stop stray"]);
    await driver.detach();
  });

  test.each([
    ["another specification", { running: true, image: "kube-node:0" }],
    ["a dead container", { running: false, image: "kube-node:1" }],
  ])("%s is replaced, its volumes stay", async (_name, { running, image }) => {
    const { engine, driver, until, labels } = setUp();
    const old = engine.place({
      name: "cke-c-n",
      running,
      labels: { ...labels, [labelNames.specHash]: specHash(nodeTask({ image })) },
    });
    engine.heldVolumes.set("cke-c-n-var-lib-docker", { name: "cke-c-n-var-lib-docker", labels });
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    expect(engine.held.has(old.id)).toBe(false);
    expect(engine.held.size).toBe(1);
    expect(engine.calls).not.toContain("removeVolume");
    await driver.detach();
  });

  test("a failed launch does not cost an adopted container", async () => {
    const { engine, wrapper, driver, context, labels, last } = setUp();
    const { id } = engine.place({
      name: "cke-c-n",
      labels: { ...labels, [labelNames.specHash]: specHash(nodeTask()) },
    });
    wrapper.putFile = async () => {
      throw new Error("read-only file system");
    };
    driver.launch(launchNode(nodeTask({ files: [{ path: "/etc/a" }] })));
    await context.until(({ ended }) => ended);
    expect(engine.held.size).toBe(1);
    expect(unitReport(last(nodeId)?.data)?.containerId).toBe(id);
  });

  test("a kill before anything was looked up removes what a dead executor has left", async () => {
    const { engine, host, driver, labels, until } = setUp();
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    const [owner] = [...host.files.keys()].filter((name) => name.endsWith("/owner"));
    await driver.detach();
    const second = setUp();
    second.host.files.set(owner ?? "", "cke.c.n.0");
    second.engine.place({ name: "cke-c-n", labels });
    second.driver.launch(launchNode(nodeTask()));
    second.driver.kill(launchNode(nodeTask()), {});
    await second.until(nodeId, "TASK_KILLED");
    expect(second.engine.held.size).toBe(0);
    expect(engine.held.size).toBe(1);
  });

  test("an executor that was overtaken removes nothing", async () => {
    const { engine, host, driver, last, until } = setUp();
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    const [owner] = [...host.files.keys()].filter((name) => name.endsWith("/owner"));
    host.files.set(owner ?? "", "cke.c.n.2");
    driver.kill(launchNode(nodeTask()), {});
    await until(nodeId, "TASK_FAILED");
    expect(last(nodeId)?.message).toMatch(/cke\.c\.n\.2 has taken this node over/);
    expect(engine.held.size).toBe(1);
  });
});

describe("removal", () => {
  test("the ordered kill of the node stops processes in reverse order, removes everything, and reports at the end", async () => {
    const { engine, wrapper, host, context, driver, last, until, remove } = setUp();
    driver.launch(launchNode(nodeTask()));
    driver.launch(launchProcess(etcd));
    driver.launch(launchProcess(apiserver));
    await until(apiserverId, "TASK_RUNNING");
    remove();
    await context.until(({ ended }) => ended);
    expect(wrapper.calls.filter((call) => call.startsWith("stop"))).toEqual(["stop apiserver", "stop etcd"]);
    expect([engine.held.size, engine.heldVolumes.size, host.directories.size]).toEqual([0, 0, 0]);
    expect([last(nodeId)?.state, last(etcdId)?.state, last(apiserverId)?.state]).toEqual([
      "TASK_KILLED",
      "TASK_KILLED",
      "TASK_KILLED",
    ]);
    expect(unitReport(last(nodeId)?.data)?.data).toBe("removed");
    expect(context.reports.at(-1)?.taskId).toBe(nodeId);
  });

  test.each(["ping", "hasImage", "network", "createVolume", "create", "start"] as const)(
    "a kill in the middle of %s leaves nothing",
    async (operation) => {
      const { engine, host, context, driver, last, remove } = setUp();
      let killed = false;
      engine.onCall = (called) => {
        if (called !== operation || killed) return;
        killed = true;
        remove();
      };
      driver.launch(launchNode(nodeTask()));
      await context.until(({ ended }) => ended);
      expect(last(nodeId)?.state).toBe("TASK_KILLED");
      expect([engine.held.size, engine.heldVolumes.size, host.directories.size]).toEqual([0, 0, 0]);
    },
  );

  test("a kill while the secrets are awaited leaves nothing", async () => {
    const { engine, context, driver, last, remove } = setUp();
    driver.launch(launchNode(nodeTask({ secrets: [{ name: "x", path: "/x" }] })));
    await context.until(({ messages }) => messages.length > 0);
    remove();
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.state).toBe("TASK_KILLED");
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
  });

  test("a container that cannot be removed after its launch failed is no end of the node: the report says that it is left", async () => {
    const { engine, context, driver, last } = setUp();
    engine.failOn("start", new EngineError("Address already in use", { status: 403 }));
    engine.failOn("remove", new EngineError("device is busy", { status: 500 }));
    driver.launch(launchNode(nodeTask()));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.state).toBe("TASK_FAILED");
    expect(last(nodeId)?.message).toMatch(/192\.168\.0\.80 .*is in use.*could not be removed: .*device is busy/s);
    expect(unitReport(last(nodeId)?.data)?.cause).toBe("removal_failed");
    expect(engine.held.size).toBe(1);
  });

  test("an engine that is away for a moment is waited for", async () => {
    const { engine, context, driver, last, until } = setUp();
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    engine.failOn("remove", new EngineError("connect ECONNREFUSED", { code: "ECONNREFUSED" }), 1);
    driver.kill(launchNode(nodeTask()), {});
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.state).toBe("TASK_KILLED");
    expect(engine.held.size).toBe(0);
  });

  test("B21: a shutdown stops everything in order and keeps the data", async () => {
    const { engine, wrapper, host, driver, last, until } = setUp();
    driver.launch(launchNode(nodeTask()));
    driver.launch(launchProcess(etcd));
    await until(etcdId, "TASK_RUNNING");
    await driver.shutdown();
    expect(wrapper.calls).toContain("stop etcd");
    expect([engine.held.size, engine.heldVolumes.size, host.directories.size]).toEqual([0, 1, 0]);
    expect([last(nodeId)?.state, unitReport(last(nodeId)?.data)?.data]).toEqual(["TASK_KILLED", "kept"]);
    expect(last(nodeId)?.message).toContain("its data is kept");
  });

  test("a shutdown after the order removes the data, for an executor that does not listen to kills", async () => {
    const { engine, driver, last, until } = setUp();
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    driver.message(removalOrder());
    await driver.shutdown();
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
    expect(unitReport(last(nodeId)?.data)?.data).toBe("removed");
  });

  test("detaching touches nothing", async () => {
    const { engine, wrapper, driver, until } = setUp();
    driver.launch(launchNode(nodeTask()));
    driver.launch(launchProcess(etcd));
    await until(etcdId, "TASK_RUNNING");
    await driver.detach();
    expect(engine.held.size).toBe(1);
    expect(wrapper.processes.size).toBe(1);
  });
});

test("a container that an executor before was still making is waited for, removed, and another one is made", async () => {
  const { engine, driver, last, until } = setUp();
  const taken = new EngineError(
    'Conflict. The container name "/cke-c-n" is already in use by container "3789". You have to remove (or rename) that container to be able to reuse that name.',
    { status: 409 },
  );
  engine.failOn("create", taken, 2);
  driver.launch(launchNode(nodeTask()));
  await until(nodeId, "TASK_RUNNING");
  expect([engine.held.size, last(nodeId)?.state]).toEqual([1, "TASK_RUNNING"]);
  await driver.detach();
});

test("a foreign container that takes the name meanwhile is named and left alone", async () => {
  const { engine, context, driver, last } = setUp();
  const create = engine.create.bind(engine);
  engine.create = async () => {
    engine.create = create;
    engine.place({ name: "cke-c-n", labels: {} });
    throw new EngineError('Conflict. The container name "/cke-c-n" is already in use', { status: 409 });
  };
  driver.launch(launchNode(nodeTask()));
  await context.until(({ ended }) => ended);
  expect(last(nodeId)?.message).toMatch(/a container called cke-c-n exists and is no container of CKE/);
  expect(engine.held.size).toBe(1);
});
