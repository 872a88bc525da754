// What the state tells of failures: reason, words, output, how often it was tried and when it is tried again.
import { expect, test } from "vitest";
import { keptEntries } from "../../workload/plans/log-entry.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, processReport, Scenario } from "../testing/scenario.ts";

const nodeOf = (s: Scenario) => s.clusters.state("small").nodes[0];
const processOf = (s: Scenario, name: string) => nodeOf(s)?.processes.find((process) => process.name === name);
const iso = (ms: number) => new Date(ms).toISOString();

test("a node that Docker refuses: its words, the number of the try, and the time of the next, also after a restart", async () => {
  const s = await Scenario.launched();
  const words = "no such image: reg.mg.hcbss/open/cke-kube-node:v1";
  const data = nodeReport("image", words);
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_FAILED", {
    reason: "REASON_EXECUTOR_TERMINATED",
    message: "Executor terminated with password=abc",
    data,
  });
  await settle();
  const failedAt = s.clock.now();
  await s.restart();
  const expected = {
    attempt: 2,
    next_try: iso(failedAt + 30_000),
    failure: {
      reason: "REASON_EXECUTOR_TERMINATED",
      cause: "",
      message: `Executor terminated with password=[…]; ${words} (TASK_FAILED)`,
      output: "",
      time: iso(failedAt),
    },
  };
  expect(nodeOf(s)).toMatchObject(expected);
  expect(s.clusters.state("small").plan.steps).toMatchObject([{ step: "wait", node: "m", process: "", ...expected }]);
  await s.seconds(31);
  await s.offer("a");
  expect(nodeOf(s)).toMatchObject({ attempt: 2, next_try: "", failure: expected.failure });
  await s.running("small", "m");
  expect(nodeOf(s)).toMatchObject({ attempt: 2, next_try: "", failure: null });
  expect(JSON.stringify(s.clusters.state("small"))).not.toContain("abc");
});

test("a process that its wrapper starts again: why, its last lines, and when", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  expect(processOf(s, "scheduler")).toMatchObject({ attempt: 1, next_try: "", failure: null });
  const next = s.clock.now() + 4_000;
  const data = processReport({
    phase: "backoff",
    output: "readyz:\n[-]etcd failed: token=0123456789",
    reason: "exit code 2, started again in 4 s",
    lastOutput: "cannot read /etc/x\ntoken=0123456789",
    restarts: 3,
    nextStartMs: next,
  });
  s.mesos.update(s.id("small", "m", "scheduler"), "TASK_RUNNING", { healthy: false, data });
  await settle();
  expect(processOf(s, "scheduler")).toMatchObject({
    restarts: 3,
    attempt: 1,
    output: "readyz:\n[-]etcd failed: token=[…]",
    next_try: iso(next),
    failure: { message: "exit code 2, started again in 4 s", output: "cannot read /etc/x\ntoken=[…]" },
    last_output: "cannot read /etc/x\ntoken=[…]",
  });
});

test("a process that ended alone: what it said is kept over its next launch, until it is well", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  const data = processReport({ phase: "failed", reason: "exit code 1", lastOutput: "disk full" });
  s.mesos.update(s.id("small", "m", "scheduler"), "TASK_FAILED", { message: "exit code 1", data });
  await settle();
  const failure = {
    reason: "",
    cause: "",
    message: "exit code 1 (TASK_FAILED)",
    output: "disk full",
    time: iso(s.clock.now()),
  };
  const waits = { attempt: 2, next_try: iso(s.clock.now() + 1_000), failure };
  expect(processOf(s, "scheduler")).toMatchObject(waits);
  expect(s.clusters.state("small").plan.steps).toMatchObject([{ step: "wait", process: "scheduler", ...waits }]);
  await s.seconds(1.5);
  await s.offer("a");
  expect(processOf(s, "scheduler")).toMatchObject({ status: "staging", attempt: 2, next_try: "", failure });
  await s.running("small", "m");
  expect(processOf(s, "scheduler")).toMatchObject({ attempt: 2, next_try: "", failure: null });
});

test("no secret that something prints is in state, pending or the cluster's log", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  const entries = () => keptEntries(s.clusters.log("small"));
  const words = "password=hunter2 rejected";
  const health = [{ name: "readyz", phase: "", message: words }];
  const sick = processReport({ phase: "backoff", reason: words, lastOutput: words, health });
  s.mesos.update(s.id("small", "m", "apiserver"), "TASK_RUNNING", { healthy: false, message: words, data: sick });
  s.mesos.update(s.id("small", "m", "scheduler"), "TASK_FAILED", { message: words, data: sick });
  await settle();
  const shown = () => JSON.stringify([s.clusters.state("small"), s.clusters.pending("small"), entries()]);
  expect(shown()).toContain("password=[…] rejected");
  expect(shown()).not.toContain("hunter2");
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_FAILED", {
    message: words,
    data: nodeReport("image", words),
  });
  await s.seconds(1);
  expect(s.clusters.pending("small")[0]?.summary).toContain("password=[…] rejected");
  expect(shown()).not.toContain("hunter2");
});
