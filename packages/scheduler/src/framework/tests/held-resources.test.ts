// What a process holds stays held: over reservations, lost tasks, relaunches, a restored store and dying schedulers.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { Death, DyingStore } from "../testing/dying-store.ts";
import { settle } from "../testing/manual-clock.ts";
import { body } from "../testing/reservation-scenario.ts";
import { launchedProcess, Scenario } from "../testing/scenario.ts";
import { base, grow, held, heldTasksRun, idOfEtcd, put, shrink, stateOf } from "../testing/scenarios/etcd-resources.ts";
import { follow, ordersSince } from "../testing/scenarios/process-orders.ts";

test("what is reserved for a node stays reserved: a part is given back at once, for nobody else can take the rest", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create(body());
  await s.offer("a");
  await s.running("small", "m");
  await s.offer("a");
  const reserved = () =>
    s.mesos
      .reserved()
      .filter(({ name }) => name === "mem")
      .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0);
  const before = reserved();
  await shrink(s, 0.1, 200);
  await s.seconds(1);
  expect(held(s)).toEqual([base]);
  await s.offer("a");
  await heldTasksRun(s);
  expect(held(s)).toEqual([base, ["etcd.res", 0, 72]]);
  // It grows into what is reserved for it, without anything new being reserved.
  await grow(s, 0.1, 256);
  expect(held(s).slice(1)).toEqual([
    ["etcd.res", 0, 72],
    ["etcd.res-2", 0, 56],
  ]);
  const piece = s.task("small", "m", "etcd.res-2").info.resources?.find(({ name }) => name === "mem");
  expect([piece?.reservations?.at(-1)?.type, reserved()]).toEqual(["DYNAMIC", before]);
});

test("a task that holds resources is lost alone: it is launched again, and the process goes on", async () => {
  const s = await Scenario.running("a");
  const id = idOfEtcd(s);
  s.mesos.update(s.id("small", "m", "etcd.res"), "TASK_FAILED", { message: "lost" });
  await settle();
  expect([held(s), stateOf(s)?.status, s.clusters.get("small").status]).toEqual([[base], "running", "running"]);
  await s.seconds(30);
  await s.offer("a");
  expect(held(s)).toEqual([base, ["etcd.res", 0, 128]]);
  expect(idOfEtcd(s)).toBe(id);
});

test("a process whose own task ends is launched again with its base; what is beside it stays, and what is missing comes with it", async () => {
  const s = await Scenario.running("a");
  await grow(s, 0.2, 512);
  const beside = ["etcd.res", "etcd.res-2"].map((task) => s.id("small", "m", task));
  s.mesos.update(idOfEtcd(s), "TASK_FAILED", { message: "exit code 1" });
  await settle();
  await s.seconds(5);
  await s.offer("a");
  expect(new Set(held(s))).toEqual(new Set([base, ["etcd.res", 0, 128], ["etcd.res-2", 0.1, 256]]));
  expect(["etcd.res", "etcd.res-2"].map((task) => s.id("small", "m", task))).toEqual(beside);
  await s.running("small", "m");
  for (const task of ["etcd", "etcd.res-2"])
    s.mesos.update(s.id("small", "m", task), "TASK_FAILED", {
      message: "lost",
      ...(task === "etcd" ? { data: s.healthyReport("etcd", "v") } : {}),
    });
  await settle();
  await s.seconds(10);
  expect(s.clusters.pending("small")).toMatchObject([{ process: "etcd", requests: { cpus: 0.2, mem: 384 } }]);
  await s.offer("a");
  expect(new Set(held(s))).toEqual(new Set([base, ["etcd.res", 0, 128], ["etcd.res-2", 0.1, 256]]));
});

test("a restored store takes over what its tasks hold, and goes on from there", async () => {
  const s = await Scenario.created("a");
  await s.seconds(1);
  const before = new MemoryStore();
  await before.commit((await s.store.list("")).map(({ key, value }) => ({ op: "put" as const, key, value })));
  await s.offer("a");
  await s.running("small", "m");
  const ids = s.tasksOf("small", "m").map(({ info }) => info.task_id.value);
  await s.restart(before);
  await s.offer("a");
  await s.seconds(5);
  await s.offer("a");
  await s.seconds(5);
  expect([s.tasksOf("small", "m").map(({ info }) => info.task_id.value), s.callsOf("KILL")]).toEqual([ids, []]);
  expect(stateOf(s)?.mesos_res).toEqual({ cpu: 0.1, mem: 256 });
  const launched = launchedProcess(s.task("small", "m", "etcd"));
  if (launched !== undefined) await follow(s, "small", "m", launched);
  await shrink(s, 0.1, 128);
  expect(held(s)).toEqual([base]);
});

test("what is held for a process that is given up goes back at once, is kept for nobody, and comes again with a retry", async () => {
  const s = await Scenario.running("a");
  const of = (process: string) => s.tasksOf("small", "m").filter((one) => one.process.startsWith(process));
  const optional = ["docker", "scheduler", "controller"].find((process) => of(process).length === 2) ?? "";
  expect(optional).not.toBe("");
  s.mesos.update(s.id("small", "m", optional), "TASK_FAILED", {
    message: "exit code 1",
    data: s.healthyReport(optional, "v"),
  });
  await settle();
  await s.clusters.changePlan("small", "skip", { node: "m", process: optional }, "");
  await s.seconds(1);
  expect(of(optional)).toEqual([]);
  await s.clusters.changePlan("small", "retry", { node: "m", process: optional }, "");
  await s.seconds(1);
  await s.offer("a");
  expect(
    of(optional)
      .map(({ process }) => process)
      .sort(),
  ).toEqual([optional, `${optional}.res`]);
  expect(s.mesos.violations).toEqual([]);
});

test("what the kernel or Mesos cannot change is refused with words: pods", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ pod: true }));
  await put(s, 0.2, 512);
  await s.offer("a");
  await s.running("small", "m");
  expect(held(s)).toEqual([["etcd", 0.2, 512]]);
  await expect(put(s, 0.1, 256)).rejects.toMatchObject({ status: 409, message: expect.stringContaining("is a pod") });
  await expect(put(s, 9999, 256)).rejects.toMatchObject({ status: 422 });
});

const deaths = Array.from({ length: 12 }, (_, index) => index);
test.each(deaths)("the scheduler may be killed at commit %i of growing and shrinking", async (deadly) => {
  const memory = new MemoryStore();
  let count = Number.NEGATIVE_INFINITY;
  const store = new DyingStore(memory, (when) => {
    if (when === (deadly % 2 === 0 ? "before" : "after") && count++ === Math.floor(deadly / 2))
      throw new Death("killed");
  });
  const s = await new Scenario({ store }).start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody());
  await s.offer("a");
  await s.running("small", "m");
  const id = idOfEtcd(s);
  count = 0;
  const step = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch {
      s.mesos.offered.clear();
      await s.restart(memory);
    }
  };
  const outcome = async (cpu: number, mem: number) => {
    for (let round = 0; round < 8; round += 1) {
      await step(async () => {
        await s.seconds(2);
        const orders = ordersSince(s, 0);
        const last = orders.at(-1);
        if (last !== undefined) await follow(s, "small", "m", last);
        for (const { process, info } of s.tasksOf("small", "m"))
          if (process.startsWith("etcd.res")) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
        await settle();
        if (s.fatal.length > 0) {
          s.fatal.length = 0;
          throw new Death("ended");
        }
        await s.offer("a");
      });
      if (stateOf(s)?.res.mem !== mem) await step(() => Promise.race([put(s, cpu, mem), s.seconds(10)]));
    }
    expect(stateOf(s)).toMatchObject({ res: { cpu, mem }, mesos_res: { cpu, mem } });
  };
  await step(() => put(s, 0.2, 512));
  await outcome(0.2, 512);
  await outcome(0.1, 200);
  await outcome(0.1, 128);
  expect(held(s)).toEqual([base]);
  expect(idOfEtcd(s)).toBe(id);
  expect(s.mesos.violations).toEqual([]);
});
