// Subscriptions: identity, reconciliation, updates in any order, and refusals.
import { expect, test } from "vitest";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

test("the framework id is stored and used again", async () => {
  const s = await new Scenario().start();
  expect((await s.store.get("framework"))?.value).toEqual({ id: "F-1", name: "cke-test" });
  await s.restart();
  expect(s.mesos.subscriptions.slice(1)).toEqual([
    expect.objectContaining({
      framework_info: expect.objectContaining({
        roles: ["cke"],
        checkpoint: true,
        failover_timeout: 86_000,
        user: "root",
      }),
    }),
  ]);
  expect(s.clusters.connected()).toBe(true);
});

test("after a restart the scheduler knows everything and launches nothing again", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  const before = s.clusters.state("small");
  await s.restart();
  await s.seconds(2);
  await s.offer();
  const after = s.clusters.state("small");
  expect(after.status).toBe("running");
  expect(after.nodes).toEqual(before.nodes);
  expect(s.callsOf("ACCEPT")).toHaveLength(1);
  expect(s.callsOf("KILL")).toEqual([]);
});

test("tasks that ended while the scheduler was away are found out", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  await s.clusters.stop();
  s.mesos.connection.disconnect();
  const executor = s.task("small", "m").executorId;
  s.mesos.executors.delete(executor);
  for (const { info } of s.tasksOf("small", "m")) s.mesos.tasks.delete(info.task_id.value);
  await s.restart();
  await s.seconds(3);
  await s.offer();
  expect(s.mesos.live().length).toBeGreaterThan(0);
  expect(s.task("small", "m").executorId).not.toBe(executor);
});

test("B11: reconciliation is asked again until every task was answered for", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  const explicit = () => s.callsOf("RECONCILE").filter((call) => JSON.stringify(call).includes("task_id"));
  const before = explicit().length;
  s.mesos.reconcileAnswers = false;
  s.mesos.connection.reconnect();
  await s.seconds(20);
  expect(explicit().length - before).toBeGreaterThanOrEqual(3);
  s.mesos.reconcileAnswers = true;
  await s.seconds(40);
  const answered = explicit().length;
  await s.seconds(300);
  expect(explicit()).toHaveLength(answered);
});

test("B11: the framework reconciles implicitly every 15 minutes", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  const implicit = () => s.callsOf("RECONCILE").filter((call) => !JSON.stringify(call).includes("task_id")).length;
  const before = implicit();
  await s.seconds(901);
  expect(implicit()).toBe(before + 1);
});

test("an update is acknowledged once per delivery, and only after it is stored", async () => {
  const s = await Scenario.launched();
  const order: string[] = [];
  s.mesos.beforeCall = (call) => void (call.type === "ACKNOWLEDGE" && order.push("acknowledge"));
  const commit = s.store.commit.bind(s.store);
  s.store.commit = async (operations, guard) => {
    const result = await commit(operations, guard);
    order.push("commit");
    return result;
  };
  const status = s.mesos.update(s.id("small", "m"), "TASK_STARTING");
  await settle();
  expect(order).toEqual(["commit", "acknowledge"]);
  s.mesos.send({ type: "UPDATE", update: { status } });
  await settle();
  expect(order).toEqual(["commit", "acknowledge", "acknowledge"]);
});

test("a store that fails leaves the update unacknowledged; it comes again", async () => {
  const s = await Scenario.launched();
  const commit = s.store.commit.bind(s.store);
  s.store.commit = async () => {
    s.store.commit = commit;
    throw new Error("disk full");
  };
  s.mesos.update(s.id("small", "m"), "TASK_RUNNING", { healthy: true });
  await s.seconds(1);
  expect(s.clusters.state("small").nodes[0]?.task_state).toBe("TASK_RUNNING");
  expect(s.mesos.task(s.id("small", "m")).unacknowledged).toEqual([]);
});

test.each([
  ["failed_over", "Framework failed over", /another scheduler took over/],
  ["framework_removed", "Framework has been removed", /Mesos removed this framework/],
] as const)("%s with clusters is the end for this scheduler", async (kind, message, words) => {
  const s = await Scenario.launched();
  expect(await s.mesos.connection.problem({ kind, message })).toBe("stop");
  expect(s.fatal.map((error) => error.message)).toEqual([expect.stringMatching(words)]);
});

test("a removed framework without clusters subscribes anew", async () => {
  const s = await new Scenario().start();
  expect(await s.mesos.connection.problem({ kind: "framework_removed", message: "Framework has been removed" })).toBe(
    "retry",
  );
  expect(await s.store.get("framework")).toBeUndefined();
  expect(s.fatal).toEqual([]);
});

test("why nobody is subscribed: a master that does not answer, a refusal, a loss; nothing once somebody is", async () => {
  const s = await new Scenario().start();
  expect(s.clusters.unsubscribed()).toBe("");
  s.mesos.connection.lose();
  expect(s.clusters.unsubscribed()).toBe("test");
  await s.restart();
  expect(s.clusters.unsubscribed()).toBe("");
});

test("B23: a refusal stands until something else is heard", async () => {
  const s = await new Scenario().start();
  const problem = { kind: "unauthenticated", message: "401 Unauthorized" } as const;
  s.mesos.connection.interrupt();
  expect(await s.mesos.connection.problem(problem)).toBe("retry");
  expect(s.clusters.unsubscribed()).toMatch(/give -mesos_principal and -mesos_secret_file .*401 Unauthorized/);
  s.mesos.connection.unavailable("10.0.0.1:5050: connect ECONNREFUSED");
  expect(s.clusters.unsubscribed()).toBe("10.0.0.1:5050: connect ECONNREFUSED");
  s.mesos.connection.reconnect();
  await settle();
  expect(s.clusters.unsubscribed()).toBe("");
});
