// Pod mode: a node and its processes as one task group, launched and ended as a whole.
import { Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const everything = ["node", "etcd", "apiserver", "controller", "scheduler", "docker"];

async function launched(body: Readonly<Record<string, unknown>> = { pod: true }) {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create({ ...smallBody(), ...body });
  await settle();
  await s.offer();
  return s;
}

const operations = (s: Scenario) =>
  s.mesos.calls.flatMap((call: FrameworkCall) => (call.type === "ACCEPT" ? (call.accept.operations ?? []) : []));

test("a pod is one LAUNCH_GROUP: the executor named once, by none of the tasks", async () => {
  const s = await launched();
  const [operation, ...others] = operations(s);
  expect(others).toEqual([]);
  expect(operation?.type).toBe("LAUNCH_GROUP");
  const { executor, task_group } = operation?.launch_group ?? {};
  expect(executor).toMatchObject({ framework_id: { value: "F-1" }, type: "CUSTOM" });
  expect(task_group?.tasks?.map(({ executor: own }) => own)).toEqual(everything.map(() => undefined));
  expect(s.launched("small", "m")).toEqual(everything);
  await s.running("small", "m");
  expect(s.clusters.get("small").status).toBe("running");
});

test("a pod's executor takes disk, for a master refuses a task group whose executor has none", async () => {
  const s = await launched();
  const executor = operations(s)[0]?.launch_group?.executor;
  expect(Resources.scalarOf(executor?.resources ?? [], "disk")).toBe(256);
  expect(JSON.stringify(operations(await launched({})))).not.toContain('"disk"');
});

test("an agent without disk cannot take a pod, and says so", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a", { disk: 0 });
  await s.clusters.create({ ...smallBody(), pod: true });
  await settle();
  await s.offer();
  expect(operations(s)).toEqual([]);
  const [pending] = s.clusters.pending("small");
  expect(pending?.refusals).toEqual([
    expect.objectContaining({ kind: "disk", examples: [expect.objectContaining({ words: "has disk 0 of 256" })] }),
  ]);
  expect(pending?.requests?.disk).toBe(256);
  expect(pending?.summary).toContain("disk 256 MiB");
});

test("nodes say it for themselves, and those that are no pods share one LAUNCH", async () => {
  const nodes = [
    { name: "m", type: "master", node_ip: "10.0.0.1" },
    { name: "n", type: "node", node_ip: "10.0.0.2", pod: false },
    { name: "o", type: "node", node_ip: "10.0.0.3" },
  ];
  const s = await launched({ pod: true, nodes });
  const kinds = operations(s).map(({ type, launch, launch_group }) => [
    type,
    (launch?.task_infos ?? launch_group?.task_group.tasks ?? []).length,
  ]);
  expect(kinds).toEqual([
    ["LAUNCH", 8],
    ["LAUNCH_GROUP", 6],
    ["LAUNCH_GROUP", 5],
  ]);
});

test("a process that ended is not launched alone: the pod ends and is launched anew, on its host and with its home", async () => {
  const s = await launched();
  s.mesos.addAgent("b");
  await s.running("small", "m");
  const before = s.tasksOf("small", "m").map(({ info }) => info.task_id.value);
  s.mesos.update(s.id("small", "m", "apiserver"), "TASK_FAILED", { message: "gave up" });
  await settle();
  await s.seconds(3);
  await s.offer();
  expect(operations(s)).toHaveLength(1);
  expect(s.callsOf("KILL")).toEqual([]);
  const steps = s.clusters.state("small").plan.steps;
  expect(steps).toContainEqual(
    expect.objectContaining({
      step: "wait",
      explanation: expect.stringMatching(/apiserver ended, and its pod ends with it: .*gave up/),
    }),
  );
  // The executor ends the rest, the node's task last.
  for (const { info, process } of s.tasksOf("small", "m"))
    s.mesos.update(info.task_id.value, process === "" ? "TASK_FAILED" : "TASK_KILLED", { message: "its pod ended" });
  await s.seconds(1);
  await s.offer();
  expect(operations(s).map(({ type }) => type)).toEqual(["LAUNCH_GROUP", "LAUNCH_GROUP"]);
  expect(s.launched("small", "m")).toEqual(everything);
  expect(new Set(s.tasksOf("small", "m").map(({ agentId }) => agentId))).toEqual(new Set(["S-a"]));
  expect(s.tasksOf("small", "m").some(({ info }) => before.includes(info.task_id.value))).toBe(false);
  expect(s.mesos.violations).toEqual([]);
});

test("a group that Mesos refuses is refused whole, and nothing of it runs", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create({ ...smallBody(), pod: true });
  await settle();
  s.mesos.place = () => ({ refusal: "Task group is invalid" });
  await s.offer();
  await s.seconds(1);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.state("small").nodes[0]?.reason).toContain("Task group is invalid");
  await s.offer();
  expect(operations(s)).toHaveLength(1);
});

test("a pod whose offer was rescinded is launched again whole", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create({ ...smallBody(), pod: true });
  await settle();
  s.mesos.beforeCall = (call) => {
    if (call.type === "ACCEPT") s.mesos.offered.clear();
  };
  await s.offer();
  expect(s.mesos.live()).toEqual([]);
  s.mesos.beforeCall = () => undefined;
  await s.seconds(1);
  await s.offer();
  expect(s.launched("small", "m")).toEqual(everything);
});

test("the delete of a pod kills its node, and everything goes with it", async () => {
  const s = await launched();
  await s.running("small", "m");
  await s.clusters.remove("small");
  await s.seconds(2);
  expect(s.clusters.list()).toEqual([]);
  expect(s.mesos.live()).toEqual([]);
});

test("what was asked for comes back as JSON", async () => {
  const s = await launched({ pod: true, nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1", pod: false }] });
  expect(s.clusters.json("small")).toMatchObject({ pod: true, kubenodes: [{ name: "m", pod: false }] });
  const plain = await launched({});
  expect(JSON.stringify(plain.clusters.json("small"))).not.toContain("pod");
});
