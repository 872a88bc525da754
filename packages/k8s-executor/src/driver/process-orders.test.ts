// What a running process is to be changes: it is restarted, stopped, limited and started in its own task, and nothing else is touched.
import { setImmediate } from "node:timers/promises";
import { processReport } from "@cke/executor-core/testing/recording-context";
import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { WrapperError } from "../streams/wrapper-error.ts";
import { apiserver, apiserverId, etcd, etcdId, setUp } from "../testing/driver-set-up.ts";
import { launchNode, launchProcess, launchResources, nodeTask, processOrder } from "../testing/launches.ts";

const first = { spec: etcd, version: "v1" };
/** Another command line, or a restart that was asked for: for the wrapper it is another specification. */
const second = { spec: { ...etcd, environment: [{ name: "CKE_REVISION", value: "1" }] }, version: "v2" };

async function running(more: { readonly stopped?: boolean } = {}) {
  const parts = setUp();
  const { driver, context, last } = parts;
  driver.launch(launchNode(nodeTask()));
  driver.launch(launchProcess(etcd, etcdId, { version: "v1", ...more }));
  driver.launch(launchProcess(apiserver, apiserverId, { version: "v1" }));
  await Promise.all([parts.until(etcdId, "TASK_RUNNING"), parts.until(apiserverId, "TASK_RUNNING")]);
  const report = (id = etcdId) => TaskReport.decode(last(id)?.data ?? new Uint8Array(0));
  const follows = (version: string) => context.until(() => report().processVersion === version);
  const pid = (id = etcdId) => processReport(last(id)?.data)?.pid ?? 0;
  const calls = (verb: string) => parts.wrapper.calls.filter((call) => call.startsWith(verb));
  return { ...parts, report, follows, pid, calls };
}

test("a process is started anew in its task, once, and its neighbours go on", async () => {
  const { driver, follows, pid, calls, context, report } = await running();
  expect(report().processVersion).toBe("v1");
  const [before, neighbour] = [pid(), pid(apiserverId)];
  driver.message(processOrder([second]));
  driver.message(processOrder([second]));
  await follows("v2");
  const reports = context.of(etcdId).length;
  driver.message(processOrder([second]));
  // An order that is known already is answered, because the scheduler does not know of that.
  await context.until(() => context.of(etcdId).length === reports + 1);
  expect(report().processVersion).toBe("v2");
  expect([pid() > before, pid(apiserverId)]).toEqual([true, neighbour]);
  expect(calls("start etcd")).toHaveLength(2);
  expect(new Set(context.of(etcdId).map(({ state }) => state))).toEqual(new Set(["TASK_RUNNING"]));
  await driver.detach();
});

test("a process that takes its time to end is not called healthy meanwhile, also when its order is repeated", async () => {
  const { driver, wrapper, context, last, follows, report } = await running();
  const state = wrapper.processes.get("etcd");
  if (state === undefined) throw new Error("etcd does not run");
  wrapper.emit({ ...state, healthy: true });
  await context.until(() => last(etcdId)?.healthy === true);
  const original = wrapper.start.bind(wrapper);
  const gate = Promise.withResolvers<void>();
  wrapper.start = async (spec) => {
    await gate.promise;
    return original(spec);
  };
  const before = context.of(etcdId).length;
  for (const reports of [1, 2]) {
    driver.message(processOrder([second]));
    await context.until(() => context.of(etcdId).length >= before + reports);
  }
  const told = context.of(etcdId).slice(before);
  expect(told.map(({ healthy, message }) => [healthy, message])).toEqual(
    told.map(() => [false, "it is being restarted"]),
  );
  expect(report().processVersion).toBe("v1");
  gate.resolve();
  await follows("v2");
  await driver.detach();
});

test("a process that ends later than the wrapper is waited for is not called healthy between two tries", async () => {
  const { driver, wrapper, context, last, follows, report } = await running();
  const state = wrapper.processes.get("etcd");
  if (state === undefined) throw new Error("etcd does not run");
  wrapper.emit({ ...state, healthy: true });
  await context.until(() => last(etcdId)?.healthy === true);
  const original = wrapper.start.bind(wrapper);
  const before = context.of(etcdId).length;
  wrapper.start = async () => {
    throw new WrapperError("deadline", "no answer within 120 s");
  };
  driver.message(processOrder([second]));
  await context.until(() => report().processProblem.includes("no answer within 120 s"));
  expect(
    new Set(
      context
        .of(etcdId)
        .slice(before)
        .map(({ healthy }) => healthy),
    ),
  ).toEqual(new Set([false]));
  expect(last(etcdId)?.message).toBe("it is being restarted");
  wrapper.start = original;
  await follows("v2");
  await driver.detach();
});

test("a process is stopped and started in its task, and stays stopped when its node's wrapper is a new one", async () => {
  const { driver, wrapper, follows, last, pid } = await running();
  driver.message(processOrder([{ ...first, version: "off", stopped: true }]));
  await follows("off");
  expect(wrapper.processes.has("etcd")).toBe(false);
  expect(last(etcdId)).toMatchObject({ state: "TASK_RUNNING", healthy: false });
  expect(processReport(last(etcdId)?.data)?.phase).toBe("stopped");
  wrapper.instanceId = "two";
  wrapper.processes.clear();
  // The stream of events has come to its end: then it breaks.
  await setImmediate();
  wrapper.breakConnections();
  await expect.poll(() => wrapper.processes.has("apiserver")).toBe(true);
  expect(wrapper.processes.has("etcd")).toBe(false);
  driver.message(processOrder([{ ...first, version: "on" }]));
  await follows("on");
  expect(pid()).toBeGreaterThan(0);
  await driver.detach();
});

test("a process that is launched stopped is not started; its task runs all the same", async () => {
  const { driver, wrapper, report } = await running({ stopped: true });
  expect([wrapper.processes.has("etcd"), report().processVersion]).toEqual([false, "v1"]);
  await driver.detach();
});

test("another order may overtake a slow one, and the last one counts", async () => {
  const { driver, wrapper, follows, calls } = await running();
  const original = wrapper.start.bind(wrapper);
  const gate = Promise.withResolvers<void>();
  wrapper.start = async (spec) => {
    await gate.promise;
    return original(spec);
  };
  driver.message(processOrder([second]));
  driver.message(processOrder([{ ...first, version: "off", stopped: true }]));
  driver.message(processOrder([{ ...second, version: "v4" }]));
  gate.resolve();
  await follows("v4");
  expect([calls("stop etcd").length, wrapper.processes.get("etcd")?.phase]).toEqual([0, "running"]);
  await driver.detach();
});

test("limits that the wrapper refuses are reported in its words, and the process goes on as it was", async () => {
  const { driver, wrapper, report, context, pid, last, follows } = await running();
  const before = pid();
  const original = wrapper.setResources.bind(wrapper);
  wrapper.setResources = async () => {
    throw new WrapperError("failed-precondition", "a memory limit of 32 MiB is below the 64 MiB in use");
  };
  const resources = { cpuMillis: 100, memoryBytes: 32 << 20, cfsQuota: false };
  driver.message(processOrder([{ spec: { ...etcd, resources }, version: "small" }]));
  await context.until(() => report().processProblem.includes("below the 64 MiB in use"));
  expect([report().processVersion, last(etcdId)?.state, pid()]).toEqual(["v1", "TASK_RUNNING", before]);
  wrapper.setResources = original;
  await follows("small");
  expect([report().processProblem, pid()]).toEqual(["", before]);
  await driver.detach();
});

test("a process that dies while its limits are set is not called healthy when they are refused", async () => {
  const { driver, wrapper, report, context, last } = await running();
  const state = wrapper.processes.get("etcd");
  if (state === undefined) throw new Error("etcd does not run");
  wrapper.emit({ ...state, healthy: true });
  await context.until(() => last(etcdId)?.healthy === true);
  wrapper.setResources = async () => {
    wrapper.emit({ ...state, healthy: false, reason: "killed: out of memory" });
    await context.until(() => last(etcdId)?.healthy === false);
    throw new WrapperError("failed-precondition", "it is not running");
  };
  const resources = { cpuMillis: 100, memoryBytes: 32 << 20, cfsQuota: false };
  driver.message(processOrder([{ spec: { ...etcd, resources }, version: "small" }]));
  await context.until(() => report().processProblem.includes("it is not running"));
  expect(last(etcdId)?.healthy).toBe(false);
  await driver.detach();
});

test("a kill that meets a restart leaves no process", async () => {
  const { driver, wrapper, until } = await running();
  const original = wrapper.start.bind(wrapper);
  const gate = Promise.withResolvers<void>();
  wrapper.start = async (spec) => {
    await gate.promise;
    return original(spec);
  };
  driver.message(processOrder([second]));
  driver.kill(launchProcess(etcd), {});
  gate.resolve();
  await until(etcdId, "TASK_KILLED");
  expect(wrapper.processes.has("etcd")).toBe(false);
  await driver.detach();
});

test("a task that holds resources runs nothing: it ends by its kill, or with its node", async () => {
  const { driver, wrapper, context, until, last, remove, pid } = await running();
  const before = [pid(), [...wrapper.calls]];
  for (const id of ["etcd.res", "etcd.res-2"]) driver.launch(launchResources("etcd", id));
  expect(["etcd.res", "etcd.res-2"].map((id) => last(id)?.state)).toEqual(["TASK_RUNNING", "TASK_RUNNING"]);
  driver.kill(launchResources("etcd", "etcd.res"), {});
  expect(last("etcd.res")).toMatchObject({ state: "TASK_KILLED" });
  expect([pid(), wrapper.calls]).toEqual(before);
  remove();
  await until("etcd.res-2", "TASK_KILLED");
  await context.until(({ ended }) => ended);
});
