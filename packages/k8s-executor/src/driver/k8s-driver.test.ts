import { processReport, unitReport } from "@cke/executor-core/testing/recording-context";
import { ExecutorMessage, refuseSecrets, SchedulerMessage, sealSecrets } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { EngineError } from "../docker/engine.ts";
import { labelNames } from "../docker/node-identity.ts";
import { apiserver, etcd, etcdId, hastyClock, nodeId, setUp } from "../testing/driver-set-up.ts";
import type { FakeEngine } from "../testing/fake-engine.ts";
import { launchNode, launchProcess, nodeTask, unreadable } from "../testing/launches.ts";

describe("launch", () => {
  test("goes through its steps and is running when everything is in place", async () => {
    const { engine, wrapper, context, driver, last, until } = setUp({ clock: hastyClock });
    driver.launch(launchNode(nodeTask({ files: [{ path: "/etc/a", content: new Uint8Array([1]) }] })));
    await until(nodeId, "TASK_RUNNING");
    expect(context.steps(nodeId)).toEqual([
      "engine",
      "image",
      "network",
      "container",
      "wrapper",
      "secrets",
      "files",
      "ready",
    ]);
    expect(last(nodeId)).toMatchObject({ healthy: true, ipAddress: "192.168.0.80" });
    expect(wrapper.files.get("/etc/a")).toMatchObject({ mode: 0o644 });
    expect([...engine.heldVolumes.keys()]).toEqual(["cke-c-n-var-lib-docker"]);
    await driver.detach();
  });

  test("what the engine knows is asked at once, and loading goes on while the engine works", async () => {
    const loads: (string | undefined)[] = [];
    const parts = setUp({ loadWrapperClient: () => void loads.push(parts.engine.calls.at(-1)) });
    const { engine, driver, until } = parts;
    const asked = new Set(["ping", "container", "hasImage", "network", "volume"]);
    const all = Promise.withResolvers<void>();
    // None of them has an answer before all are asked.
    engine.onCall = (operation) => {
      asked.delete(operation);
      if (asked.size === 0) all.resolve();
      return all.promise;
    };
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    expect(loads).toEqual(["start"]);
    await driver.detach();
  });

  test("processes wait for the node with its words, then start in it", async () => {
    const { wrapper, context, driver, last, until } = setUp();
    driver.launch(launchProcess(etcd));
    // Only what takes some time is told.
    expect(last(etcdId)).toBeUndefined();
    await until(etcdId, "TASK_STARTING");
    expect(last(etcdId)?.message).toBe("waiting for the node: its task has not come yet");
    driver.launch(launchNode(nodeTask()));
    await until(etcdId, "TASK_RUNNING");
    expect(last(etcdId)).toMatchObject({ healthy: false });
    wrapper.emit({ ...wrapper.processes.get("etcd"), name: "etcd", healthy: true });
    await context.until(() => last(etcdId)?.healthy === true);
    expect(processReport(last(etcdId)?.data)).toMatchObject({ name: "etcd", phase: "running", healthy: true });
    await driver.detach();
  });

  /** An executor that was left with nothing has waited for the node's task, and ends. */
  async function endsWithoutNode(): Promise<void> {
    const { context, driver } = setUp({ nodelessMs: 50 });
    driver.launch(launchProcess(etcd));
    driver.kill(launchProcess(etcd), {});
    await context.until(({ ended }) => ended);
    await driver.detach();
  }

  test("an executor that was left without its node's task ends with the last of its processes", async () => {
    const { context, driver, until } = setUp({ nodelessMs: 50 });
    driver.launch(launchProcess(etcd));
    driver.launch(launchProcess(apiserver));
    driver.kill(launchProcess(etcd), {});
    await until(etcdId, "TASK_KILLED");
    await endsWithoutNode(); // one that has no process left
    expect(context.ended).toBe(false);
    driver.kill(launchProcess(apiserver), {});
    await context.until(() => context.ended);
    await driver.detach();
  });

  test("one whose node's task comes a little later goes on", async () => {
    const { context, driver, until } = setUp({ nodelessMs: 50 });
    driver.launch(launchProcess(etcd));
    driver.kill(launchProcess(etcd), {});
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    await endsWithoutNode();
    expect(context.ended).toBe(false);
    await driver.detach();
  });

  test("a step that takes its time is told to the processes that wait", async () => {
    const { engine, wrapper, context, driver, last, until } = setUp();
    wrapper.available = false;
    driver.launch(launchNode(nodeTask()));
    driver.launch(launchProcess(etcd));
    await context.until(
      () => last(etcdId)?.message === "waiting for the node: waiting for the wrapper in the container",
    );
    wrapper.available = true;
    await until(etcdId, "TASK_RUNNING");
    expect(engine.held.size).toBe(1);
    await driver.detach();
  });

  test("an image that is missing is pulled, with progress", async () => {
    const { engine, context, driver, until } = setUp({ clock: hastyClock });
    engine.heldImages.clear();
    driver.launch(launchNode(nodeTask({ image: "reg.example/kube-node:1" })));
    await until(nodeId, "TASK_RUNNING");
    expect(engine.calls).toContain("pull");
    expect(context.of(nodeId).some(({ message }) => message === "looking for the image")).toBe(true);
    await driver.detach();
  });

  test("a local image is never pulled: the failure says how it is built", async () => {
    const { engine, context, driver, last } = setUp();
    engine.heldImages.clear();
    driver.launch(launchNode(nodeTask({ image: "cke.local/cke-kube-node:v1.36.3" })));
    await context.until(({ ended }) => ended);
    expect(engine.calls).not.toContain("pull");
    expect(last(nodeId)?.message).toContain("make image VERSION=1.36");
    expect(unitReport(last(nodeId)?.data)).toMatchObject({ launchStep: "image", cause: "image_missing" });
  });

  test("the scheduler is told what the host has, and again before a launch fails for what it lacks", async () => {
    const { engine, context, driver, last } = setUp();
    const told: (readonly string[])[] = [];
    context.onMessage = (data) => {
      const { message } = ExecutorMessage.decode(data);
      if (message?.kind !== "host") return;
      expect(last(nodeId)?.state).not.toBe("TASK_FAILED");
      told.push(message.value.networks.map(({ name }) => name));
    };
    const info = engine.heldNetworks.get("net");
    engine.onCall = async (operation) => {
      if (operation !== "network" || info === undefined) return;
      await context.until(() => told.length === 1);
      engine.heldNetworks.delete("net");
      engine.heldNetworks.set("other", { ...info, name: "other" });
    };
    driver.launch(launchNode(nodeTask()));
    await context.until(({ ended }) => ended);
    expect(told).toEqual([["net"], ["other"]]);
    expect(unitReport(last(nodeId)?.data)?.cause).toBe("network_missing");
  });

  test("a container that somebody removes in the middle of the launch is told as that", async () => {
    const { engine, wrapper, context, driver, last } = setUp();
    wrapper.putFile = async () => {
      const [id = ""] = engine.held.keys();
      await engine.remove(id);
      throw new Error("the connection was cut");
    };
    driver.launch(launchNode(nodeTask({ files: [{ path: "/etc/x", mode: 0o644, content: new Uint8Array() }] })));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.message).toMatch(/^somebody removed the container: /);
    expect(last(nodeId)?.reason).toBeUndefined();
  });

  test("secrets arrive sealed and are written for root only", async () => {
    const { wrapper, context, driver, until } = setUp();
    context.onMessage = (data) => {
      const { message } = ExecutorMessage.decode(data);
      if (message?.kind !== "secretsRequest") return;
      expect(message.value.names).toEqual(["etcd.key"]);
      const secrets = { "etcd.key": new Uint8Array([1, 2, 3]) };
      const value = sealSecrets(message.value, { executorId: context.executorId, secrets });
      driver.message(SchedulerMessage.encode({ message: { kind: "secretsResponse", value } }));
    };
    driver.launch(launchNode(nodeTask({ secrets: [{ name: "etcd.key", path: "/etc/kubernetes/pki/etcd.key" }] })));
    await until(nodeId, "TASK_RUNNING");
    expect(wrapper.files.get("/etc/kubernetes/pki/etcd.key")).toEqual({
      path: "/etc/kubernetes/pki/etcd.key",
      mode: 0o600,
      content: new Uint8Array([1, 2, 3]),
    });
    await driver.detach();
  });

  test("refused secrets fail the launch, and what was made is removed", async () => {
    const { engine, host, context, driver, last } = setUp();
    context.onMessage = (data) => {
      const { message } = ExecutorMessage.decode(data);
      if (message?.kind !== "secretsRequest") return;
      const value = refuseSecrets(message.value, "no such executor");
      driver.message(SchedulerMessage.encode({ message: { kind: "secretsResponse", value } }));
    };
    driver.launch(launchProcess(etcd));
    driver.launch(launchNode(nodeTask({ secrets: [{ name: "x", path: "/x" }] })));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)).toMatchObject({ state: "TASK_FAILED", message: expect.stringContaining("no such executor") });
    expect(last(etcdId)).toMatchObject({
      state: "TASK_FAILED",
      message: "its node ended: the scheduler refuses the secrets: no such executor",
    });
    expect([engine.held.size, engine.heldVolumes.size, host.directories.size]).toEqual([0, 0, 0]);
    // Nothing runs on the host: the scheduler need not end anything there.
    expect(unitReport(last(nodeId)?.data)).toMatchObject({ launchStep: "secrets", containerId: "", startedAtMs: 0 });
  });

  test("a container that dies early fails the launch with its last words", async () => {
    const { engine, wrapper, context, driver, last } = setUp();
    wrapper.available = false;
    engine.output = "cke-node-init: the cgroup hierarchies are not writable\n";
    engine.onStart = ({ id }) => engine.die(id, { exitCode: 1 });
    driver.launch(launchNode(nodeTask()));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.message).toMatch(
      /first program ended \(exit code 1\) before the node was ready.*cgroup hierarchies are not writable/s,
    );
    expect(engine.held.size).toBe(0);
  });

  test("a wrapper that never answers fails the launch in bounded time", async () => {
    const { engine, wrapper, context, driver, last } = setUp({ wrapperTimeoutMs: 60 });
    wrapper.available = false;
    engine.output = "hello";
    driver.launch(launchNode(nodeTask()));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.message).toMatch(/does not answer after 0.06 s.*hello/s);
    expect(engine.held.size).toBe(0);
  });

  test("an engine without CAP_SYS_RESOURCE gets the reduced privileges, remembered for the next node", async () => {
    const { engine, host, driver, until } = setUp();
    host.files.set("/proc/self/status", "CapBnd:\t000001ffffffffff\n");
    host.files.set("/proc/sys/kernel/random/boot_id", "boot-1\n");
    engine.failOn(
      "start",
      new EngineError("OCI runtime create failed: unable to apply caps: operation not permitted: unknown", {
        status: 400,
      }),
      1,
    );
    driver.launch(launchNode(nodeTask()));
    await until(nodeId, "TASK_RUNNING");
    const [made] = engine.held.values();
    expect(engine.held.size).toBe(1);
    expect(made?.spec?.options.HostConfig).toMatchObject({ Privileged: false, CapDrop: ["SYS_RESOURCE"] });
    expect(host.files.get("/run/cke/privilege")).toBe("boot-1\nreduced\n");
    await driver.detach();
  });

  test.each<[string, Parameters<FakeEngine["failOn"]>[0], EngineError, RegExp]>([
    [
      "daemon down",
      "ping",
      new EngineError("connect ENOENT /var/run/docker.sock", { code: "ENOENT" }),
      /engine does not answer.*connect ENOENT/,
    ],
    [
      "address in use",
      "start",
      new EngineError("Address already in use", { status: 403 }),
      /192\.168\.0\.80 of network net is in use.*Docker: Address already in use/,
    ],
    [
      "no space",
      "create",
      new EngineError("write /x: no space left on device", { status: 500 }),
      /no space left for Docker/,
    ],
  ])("%s: a clear failure, nothing left, the executor ends", async (_name, operation, error, words) => {
    const { engine, context, driver, last } = setUp();
    engine.failOn(operation, error);
    driver.launch(launchNode(nodeTask()));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.state).toBe("TASK_FAILED");
    expect(last(nodeId)?.message).toMatch(words);
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
  });

  test("a foreign container of the same name is named and left alone", async () => {
    const { engine, context, driver, last } = setUp();
    engine.place({
      name: "cke-c-n",
      labels: { [labelNames.framework]: "other", [labelNames.cluster]: "c", [labelNames.node]: "n" },
    });
    driver.launch(launchNode(nodeTask()));
    await context.until(({ ended }) => ended);
    expect(last(nodeId)?.message).toMatch(/belongs to framework other, cluster c, node n/);
    expect(engine.held.size).toBe(1);
  });

  test("data of another version fails the task in words", () => {
    const { driver, last } = setUp();
    driver.launch(unreadable("t"));
    expect(last("t")?.message).toMatch(/TaskInfo.data is not readable/);
  });
});
