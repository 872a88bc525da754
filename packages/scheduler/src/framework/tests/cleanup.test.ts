// A cluster is deleted after executors died: their containers are removed before the cluster's records are.
import { TaskData } from "@cke/protocol";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { keptEntries } from "../../workload/plans/log-entry.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";

const running = async () => {
  const s = await Scenario.running("a", "b");
  expect([...s.mesos.hosts.containers]).toEqual(["a small/m"]);
  return s;
};

const dead = async (state: "TASK_FAILED" | "TASK_GONE_BY_OPERATOR" | "TASK_GONE" = "TASK_FAILED", reason = "") => {
  const s = await running();
  s.mesos.failExecutor(s.task("small", "m").executorId, state, { message: "executor crashed", reason });
  await settle();
  return s;
};

const step = async (s: Scenario, name: string) => {
  s.mesos.update(s.id("small", "m"), "TASK_STARTING", { data: nodeReport(name) });
  await settle();
};
const reasonOf = (s: Scenario) => s.clusters.state("small").nodes[0]?.reason ?? "";
const instanceOf = (s: Scenario) => {
  const { data = "" } = s.task("small", "m").info;
  const { task } = TaskData.decode(new Uint8Array(Buffer.from(data, "base64")));
  return task?.kind === "kubeNode" ? task.value.labels["cke.instance"] : undefined;
};
const gone = async (s: Scenario) => {
  expect(s.clusters.list()).toEqual([]);
  expect([...s.mesos.hosts.containers, ...s.mesos.hosts.volumes]).toEqual([]);
  expect(await s.keys()).toEqual(["framework"]);
  expect(s.mesos.violations).toEqual([]);
};

test("a node whose executor died is launched once more at its host, and killed once that has taken over", async () => {
  const s = await dead();
  await s.clusters.remove("small");
  await s.seconds(1);
  expect(s.clusters.get("small").status).toBe("killing");
  expect(s.mesos.suppressed).toBe(false);
  await s.offer("b");
  expect(s.launched("small", "m")).toEqual([]);
  expect(reasonOf(s)).toContain("host a may still hold container cke-small-m");
  expect(reasonOf(s)).toContain("b is not host a");
  expect(s.clusters.state("small").plan.steps).toMatchObject([{ step: "clean-up-unit", node: "m" }]);

  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(["node"]);
  const { info } = s.task("small", "m");
  const resources = [...(info.resources ?? []), ...(info.executor?.resources ?? [])];
  expect(resources.map(({ name, scalar }) => [name, scalar?.value])).toEqual([
    ["cpus", 0.01],
    ["mem", 32],
    ["cpus", 0.1],
    ["mem", 64],
  ]);
  const data = TaskData.decode(new Uint8Array(Buffer.from(info.data ?? "", "base64"))).task;
  expect(data).toMatchObject({
    kind: "kubeNode",
    value: { cluster: "small", node: "m", network: "", ip: "", ports: [], volumes: [], secrets: [], files: [] },
  });
  await s.seconds(10);
  await step(s, "engine");
  expect(s.callsOf("KILL")).toEqual([]);
  await step(s, "container");
  expect(s.callsOf("KILL")).toHaveLength(1);
  await gone(s);
});

test.each([
  ["at the delete", 0],
  ["before the clean-up", 1],
  ["while the clean-up comes up", 2],
  ["once it has come up", 3],
])("the scheduler is restarted %s", async (_title, when) => {
  const s = await dead();
  const restart = async (moment: number) => {
    if (moment === when) await s.restart();
  };
  await s.clusters.remove("small");
  await restart(0);
  await s.seconds(1);
  await restart(1);
  await s.offer("a");
  await restart(2);
  s.mesos.onKill = () => undefined;
  await step(s, "image");
  await restart(3);
  const task = s.task("small", "m");
  s.mesos.hosts.containers.clear();
  s.mesos.hosts.volumes.clear();
  s.mesos.update(task.info.task_id.value, "TASK_KILLED", { data: nodeReport("stopping") });
  await s.seconds(1);
  await gone(s);
});

test("deleted while the next incarnation comes up: it is killed only once it has taken over", async () => {
  const s = await dead();
  await s.seconds(5);
  await s.offer("a");
  expect(s.launched("small", "m")).toContain("etcd");
  await s.clusters.remove("small");
  await s.seconds(5);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.state("small").plan.steps[0]?.explanation).toContain("takes over what a dead one left");
  await step(s, "image");
  await gone(s);
});

test("an executor that does not get as far is killed all the same, and another one cleans up", async () => {
  const s = await dead();
  await s.clusters.remove("small");
  await s.seconds(1);
  await s.offer("a");
  await s.seconds(61);
  expect(s.callsOf("KILL")).toHaveLength(1);
  expect(s.launched("small", "m")).toEqual([]);
  expect(reasonOf(s)).toContain("clean-up 1 failed");
  await s.seconds(3);
  await s.offer("a");
  await step(s, "image");
  await gone(s);
});

test("an executor that dies during the removal is replaced by a clean-up", async () => {
  const s = await running();
  const removes = s.mesos.onKill;
  s.mesos.onKill = ({ executorId }) => s.mesos.failExecutor(executorId);
  await s.clusters.remove("small");
  await s.seconds(1);
  expect(s.clusters.get("small").status).toBe("killing");
  s.mesos.onKill = removes;
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(["node"]);
  await step(s, "image");
  await gone(s);
});

test("a host that offers nothing is given up after ten minutes, with what an operator can do", async () => {
  const s = await dead();
  await s.clusters.remove("small");
  const log = s.clusters.log("small");
  const from = log.next;
  await s.seconds(595);
  expect(s.clusters.list()).toHaveLength(1);
  // Time without a master does not count: it could not offer anything.
  s.mesos.connection.reconnect();
  await s.seconds(595);
  expect(s.clusters.list()).toHaveLength(1);
  await s.seconds(10);
  expect(s.clusters.list()).toEqual([]);
  const told = keptEntries(log).filter(({ seq }) => seq >= from);
  expect(told.flatMap((entry) => (entry.type === "log" && entry.level === "warning" ? entry.log : []))).toEqual([
    expect.stringMatching(/cke-small-m .* run on a: cke-k8s-exec -cleanup small\/m@i1$/),
  ]);
  expect(await s.keys()).toEqual(["framework"]);
});

test("a host that was given up is cleaned up all the same when it returns while another one is waited for", async () => {
  const s = await running();
  await s.nodes.add("small", [{ name: "w", type: "node", node_ip: "10.0.0.2" }], "");
  await settle();
  await s.offer("b");
  await s.running("small", "w");
  expect([...s.mesos.hosts.containers].toSorted()).toEqual(["a small/m", "b small/w"]);
  const removed = { message: "away", reason: "REASON_AGENT_REMOVED" };
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_GONE", removed);
  s.mesos.failExecutor(s.task("small", "w").executorId);
  await settle();
  await s.clusters.remove("small");
  await s.seconds(35);
  // It is not waited for, and the other one is.
  expect(s.clusters.state("small").plan.steps).toMatchObject([
    { node: "m", explanation: expect.stringContaining("it is not waited for") },
    { node: "w", explanation: expect.stringContaining("given up after 600 s") },
  ]);
  await s.restart();
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(["node"]);
  await step(s, "image");
  expect([...s.mesos.hosts.containers]).toEqual(["b small/w"]);
  expect(s.launched("small", "m")).toEqual([]);
  await s.seconds(605);
  expect(s.clusters.list()).toEqual([]);
  expect(s.mesos.violations).toEqual([]);
});

test("an agent that an operator marked gone is not waited for, one that Mesos removed not for long", async () => {
  const marked = await dead("TASK_GONE_BY_OPERATOR");
  await marked.clusters.remove("small");
  await marked.seconds(1);
  expect(marked.clusters.list()).toEqual([]);
  const removed = await dead("TASK_GONE", "REASON_AGENT_REMOVED");
  await removed.clusters.remove("small");
  await removed.seconds(20);
  expect(removed.clusters.list()).toHaveLength(1);
  await removed.seconds(15);
  expect(removed.clusters.list()).toEqual([]);
});

test("an executor that never came up has left nothing: the delete does not wait", async () => {
  const s = await Scenario.launched();
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_FAILED", { reason: "REASON_CONTAINER_LAUNCH_FAILED" });
  await s.seconds(1);
  await s.clusters.remove("small");
  await s.seconds(1);
  await gone(s);
});

test("a node's life has one name, over incarnations, restarts and its clean-up; the next of the same name has another", async () => {
  const s = await running();
  const life = instanceOf(s);
  expect(life).toMatch(/./);
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await s.seconds(5);
  await s.restart();
  await s.offer("a");
  expect(instanceOf(s)).toBe(life);
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await s.clusters.remove("small");
  await s.seconds(1);
  await s.offer("a");
  expect(instanceOf(s)).toBe(life);
  await step(s, "image");
  await gone(s);
  await s.clusters.create(smallBody());
  await s.offer("a");
  expect(instanceOf(s)).toMatch(/./);
  expect(instanceOf(s)).not.toBe(life);
});
