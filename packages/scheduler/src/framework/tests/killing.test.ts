// How tasks are killed: again and again until they are over, never in a loop with Mesos' answers, and over restarts.
import { SchedulerMessage } from "@cke/protocol";
import { expect, test } from "vitest";
import { unitKey, unitRecordSchema, workloadKey, workloadRecordSchema } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";

const executorOf = (s: Scenario) => s.task("small", "m").executorId;

test("B12: a kill is repeated every 5 seconds until the task is terminal, also by a restarted scheduler", async () => {
  const s = await Scenario.running();
  const { onKill } = s.mesos;
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  await s.seconds(12);
  expect(s.callsOf("KILL")).toHaveLength(3);
  await s.restart();
  await s.seconds(1);
  expect(s.callsOf("KILL")).toHaveLength(4);
  s.mesos.onKill = onKill;
  await s.seconds(6);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.list()).toEqual([]);
  const count = s.callsOf("KILL").length;
  await s.seconds(60);
  expect(s.callsOf("KILL")).toHaveLength(count);
});

test("B12: a kill that Mesos answers with unknown is not repeated, and the task is killed should it come back", async () => {
  const s = await Scenario.running();
  const node = s.id("small", "m");
  s.mesos.onKill = () => undefined;
  const master = (state: "TASK_UNKNOWN" | "TASK_RUNNING") => {
    for (const { info } of s.tasksOf("small", "m")) {
      const status = { task_id: info.task_id, agent_id: { value: "S-a" }, state, source: "SOURCE_MASTER" as const };
      s.mesos.task(info.task_id.value).status = status;
      s.mesos.send({ type: "UPDATE", update: { status: { ...status, reason: "REASON_RECONCILIATION" } } });
    }
  };
  await s.clusters.remove("small");
  await settle();
  master("TASK_UNKNOWN");
  await s.seconds(1);
  const count = s.callsOf("KILL").length;
  await s.seconds(60);
  expect(s.callsOf("KILL")).toHaveLength(count);
  master("TASK_RUNNING");
  await s.seconds(1);
  expect(s.callsOf("KILL").slice(count)).toMatchObject([{ kill: { task_id: { value: node } } }]);
});

const ofNode = (s: Scenario) =>
  s.mesos.calls.flatMap((call) => {
    if (call.type === "KILL") return [`KILL ${call.kill.task_id.value}`];
    if (call.type !== "MESSAGE") return [];
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64")));
    return message?.kind === "removeUnit" ? [`order to ${message.value.executorId}`] : [];
  });

test("B12: before each kill of a node that is deleted goes the order to remove its data, before no other kill", async () => {
  const s = await Scenario.running();
  const node = s.id("small", "m");
  const etcd = s.id("small", "m", "etcd");
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  await s.seconds(7);
  const once = [`order to ${executorOf(s)}`, `KILL ${node}`];
  expect(ofNode(s)).toEqual([...once, ...once]);
  await s.seconds(20);
  expect(ofNode(s)).toContain(`KILL ${etcd}`);
  expect(ofNode(s).filter((call) => call.startsWith("order"))).toHaveLength(
    ofNode(s).filter((call) => call === `KILL ${node}`).length,
  );
});

test("B12: a delete whose orders are all lost costs time, but neither data before nor a leak after", async () => {
  const s = await Scenario.running();
  s.mesos.messages = false;
  await s.clusters.remove("small");
  await s.seconds(2);
  expect([...s.mesos.hosts.volumes]).toEqual(["a small/m"]);
  expect(s.clusters.state("small").plan.steps).toMatchObject([{ step: "clean-up-unit", node: "m" }]);
  await s.offer("a");
  s.mesos.update(s.id("small", "m"), "TASK_STARTING", { data: nodeReport("image") });
  await s.seconds(2);
  expect([...s.mesos.hosts.containers, ...s.mesos.hosts.volumes]).toEqual([]);
  expect(s.clusters.list()).toEqual([]);
});

test("B12: a master that Mesos or somebody's tool kills keeps its data, waits for that host, and goes with it when it is deleted", async () => {
  const s = await Scenario.running();
  s.mesos.addAgent("b");
  s.mesos.onKill(s.task("small", "m"));
  await s.seconds(1);
  expect([[...s.mesos.hosts.containers], [...s.mesos.hosts.volumes]]).toEqual([[], ["a small/m"]]);
  await s.offer("b");
  expect(s.launched("small", "m")).toEqual([]);
  expect(s.clusters.pending("small")[0]?.summary).toMatch(
    /launched on a, which has its data, and nowhere else.*MARK_AGENT_GONE/,
  );
  await s.seconds(5);
  await s.offer("a");
  await s.running("small", "m");
  expect(s.clusters.get("small").status).toBe("running");
  await s.clusters.remove("small");
  await s.seconds(1);
  expect([...s.mesos.hosts.containers, ...s.mesos.hosts.volumes]).toEqual([]);
  expect(s.clusters.list()).toEqual([]);
});

test("B12: a task that is in no record is killed until it is over", async () => {
  const s = await Scenario.running();
  const unknown = "cke.small.m.old.etcd";
  const status = {
    task_id: { value: unknown },
    state: "TASK_RUNNING",
    agent_id: { value: "S-a" },
    source: "SOURCE_AGENT",
  } as const;
  s.mesos.send({ type: "UPDATE", update: { status } });
  await s.seconds(12);
  const kills = s.callsOf("KILL");
  expect(kills.length).toBeGreaterThan(0);
  expect(kills[0]).toMatchObject({ kill: { task_id: { value: unknown }, agent_id: { value: "S-a" } } });
  s.mesos.send({ type: "UPDATE", update: { status: { ...status, state: "TASK_KILLED" } } });
  await s.seconds(1);
  const count = s.callsOf("KILL").length;
  await s.seconds(20);
  expect(s.callsOf("KILL")).toHaveLength(count);
});

test("B12: a node that is not to run is stopped, and its data stays", async () => {
  const s = await Scenario.running();
  const key = workloadKey("small");
  const cluster = workloadRecordSchema.parse((await s.store.get(key))?.value);
  await s.store.commit([{ op: "put", key, value: { ...cluster, spec: { ...cluster.spec, expect: "STOP" } } }]);
  await s.restart();
  await s.seconds(30);
  expect([s.mesos.live(), [...s.mesos.hosts.containers], [...s.mesos.hosts.volumes]]).toEqual([[], [], ["a small/m"]]);
  expect(ofNode(s).filter((call) => call.startsWith("order"))).toEqual([]);
  await s.seconds(3_600);
  await s.offer("a");
  expect([s.mesos.live(), [...s.mesos.hosts.volumes]]).toEqual([[], ["a small/m"]]);
  await s.clusters.remove("small");
  await s.seconds(2);
  await s.offer("a");
  await s.seconds(60);
  expect([...s.mesos.hosts.volumes]).toEqual([]);
});

test("B12: an unknown task of a cluster that is being deleted is removed of this instance alone", async () => {
  const s = await Scenario.running();
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  const status = {
    task_id: { value: "cke.small.m.other.node" },
    state: "TASK_RUNNING",
    agent_id: { value: "S-a" },
    source: "SOURCE_AGENT",
  } as const;
  s.mesos.send({ type: "UPDATE", update: { status } });
  await s.seconds(7);
  const { instance } = unitRecordSchema.parse((await s.store.get(unitKey("small", "m")))?.value);
  const orders = s.mesos.calls.flatMap((call) => {
    if (call.type !== "MESSAGE") return [];
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64")));
    return message?.kind === "removeUnit" && message.value.executorId === "cke.small.m.other" ? [message.value] : [];
  });
  expect(orders.length).toBeGreaterThan(0);
  expect(new Set(orders.map((order) => order.instance))).toEqual(new Set([instance]));
});

test("B12: an executor that does not listen to KILL is shut down", async () => {
  const s = await Scenario.running();
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  await s.seconds(100);
  expect(s.callsOf("SHUTDOWN")).toEqual([]);
  await s.seconds(60);
  expect(s.callsOf("SHUTDOWN")[0]).toMatchObject({ shutdown: { executor_id: { value: executorOf(s) } } });
  expect(s.clusters.get("small").status).toBe("killing");
});
