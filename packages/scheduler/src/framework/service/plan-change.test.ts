// Pause, resume, retry and skip against a Mesos, with restarts of the scheduler in between.
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { unitKey, unitRecordSchema } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import { processReport, Scenario } from "../testing/scenario.ts";

const everything = ["node", "etcd", "apiserver", "controller", "scheduler", "docker"];

const running = async () => {
  const s = await Scenario.created("a", "b");
  await s.offer("a");
  await s.running("small", "m");
  return s;
};
const steps = (s: Scenario) => s.clusters.state("small").plan.steps;
const fail = async (s: Scenario, process: string) => {
  s.mesos.update(s.id("small", "m", process), "TASK_FAILED", { message: "exit code 1" });
  await settle();
};
const refuse = async (s: Scenario, process: string) => {
  s.mesos.update(s.id("small", "m", process), "TASK_ERROR", { reason: "REASON_TASK_INVALID", message: "invalid" });
  await settle();
};

test("a paused cluster launches nothing, also after a restart, until it is resumed", async () => {
  const s = await Scenario.created("a", "b");
  expect(await s.clusters.changePlan("small", "pause", {}, "ann")).toContain('the plan of cluster "small" is paused');
  expect(await s.clusters.changePlan("small", "pause", {}, "bob")).toContain("was paused already");
  await s.offer();
  await s.restart();
  await s.offer();
  expect(s.launched("small", "m")).toEqual([]);
  const since = s.clusters.state("small").plan.paused;
  expect(since).toMatch(/^since \d{4}-\d\d-\d\dT[\d:.]+Z by ann$/);
  expect(steps(s)).toEqual([expect.objectContaining({ step: "wait", explanation: expect.stringContaining(since) })]);
  expect(s.clusters.state("small").nodes[0]?.reason).toContain(since);
  await s.seconds(1);
  expect(s.mesos.suppressed).toBe(true);
  expect(await s.clusters.changePlan("small", "resume", {}, "ann")).toContain("goes on");
  await settle();
  expect(s.mesos.suppressed).toBe(false);
  expect(s.clusters.state("small").plan.paused).toBe("");
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(everything);
});

test("what runs in a paused node goes on; a process that ends is launched again after the pause only", async () => {
  const s = await running();
  await s.clusters.changePlan("small", "pause", { node: "m" }, "ann");
  await s.seconds(30);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.get("small").status).toBe("running");
  await fail(s, "scheduler");
  await s.seconds(10);
  await s.offer("a");
  expect(s.launched("small", "m")).not.toContain("scheduler");
  expect(s.clusters.state("small").plan.nodes[0]?.paused).toContain("by ann");
  await s.restart();
  await s.offer("a");
  expect(s.launched("small", "m")).not.toContain("scheduler");
  await expect(s.clusters.changePlan("small", "resume", { node: "x" }, "")).rejects.toThrow("it has: m");
  await s.clusters.changePlan("small", "resume", { node: "m" }, "");
  await s.offer("a");
  expect(s.launched("small", "m")).toContain("scheduler");
});

test("a paused cluster is deleted all the same", async () => {
  const s = await running();
  await s.clusters.changePlan("small", "pause", {}, "ann");
  await s.clusters.remove("small");
  await s.seconds(2);
  expect(s.clusters.list()).toEqual([]);
  expect(await s.keys()).toEqual(["framework"]);
});

test("pause and resume say what they cannot do", async () => {
  const s = await running();
  await s.clusters.changePlan("small", "pause", {}, "ann");
  await expect(s.clusters.changePlan("small", "resume", { node: "m" }, "")).rejects.toMatchObject({ status: 409 });
  await expect(s.clusters.changePlan("small", "pause", { node: "m", process: "etcd" }, "")).rejects.toMatchObject({
    status: 422,
  });
  await expect(s.clusters.changePlan("small", "retry", { process: "etcd" }, "")).rejects.toMatchObject({ status: 422 });
  await expect(s.clusters.changePlan("none", "pause", {}, "")).rejects.toMatchObject({ status: 404 });
  await s.clusters.changePlan("small", "resume", {}, "");
  expect(await s.clusters.changePlan("small", "resume", {}, "")).toContain("was not paused");
  const removal = s.clusters.remove("small");
  // Right after it, before anything of the cluster has ended.
  await expect(s.clusters.changePlan("small", "pause", {}, "")).rejects.toMatchObject({ status: 409 });
  await removal;
});

test("a node that Mesos refused is tried again at once, and counts its failures anew", async () => {
  const s = await Scenario.created("a", "b");
  await s.offer("a");
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_ERROR", {
    reason: "REASON_TASK_INVALID",
    message: "invalid",
  });
  await s.seconds(600);
  await s.offer();
  expect(s.launched("small", "m")).toEqual([]);
  expect(steps(s)[0]?.explanation).toContain("plan/retry");
  expect(s.mesos.suppressed).toBe(true);
  expect(await s.clusters.changePlan("small", "retry", {}, "ann")).toBe('node "m": tried again at once');
  await settle();
  expect(s.mesos.suppressed).toBe(false);
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(everything);
  expect(s.clusters.state("small").nodes[0]?.failures).toBe(0);
  expect(await s.clusters.changePlan("small", "retry", {}, "ann")).toContain("nothing had failed");
});

test("a process in backoff or refused is launched at once, and no task id comes twice over many retries", async () => {
  const s = await running();
  const executor = s.task("small", "m").executorId;
  for (const attempt of [2, 3, 4, 5]) {
    await (attempt % 2 === 0 ? refuse(s, "scheduler") : fail(s, "scheduler"));
    if (attempt === 4) await s.restart();
    expect(await s.clusters.changePlan("small", "retry", { node: "m", process: "scheduler" }, "")).toContain(
      "scheduler of node",
    );
    await s.offer("a");
    expect(s.id("small", "m", "scheduler")).toBe(`${executor}.scheduler.${attempt}`);
  }
  await fail(s, "scheduler");
  await s.seconds(0.9);
  expect(steps(s)[0]?.step).toBe("wait");
  await s.seconds(0.2);
  expect(steps(s)[0]?.step).toBe("relaunch-process");
  expect(s.mesos.violations).toEqual([]);
});

test("a retry of what is paused says so, and waits for the end of the pause", async () => {
  const s = await Scenario.created("a", "b");
  await s.offer("a");
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_ERROR", { reason: "REASON_TASK_INVALID" });
  await settle();
  await s.clusters.changePlan("small", "pause", {}, "");
  expect(await s.clusters.changePlan("small", "retry", {}, "")).toContain("as soon as it is resumed");
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual([]);
  await s.clusters.changePlan("small", "resume", {}, "");
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(everything);
});

test("a skipped process is not launched again, also after a restart, until a retry is asked for", async () => {
  const s = await running();
  await expect(s.clusters.changePlan("small", "skip", { node: "m", process: "docker" }, "")).rejects.toMatchObject({
    status: 409,
  });
  await fail(s, "docker");
  await s.clusters.changePlan("small", "skip", { node: "m", process: "docker" }, "ann");
  await s.seconds(60);
  await s.restart();
  await s.offer("a");
  await s.seconds(60);
  await s.offer("a");
  expect(s.launched("small", "m")).not.toContain("docker");
  const docker = s.clusters.state("small").nodes[0]?.processes.find(({ name }) => name === "docker");
  expect(docker?.skipped).toContain("by ann");
  expect(steps(s)).toMatchObject([
    { step: "wait", process: "docker", explanation: expect.stringContaining("given up") },
  ]);
  await s.clusters.changePlan("small", "retry", {}, "");
  await s.offer("a");
  expect(s.launched("small", "m")).toContain("docker");
});

test("what others need cannot be skipped", async () => {
  const s = await running();
  await fail(s, "etcd");
  const refused = (target: Parameters<typeof s.clusters.changePlan>[2]) =>
    expect(s.clusters.changePlan("small", "skip", target, "")).rejects;
  await refused({ node: "m", process: "etcd" }).toMatchObject({
    status: 422,
    message: expect.stringContaining("the node needs it"),
  });
  await refused({ node: "m" }).toMatchObject({ status: 422 });
  await refused({}).toMatchObject({ status: 422 });
  await refused({ node: "m", process: "none" }).toMatchObject({
    status: 404,
    message: expect.stringContaining("it has: etcd, apiserver"),
  });
});

test("a clean-up that is waited for is given up at once", async () => {
  const s = await running();
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await settle();
  await s.clusters.remove("small");
  await s.offer("b");
  expect(s.clusters.get("small").status).toBe("killing");
  const log = s.clusters.log("small");
  expect(await s.clusters.changePlan("small", "skip", {}, "ann")).toContain("the clean-up of host a is given up");
  expect(s.clusters.list()).toEqual([]);
  expect(logLines(log).join("\n")).toContain(
    "[WARNING] m: the clean-up of host a is given up: run there: cke-k8s-exec -cleanup small/m",
  );
});

test("the removal of a node on an agent that never returns is given up", async () => {
  const s = await running();
  for (const { info } of s.tasksOf("small", "m"))
    s.mesos.update(info.task_id.value, "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await settle();
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  await s.seconds(60);
  expect(s.clusters.state("small").plan.steps[0]?.explanation).toContain(
    "out of reach: its tasks are killed when it returns",
  );
  expect(s.clusters.state("small").plan.steps[0]?.explanation).toContain("or until plan/skip");
  await s.seconds(640);
  expect(s.clusters.get("small").status).toBe("killing");
  const { executorId } = s.task("small", "m");
  await s.clusters.changePlan("small", "skip", { node: "m" }, "ann");
  expect(s.clusters.list()).toEqual([]);
  // If it returns all the same, it is known as deleted.
  expect((await s.store.list("removals/")).map(({ key }) => key)).toEqual([`removals/${executorId}`]);
});

test("what a wrapper starts again by itself is not launched anew: the answer says when it is", async () => {
  const s = await running();
  const nextStartMs = s.clock.now() + 9_000;
  const data = processReport({ phase: "backoff", reason: "exit code 1", nextStartMs });
  s.mesos.update(s.id("small", "m", "docker"), "TASK_RUNNING", { healthy: false, data });
  await settle();
  expect(await s.clusters.changePlan("small", "retry", {}, "")).toContain(
    `docker of node "m" is started again by its wrapper at ${new Date(nextStartMs).toISOString()}`,
  );
});

test("records of an older version load, and their processes get ids that were never used", async () => {
  const s = await running();
  const executor = s.task("small", "m").executorId;
  for (const attempt of [2, 3]) {
    await fail(s, "scheduler");
    await s.seconds(5);
    await s.offer("a");
    expect(s.id("small", "m", "scheduler")).toBe(`${executor}.scheduler.${attempt}`);
  }
  const key = unitKey("small", "m");
  const { skipped: _skipped, launch, ...record } = unitRecordSchema.parse((await s.store.get(key))?.value);
  const tasks = launch?.tasks.map(({ attempt: _attempt, failure: _failure, ...task }) => task);
  await s.store.commit([{ op: "put", key, value: { ...record, launch: { ...launch, tasks } } }]);
  await s.restart();
  await refuse(s, "scheduler");
  await s.clusters.changePlan("small", "retry", {}, "");
  await s.offer("a");
  expect(s.id("small", "m", "scheduler")).toBe(`${executor}.scheduler.4`);
  expect(s.mesos.violations).toEqual([]);
});
