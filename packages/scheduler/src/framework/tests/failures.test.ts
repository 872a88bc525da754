// What goes wrong beside the scheduler: executors, agents, processes, offers, and what Mesos refuses.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";

const everything = ["node", "etcd", "apiserver", "controller", "scheduler", "docker"];

const running = async () => {
  const s = await Scenario.running("a", "b");
  expect(s.clusters.get("small").status).toBe("running");
  return s;
};
const executorOf = (s: Scenario) => s.task("small", "m").executorId;
const reasonOf = (s: Scenario) => s.clusters.state("small").nodes[0]?.reason ?? "";

test("an executor that dies: all of its node again, as a new incarnation, on the host with its data", async () => {
  const s = await running();
  const before = executorOf(s);
  s.mesos.failExecutor(before, "TASK_FAILED", { message: "executor crashed", reason: "REASON_EXECUTOR_TERMINATED" });
  await settle();
  expect(s.clusters.get("small").status).toBe("degraded");
  expect(reasonOf(s)).toContain("executor crashed");
  await s.offer("b");
  expect(reasonOf(s)).toContain("b does not hold the unit's data (host a does)");
  await s.offer("a", "b");
  expect(s.launched("small", "m")).toEqual(everything);
  expect(s.task("small", "m").agentId).toBe("S-a");
  expect(executorOf(s)).not.toBe(before);
});

test("an executor that dies again and again: at once the first time, with offers revived, then with backoff", async () => {
  const s = await running();
  await s.seconds(16);
  expect(s.mesos.suppressed).toBe(true);
  for (const delay of [0, 2, 4, 8]) {
    s.mesos.failExecutor(executorOf(s));
    await settle();
    if (delay > 0) {
      await s.seconds(delay - 0.5);
      expect(s.mesos.suppressed).toBe(true);
      expect(s.clusters.state("small").plan.steps).toMatchObject([{ step: "wait" }]);
      await s.seconds(1);
    }
    expect(s.mesos.suppressed).toBe(false);
    await s.offer("a");
    expect(s.launched("small", "m")).toEqual(everything);
  }
});

test("nodes that die one after the other: offers are revived for each within a second", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  for (const name of ["one", "two"]) {
    const nodes = [{ name: "m", type: "master", node_ip: name === "one" ? "10.0.0.1" : "10.0.0.2" }];
    await s.clusters.create(smallBody({ name, nodes }));
  }
  await s.offer();
  await s.seconds(10);
  const before = s.callsOf("REVIVE").length;
  s.mesos.failExecutor(s.task("one", "m").executorId);
  await settle();
  expect(s.callsOf("REVIVE")).toHaveLength(before + 1);
  await s.seconds(0.1);
  s.mesos.failExecutor(s.task("two", "m").executorId);
  await settle();
  expect(s.callsOf("REVIVE")).toHaveLength(before + 1);
  await s.seconds(1);
  expect(s.callsOf("REVIVE")).toHaveLength(before + 2);
});

test("a new incarnation waits until every task of the old one is terminal", async () => {
  const s = await running();
  const etcd = s.id("small", "m", "etcd");
  for (const { info, process } of s.tasksOf("small", "m")) {
    if (process !== "etcd") s.mesos.update(info.task_id.value, "TASK_FAILED", { message: "container lost" });
  }
  s.mesos.onKill = () => undefined;
  await s.seconds(4);
  await s.offer();
  expect(s.launched("small", "m")).toEqual(["etcd"]);
  expect(s.callsOf("KILL")).toEqual([]);
  await s.seconds(13);
  expect(s.callsOf("KILL").length).toBeGreaterThanOrEqual(2);
  await s.offer();
  expect(s.launched("small", "m")).toEqual(["etcd"]);
  s.mesos.update(etcd, "TASK_KILLED");
  await s.seconds(5);
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
});

test("a process that ended alone is launched alone into the same executor", async () => {
  const s = await running();
  const executor = executorOf(s);
  s.mesos.update(s.id("small", "m", "scheduler"), "TASK_FAILED", { message: "exit code 1" });
  await s.seconds(2);
  expect(s.clusters.get("small").status).toBe("degraded");
  await s.offer("b");
  expect(s.clusters.state("small").plan.steps).toEqual([
    expect.objectContaining({
      step: "relaunch-process",
      process: "scheduler",
      explanation: expect.stringContaining("exit code 1"),
    }),
  ]);
  await s.offer("a");
  expect(s.id("small", "m", "scheduler")).toBe(`${executor}.scheduler.2`);
  expect(s.mesos.tasks.get(`${executor}.scheduler.2`)?.status.state).toBe("TASK_STAGING");
  await s.running("small", "m");
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.mesos.violations).toEqual([]);
});

test("Docker's refusals are tried again slowly, with its words shown", async () => {
  const s = await Scenario.launched();
  const words = "no such image: reg.mg.hcbss/open/cke-kube-node:v1";
  s.mesos.failExecutor(executorOf(s), "TASK_FAILED", { message: words, data: nodeReport("image", words) });
  await s.seconds(10);
  expect(reasonOf(s)).toContain(words);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ status: "failed", failures: 1 });
  await s.offer();
  expect(s.launched("small", "m")).toEqual([]);
  await s.seconds(25);
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
});

test("what Mesos calls invalid is not tried again", async () => {
  const s = await Scenario.launched();
  s.mesos.failExecutor(executorOf(s), "TASK_ERROR", {
    reason: "REASON_TASK_INVALID",
    message: "Task uses invalid resources",
  });
  await s.seconds(3_600);
  await s.offer();
  expect(s.launched("small", "m")).toEqual([]);
  expect(reasonOf(s)).toContain("Task uses invalid resources");
  await s.restart();
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
  await s.clusters.remove("small");
  await s.seconds(1);
  expect(s.clusters.list()).toEqual([]);
});

test("a process that Mesos refuses is told of, and launched alone once more by a restarted scheduler", async () => {
  const s = await running();
  const executor = executorOf(s);
  const refuse = async () => {
    s.mesos.update(s.id("small", "m", "scheduler"), "TASK_ERROR", {
      reason: "REASON_TASK_INVALID",
      message: "Task uses invalid resources",
    });
    await s.seconds(1);
  };
  await refuse();
  await s.seconds(3_600);
  await s.offer();
  expect(s.clusters.state("small").plan.steps).toEqual([
    expect.objectContaining({
      step: "wait",
      process: "scheduler",
      explanation: expect.stringMatching(/before a retry is asked for.*Task uses invalid resources/),
    }),
  ]);
  expect(reasonOf(s)).toContain("Task uses invalid resources");
  await s.restart();
  await s.offer();
  expect(s.id("small", "m", "scheduler")).toBe(`${executor}.scheduler.2`);
  await refuse();
  await s.seconds(3_600);
  await s.offer();
  expect(s.launched("small", "m")).not.toContain("scheduler");
  await s.restart();
  await s.offer();
  await s.running("small", "m");
  expect(s.id("small", "m", "scheduler")).toBe(`${executor}.scheduler.3`);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.mesos.violations).toEqual([]);
});

test("a process that fails alone is launched again with backoff", async () => {
  const s = await running();
  for (const delay of [1, 2, 4, 8]) {
    s.mesos.update(s.id("small", "m", "scheduler"), "TASK_FAILED", { message: "exit code 1" });
    await settle();
    await s.seconds(delay - 0.5);
    await s.offer();
    expect(s.launched("small", "m")).not.toContain("scheduler");
    await s.seconds(0.5);
    await s.offer();
    expect(s.launched("small", "m")).toContain("scheduler");
  }
});

test("a lost race for an offer is tried again with the next one", async () => {
  const s = await Scenario.created();
  s.mesos.beforeCall = (call) => {
    if (call.type === "ACCEPT") s.mesos.offered.clear();
  };
  await s.offer();
  expect(s.launched("small", "m")).toEqual([]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ status: "init", failures: 0 });
  s.mesos.beforeCall = () => undefined;
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
});

test("B11: an ACCEPT that got lost is found by asking", async () => {
  const s = await Scenario.created();
  s.mesos.refuseCalls = true;
  await s.offer();
  expect(s.clusters.get("small").status).toBe("starting");
  s.mesos.refuseCalls = false;
  s.mesos.offered.clear();
  await s.seconds(2);
  expect(s.clusters.get("small").status).toBe("starting");
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
});

test("a node on an agent out of reach is not started elsewhere, and is well when the agent returns", async () => {
  const s = await running();
  const tasks = s.tasksOf("small", "m");
  for (const { info } of tasks) {
    s.mesos.send({
      type: "UPDATE",
      update: { status: { task_id: info.task_id, state: "TASK_UNREACHABLE", source: "SOURCE_MASTER" } },
    });
  }
  s.mesos.send({ type: "FAILURE", failure: { agent_id: { value: "S-a" } } });
  s.mesos.beforeCall = (call) => {
    if (call.type === "RECONCILE") throw new Error("the agent is away");
  };
  await settle();
  expect(s.clusters.get("small").status).toBe("degraded");
  await s.offer("b");
  expect(s.clusters.state("small").plan.steps[0]?.explanation).toContain("agent a is out of reach");
  expect(s.mesos.executors.size).toBe(1);
  s.mesos.beforeCall = () => undefined;
  for (const { info } of tasks) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  await settle();
  expect(s.clusters.get("small").status).toBe("running");
});

test("a node on an agent that an operator marked gone is launched elsewhere", async () => {
  const s = await running();
  s.mesos.failExecutor(executorOf(s), "TASK_GONE_BY_OPERATOR");
  await s.seconds(4);
  await s.offer("b");
  expect(s.task("small", "m").agentId).toBe("S-b");
});

test("while a cluster is being deleted its name is taken", async () => {
  const s = await running();
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  await s.clusters.remove("small");
  await expect(s.clusters.create(smallBody())).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("still being deleted"),
  });
  await expect(s.clusters.adminToken("small")).rejects.toMatchObject({ status: 409 });
});

test("B11: a launch that nobody says anything of is asked for after 30 seconds, and made again", async () => {
  const s = await Scenario.created();
  s.mesos.afterCall = (call) => {
    if (call.type !== "ACCEPT") return;
    // Taken with 202, and lost with the master before its agent heard of it.
    s.mesos.tasks.clear();
    s.mesos.executors.clear();
  };
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual([]);
  const asked = () => s.callsOf("RECONCILE").filter((call) => JSON.stringify(call).includes("cke.small.m.")).length;
  await s.seconds(28);
  expect(asked()).toBe(0);
  s.mesos.afterCall = () => undefined;
  await s.seconds(4);
  expect(asked()).toBe(1);
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(everything);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ failures: 0 });
});
