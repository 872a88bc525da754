// The resources of a running process change: limits and Mesos' ledger follow each other, and the process's own task is never touched.
import { expect, test } from "vitest";
import { settle } from "../testing/manual-clock.ts";
import { launchedProcess, processReport, Scenario } from "../testing/scenario.ts";
import {
  base,
  followLast,
  grow,
  held,
  heldTasksRun,
  idOfEtcd,
  mebibytes,
  put,
  shrink,
  stateOf,
} from "../testing/scenarios/etcd-resources.ts";
import { follow, ordersSince } from "../testing/scenarios/process-orders.ts";

test("a launch has one task for the base of each process, and one for what is beyond; a process is shown once, with its total", async () => {
  const s = await Scenario.running("a");
  expect(held(s)).toEqual([base, ["etcd.res", 0, 128]]);
  expect(stateOf(s)).toMatchObject({ res: { cpu: 0.1, mem: 256 }, mesos_res: { cpu: 0.1, mem: 256 }, change: "" });
  expect(s.clusters.state("small").nodes[0]?.processes.map(({ name }) => name)).toEqual([
    "etcd",
    "apiserver",
    "controller",
    "scheduler",
    "docker",
  ]);
  expect(s.clusters.get("small").status).toBe("running");
});

test("more is granted when Mesos accounts for it: by a further task, on the same agent, of the difference only", async () => {
  const s = await Scenario.running("a", "b");
  const id = idOfEtcd(s);
  const calls = s.mesos.calls.length;
  const { message } = await put(s, 0.2, 512);
  expect(message).toBe('etcd of node "m" may take 0.2 CPUs and 512 MiB from now on');
  await s.seconds(2);
  expect(ordersSince(s, calls)).toEqual([]);
  expect(stateOf(s)).toMatchObject({
    res: { cpu: 0.2, mem: 512 },
    mesos_res: { cpu: 0.1, mem: 256 },
    change: "it may take 0.1 CPUs and 256 MiB now; Mesos is to account for 0.1 CPUs and 256 MiB more on a first",
  });
  expect(s.clusters.pending("small")).toMatchObject([
    { node: "m", process: "etcd.res-2", step: "hold-resources", requests: { cpus: 0.1, mem: 256, host: "a" } },
  ]);
  await s.offer("b");
  expect(held(s)).toHaveLength(2);
  await s.offer("a");
  expect(held(s)).toEqual([base, ["etcd.res", 0, 128], ["etcd.res-2", 0.1, 256]]);
  await s.seconds(2);
  expect(ordersSince(s, calls)).toEqual([]);
  s.mesos.update(s.id("small", "m", "etcd.res-2"), "TASK_RUNNING", { healthy: true });
  await settle();
  const order = await followLast(s, calls);
  expect([mebibytes(order), order.spec?.resources?.cpuMillis]).toEqual([512, 200]);
  expect(stateOf(s)).toMatchObject({ change: "", mesos_res: { cpu: 0.2, mem: 512 }, status: "running" });
  expect([idOfEtcd(s), s.callsOf("KILL"), s.clusters.get("small").status]).toEqual([id, [], "running"]);
  expect(s.mesos.violations).toEqual([]);
});

test("less is taken from the process first, and given back to Mesos when its executor has said so", async () => {
  const s = await Scenario.running("a");
  const id = idOfEtcd(s);
  const calls = s.mesos.calls.length;
  const asked = put(s, 0.1, 128);
  await s.seconds(1);
  expect(held(s)).toHaveLength(2);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(mebibytes(await followLast(s, calls))).toBe(128);
  await s.seconds(1);
  await asked;
  expect(held(s)).toEqual([base]);
  await s.offer("a");
  await s.seconds(60);
  expect(held(s)).toEqual([base]);
  expect([idOfEtcd(s), stateOf(s)?.change, stateOf(s)?.mesos_res]).toEqual([id, "", { cpu: 0.1, mem: 128 }]);
  // And again more, under the name that is free.
  await grow(s, 0.1, 200);
  expect(held(s)).toEqual([base, ["etcd.res", 0, 72]]);
  expect(s.id("small", "m", "etcd.res")).toMatch(/\.etcd\.res\.2$/);
});

test("a part is given back by a smaller task that runs before the larger one ends: Mesos accounts for all of it at every moment", async () => {
  const s = await Scenario.running("a");
  await shrink(s, 0.1, 200);
  expect(held(s)).toEqual([base, ["etcd.res", 0, 128]]);
  expect(s.clusters.pending("small")).toMatchObject([
    {
      process: "etcd.res-2",
      step: "hold-resources",
      requests: { cpus: 0, mem: 72, host: "a" },
      summary: expect.stringContaining("a smaller task takes the place of etcd.res"),
    },
  ]);
  await s.offer("a");
  expect(held(s)).toEqual([base, ["etcd.res", 0, 128], ["etcd.res-2", 0, 72]]);
  await heldTasksRun(s);
  await s.seconds(1);
  expect(held(s)).toEqual([base, ["etcd.res-2", 0, 72]]);
  expect([stateOf(s)?.change, stateOf(s)?.mesos_res]).toEqual(["", { cpu: 0.1, mem: 200 }]);
});

test("an agent without room gets it back all the same: the larger task ends, and the smaller one follows", async () => {
  const s = await Scenario.running("a");
  await shrink(s, 0.1, 200);
  await s.seconds(12);
  expect(held(s)).toEqual([base]);
  expect(s.clusters.pending("small")).toMatchObject([{ process: "etcd.res", requests: { mem: 72 } }]);
  await s.offer("a");
  await heldTasksRun(s);
  expect(held(s)).toEqual([base, ["etcd.res", 0, 72]]);
  expect(stateOf(s)?.change).toBe("");
});

test("while the plan is paused nothing is given back that would have to be launched again", async () => {
  const s = await Scenario.running("a");
  await s.clusters.changePlan("small", "pause", {}, "ann");
  await shrink(s, 0.1, 200);
  await s.seconds(60);
  expect(held(s)).toEqual([base, ["etcd.res", 0, 128]]);
  await s.clusters.changePlan("small", "resume", {}, "ann");
  await s.seconds(2);
  await s.offer("a");
  await heldTasksRun(s);
  expect(held(s).slice(1)).toEqual([["etcd.res", 0, 72]]);
});

test("below its base a process shrinks at once, and Mesos gets that back with its next launch only, which the state says", async () => {
  const s = await Scenario.running("a");
  const order = await shrink(s, 0.1, 100);
  expect(mebibytes(order)).toBe(100);
  await s.seconds(5);
  expect(held(s)).toEqual([base]);
  expect(stateOf(s)).toMatchObject({
    res: { mem: 100 },
    mesos_res: { mem: 128 },
    change: expect.stringContaining("or its next launch"),
  });
  // Back to what Mesos holds anyway: nothing is waited for.
  const calls = s.mesos.calls.length;
  await put(s, 0.1, 128);
  expect(mebibytes(await followLast(s, calls))).toBe(128);
  await shrink(s, 0.1, 100);
  for (const { info } of s.tasksOf("small", "m")) s.mesos.update(info.task_id.value, "TASK_FAILED");
  await settle();
  await s.seconds(10);
  await s.offer("a");
  expect(held(s)).toEqual([["etcd", 0.1, 100]]);
  await s.running("small", "m");
  expect(stateOf(s)?.change).toBe("");
});

test("growing again and again adds tasks; then the next one holds what the smallest does, too", async () => {
  const s = await Scenario.running("a");
  for (const memory of [300, 400, 500]) await grow(s, 0.1, memory);
  expect(
    held(s)
      .slice(1)
      .map(([, , mem]) => mem),
  ).toEqual([128, 44, 100, 100]);
  await put(s, 0.1, 700);
  await s.seconds(2);
  await s.offer("a");
  expect(
    held(s)
      .slice(1)
      .map(([, , mem]) => mem),
  ).toEqual([128, 44, 100, 100, 244]);
  await heldTasksRun(s);
  const order = ordersSince(s, 0).at(-1);
  if (order !== undefined) await follow(s, "small", "m", order);
  await s.seconds(2);
  expect(
    held(s)
      .slice(1)
      .map(([, , mem]) => mem),
  ).toEqual([128, 100, 100, 244]);
  expect(stateOf(s)).toMatchObject({ status: "running", mesos_res: { cpu: 0.1, mem: 700 } });
});

test("limits below what is in use are refused with the wrapper's figures, and everything stays", async () => {
  const s = await Scenario.running("a");
  const before = s.clusters.json("small");
  const calls = s.mesos.calls.length;
  const asked = put(s, 0.1, 64);
  const refusal = expect(asked).rejects.toMatchObject({
    status: 409,
    code: "limit_in_use",
    message: expect.stringContaining("is below the 100 MiB in use"),
  });
  await s.seconds(1);
  const [order] = ordersSince(s, calls);
  const launched = launchedProcess(s.task("small", "m", "etcd"));
  const data = processReport(
    { name: "etcd", phase: "running", healthy: true, resources: launched?.spec?.resources },
    launched?.version,
    {
      processProblem: "a memory limit of 64 MiB is below the 100 MiB in use",
      processProblemVersion: order?.version ?? "",
    },
  );
  s.mesos.update(idOfEtcd(s), "TASK_RUNNING", { healthy: true, data });
  await settle();
  await s.seconds(1);
  await refusal;
  expect(stateOf(s)?.res).toEqual({ cpu: 0.1, mem: 256 });
  const sizes = (json: unknown) => JSON.stringify(json).includes('"memory":64');
  expect([sizes(before), sizes(s.clusters.json("small"))]).toEqual([false, false]);
  // The executor, which goes on trying, is told to stop.
  const later = s.mesos.calls.length;
  await s.seconds(60);
  expect(ordersSince(s, later).map(mebibytes)[0]).toBe(256);
});
