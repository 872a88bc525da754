// A store that was restored from a backup: what runs in Mesos and is in no record is taken back, and nothing runs twice.
import type { TaskState } from "@cke/mesos";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { sentinelTaskId } from "../mesos/implicit-reconciliation.ts";
import { Scenario } from "../testing/scenario.ts";

/** What is in the store now, in a store of its own. */
async function backup(store: Store): Promise<Store> {
  const copy = new MemoryStore();
  await copy.commit((await store.list("")).map(({ key, value }) => ({ op: "put" as const, key, value })));
  return copy;
}

/** A cluster that runs, and a backup of the store from before its launch. */
const running = async () => {
  const s = await Scenario.created("a", "b");
  await s.seconds(1);
  const before = await backup(s.store);
  await s.offer("a");
  await s.running("small", "m");
  return { s, before };
};
/** The master has answered for the sentinel: it has named all tasks that it knows. */
function everythingNamed(s: Scenario): void {
  const status = {
    task_id: { value: sentinelTaskId },
    state: "TASK_UNKNOWN",
    reason: "REASON_RECONCILIATION",
  } as const;
  s.mesos.send({ type: "UPDATE", update: { status } });
}

const stepsOf = (s: Scenario) => s.clusters.state("small").plan.steps;

test("B11: a node without a launch adopts its incarnation that runs, and its processes are launched into it again", async () => {
  const { s, before } = await running();
  const { executorId } = s.task("small", "m");
  await s.restart(before);
  await s.offer("b");
  await s.seconds(5);
  await s.offer();
  expect(s.task("small", "m").executorId).toBe(executorId);
  expect(s.mesos.executors.size).toBe(1);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ real_host: "a", executor_id: executorId });
  s.mesos.update(s.id("small", "m", "scheduler"), "TASK_FAILED", { message: "exit code 1" });
  await s.seconds(2);
  await s.offer("a");
  expect(s.id("small", "m", "scheduler")).toBe(`${executorId}.scheduler.2`);
  await s.running("small", "m");
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.mesos.violations).toEqual([]);
  // It is a launch like any other: another scheduler finds it in the store.
  await s.restart(before);
  await s.seconds(5);
  expect(s.clusters.get("small").status).toBe("running");
  await s.clusters.remove("small");
  await s.seconds(2);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.list()).toEqual([]);
});

test("B11: while the master cannot tell what a task is, it is neither killed nor launched beside", async () => {
  const { s, before } = await running();
  const { executorId } = s.task("small", "m");
  s.mesos.askProblem = "403 Forbidden";
  await s.restart(before);
  for (let minute = 0; minute < 10; minute += 1) {
    await s.offer();
    await s.seconds(60);
  }
  expect(s.mesos.executors.size).toBe(1);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(stepsOf(s)).toMatchObject([{ step: "wait", explanation: expect.stringContaining("403 Forbidden") }]);
  s.mesos.askProblem = "";
  await s.seconds(20);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: executorId });
  expect(s.callsOf("KILL")).toEqual([]);
});

test("B11: of two incarnations the newest is adopted and the other is killed", async () => {
  const { s, before } = await running();
  const old = s.task("small", "m").executorId;
  const copy = await backup(before);
  // A scheduler whose master knows of nothing launches a second one, then its store is lost as well.
  s.mesos.reconcileAnswers = false;
  s.mesos.askProblem = "unreachable";
  await s.restart(before);
  everythingNamed(s);
  await s.seconds(1);
  await s.offer("b");
  const fresh = [...s.mesos.executors.keys()].find((id) => id !== old) ?? "";
  expect(fresh).not.toBe("");
  s.mesos.reconcileAnswers = true;
  s.mesos.askProblem = "";
  await s.restart(copy);
  await s.seconds(10);
  expect([...s.mesos.executors.keys()]).toEqual([fresh]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: fresh });
});

test("B11: what belongs to another instance of a cluster of the same name is killed", async () => {
  const { s } = await running();
  const { executorId } = s.task("small", "m");
  const empty = new MemoryStore();
  await empty.commit([{ op: "put", key: "framework", value: { id: "F-1" } }]);
  await s.restart(empty);
  await s.clusters.create(smallBody());
  await s.seconds(30);
  expect(s.mesos.live().filter((task) => task.executorId === executorId)).toEqual([]);
  await s.offer("b");
  expect(s.task("small", "m").agentId).toBe("S-b");
});

test("B11: nodes that have no launch wait until Mesos has named what it knows, but for 11 minutes at most", async () => {
  const { s, before } = await running();
  s.mesos.reconcileAnswers = false;
  for (const { info } of s.tasksOf("small", "m")) s.mesos.tasks.delete(info.task_id.value);
  s.mesos.executors.clear();
  await s.restart(before);
  await s.offer("b");
  expect(s.launched("small", "m")).toEqual([]);
  expect(stepsOf(s)).toMatchObject([{ explanation: expect.stringContaining("Mesos is asked first") }]);
  await s.seconds(600);
  await s.offer("b");
  expect(s.launched("small", "m")).toEqual([]);
  // The agent of which Mesos waits to hear may have been marked gone, and then it never answers.
  await s.seconds(90);
  await s.offer("b");
  expect(s.task("small", "m").agentId).toBe("S-b");
});

test("B11: the master was restarted too, and the agent of a forgotten launch is not back: it is waited for and adopted", async () => {
  const { s, before } = await running();
  const { executorId } = s.task("small", "m");
  s.mesos.recovered.add("S-a");
  await s.restart(before);
  for (let minute = 0; minute < 9; minute += 1) {
    await s.offer("b");
    await s.seconds(60);
  }
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(stepsOf(s)).toMatchObject([{ explanation: expect.stringContaining("--agent_reregister_timeout") }]);
  s.mesos.recovered.clear();
  await s.seconds(15);
  await s.offer("b");
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: executorId, status: "running" });
});

test("B11: an agent that comes back right after everything was named, and was not named itself, is asked for again at once", async () => {
  const { s, before } = await running();
  const { executorId } = s.task("small", "m");
  s.mesos.recovered.add("S-a");
  s.mesos.afterCall = (call) => {
    if (call.type === "RECONCILE" && (call.reconcile.tasks ?? []).length === 0) s.mesos.recovered.clear();
  };
  await s.restart(before);
  await s.offer("b");
  await s.seconds(30);
  await s.offer("b");
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: executorId, status: "running" });
});

test("B11: what runs on agents that are back is adopted, whether others are or not", async () => {
  const { s, before } = await running();
  const { executorId } = s.task("small", "m");
  s.mesos.recovered.add("S-other");
  await s.restart(before);
  await s.seconds(30);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: executorId, status: "running" });
  await s.clusters.remove("small");
  await s.seconds(10);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.list()).toEqual([]);
});

test("B11: a node waits until what runs under its name and is in no record has been killed", async () => {
  const { s } = await running();
  const { executorId } = s.task("small", "m");
  const { onKill } = s.mesos;
  s.mesos.onKill = () => undefined;
  const empty = new MemoryStore();
  await empty.commit([{ op: "put", key: "framework", value: { id: "F-1" } }]);
  await s.restart(empty);
  await s.clusters.create(smallBody());
  await s.seconds(60);
  await s.offer("b");
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(stepsOf(s)).toMatchObject([
    { step: "wait", explanation: expect.stringContaining(`${executorId} of a unit of this name runs in Mesos`) },
  ]);
  s.mesos.onKill = onKill;
  await s.seconds(6);
  await s.offer("b");
  expect(s.task("small", "m").agentId).toBe("S-b");
});

test("B11: a node that was launched again after the backup goes on: its later incarnation is adopted, and nothing restarts", async () => {
  const { s } = await running();
  const first = s.task("small", "m").executorId;
  const older = await backup(s.store);
  s.mesos.failExecutor(first);
  await s.seconds(10);
  await s.offer("a");
  await s.running("small", "m");
  const { executorId } = s.task("small", "m");
  expect(executorId).not.toBe(first);
  await s.restart(older);
  await s.seconds(10);
  await s.offer();
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: executorId, status: "running" });
});

test("B11: an incarnation that the store knows and that runs is kept; a later one beside it is killed", async () => {
  const { s } = await running();
  const { executorId } = s.task("small", "m");
  for (const { info } of s.tasksOf("small", "m")) {
    const task_id = { value: info.task_id.value.replace(executorId, "cke.small.m.i9999") };
    const status = { task_id, state: "TASK_RUNNING", agent_id: { value: "S-b" }, source: "SOURCE_AGENT" } as const;
    s.mesos.send({ type: "UPDATE", update: { status } });
  }
  await s.seconds(10);
  expect(s.callsOf("KILL").length).toBeGreaterThan(0);
  for (const call of s.mesos.calls) if (call.type === "KILL") expect(call.kill.task_id.value).toContain("i9999");
  expect(s.task("small", "m").executorId).toBe(executorId);
});

test("B11: a node whose launch in the backup has ended waits as well: a later one may run, which Mesos names after that end", async () => {
  const { s } = await running();
  const ended = s.tasksOf("small", "m");
  const older = await backup(s.store);
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await s.seconds(10);
  await s.offer("a");
  await s.running("small", "m");
  const { executorId } = s.task("small", "m");
  const tell = (taskId: string, state: TaskState, agentId?: string) => {
    const agent = agentId === undefined ? {} : { agent_id: { value: agentId } };
    const status = { task_id: { value: taskId }, state, reason: "REASON_RECONCILIATION", ...agent };
    s.mesos.send({ type: "UPDATE", update: { status } });
  };
  s.mesos.reconcileAnswers = false;
  await s.restart(older);
  for (const { info } of ended) tell(info.task_id.value, "TASK_GONE", "S-a");
  await s.seconds(6);
  await s.offer("b");
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(stepsOf(s)).toMatchObject([{ explanation: expect.stringContaining("Mesos is asked first") }]);
  s.mesos.reconcileAnswers = true;
  for (const { info, agentId } of s.tasksOf("small", "m")) tell(info.task_id.value, "TASK_RUNNING", agentId);
  everythingNamed(s);
  await s.seconds(6);
  await s.offer("b");
  expect([...s.mesos.executors.keys()]).toEqual([executorId]);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ executor_id: executorId });
});

test("B11: a node whose launch in the store ends after the restart, as its agent tells, is launched again without waiting", async () => {
  const { s } = await running();
  const { executorId } = s.task("small", "m");
  s.mesos.reconcileAnswers = false;
  await s.restart();
  s.mesos.failExecutor(executorId);
  await s.seconds(5);
  await s.offer("a");
  expect(s.task("small", "m").executorId).not.toBe(executorId);
  expect([...s.mesos.executors.keys()]).toEqual([s.task("small", "m").executorId]);
});
