// A VM's move to another host against a fake Mesos: what is launched where at each stage, what is stored before it, and what a new
// leader goes on with.
import { describe, expect, test } from "vitest";
import {
  change,
  copying,
  going,
  hostOf,
  launched,
  moved,
  removals,
  running,
  runs,
  state,
  tasks,
} from "../testing/moving-vm.ts";

test("executors get places on both hosts while the guest runs; then it is shut down, copied, moved, started and cleaned up", async () => {
  const { s, executors } = await running();
  const words = await s.scheduler.vmControl.migration.begin("web", { live: false }, "ann");
  expect(words).toContain('VM "web" is being moved: its guest is shut down when another host has a place');
  await s.offer("a", "b");
  expect([hostOf(s, "vm"), hostOf(s, "source"), hostOf(s, "destination")]).toEqual([["a"], ["a"], ["b"]]);
  expect([launched(s, "source").part, launched(s, "destination").part, launched(s, "vm").part]).toEqual([
    "source",
    "destination",
    "",
  ]);
  expect(new Set(["source", "destination", "vm"].map((unit) => launched(s, unit).instance)).size).toBe(1);
  await s.seconds(3);
  expect(going(s)).toEqual([
    "get a place and ways to both hosts destination: the executor that takes the disks starts on b",
    "get a place and ways to both hosts source: the executor that gives the disks starts on a",
  ]);
  await runs(s, "destination");
  await s.seconds(5);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  await runs(s, "source");
  await s.seconds(10);
  expect(hostOf(s, "vm")).toEqual([]);
  expect(executors.asked).toEqual([
    "room source 0",
    "room destination 5000",
    "tunnel source",
    "tunnel destination",
    "call destination",
  ]);
  expect(going(s)).toEqual(["copy its disks destination: copying disk-system.qcow2: 40 %"]);
  await s.offer("a", "b");
  await s.seconds(700);
  await s.offer("a", "b");
  // Nothing starts it while its disks are copied.
  expect(hostOf(s, "vm")).toEqual([]);
  expect(state(s).plan.steps.find(({ unit }) => unit === "vm")?.explanation).toContain(
    "its plan has stopped it (migrate)",
  );
  executors.copying.resolve(new Uint8Array());
  await s.seconds(10);
  expect(tasks(s, "destination")).toEqual([]);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  await s.seconds(60);
  // The old data stays until the guest runs.
  expect(hostOf(s, "source")).toEqual(["a"]);
  expect(removals(s)).toEqual([]);
  await runs(s, "vm");
  await s.seconds(30);
  expect(removals(s)).toContain("web.source");
  expect(removals(s)).not.toContain("web.destination");
  expect(removals(s)).not.toContain("web.vm");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  expect(state(s).plan.changes).toEqual([]);
  expect((await s.keys()).filter((key) => key.startsWith("units/"))).toEqual(["units/web/vm"]);
  expect(s.mesos.violations).toEqual([]);
});

describe("whoever leads", () => {
  test.each([
    ["executors start", async () => await begun()],
    ["disks are copied", async () => (await copying()).s],
    ["it has moved", async () => (await moved()).s],
  ])("the move goes on at the same place: %s", async (_what, at) => {
    const s = await at();
    const before = s.mesos.live().map(({ executorId }) => executorId);
    const stages = change(s)?.stages.map(({ units }) => units.map(({ status }) => status === "done"));
    await s.restart();
    await s.seconds(5);
    expect(s.mesos.live().map(({ executorId }) => executorId)).toEqual(before);
    expect(change(s)?.stages.map(({ units }) => units.map(({ status }) => status === "done"))).toEqual(stages);
  });
});

async function begun() {
  const { s } = await running();
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  return s;
}

test("the old host is out of reach before its guest is known to have ended: nothing is started elsewhere", async () => {
  const { s, executors } = await running({ disk: { system: { path: "/mnt/web.qcow2", shared: true } } });
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  const vm = tasks(s, "vm")[0]?.info.task_id.value ?? "";
  s.mesos.update(vm, "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  executors.copying.resolve(new Uint8Array());
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(300);
  await s.offer("a", "b");
  expect(change(s)?.stages.find(({ action }) => action === "move")?.units).not.toMatchObject([{ status: "done" }]);
  expect(state(s).real_host).toBe("a");
});

test("given up while its disks are copied, it is started where it was, and only what was copied is removed", async () => {
  const { s } = await copying();
  expect(await s.scheduler.vmControl.migration.abandon("web", "ann")).toContain("given up");
  await s.seconds(30);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["a"]);
  await runs(s, "vm");
  await s.seconds(30);
  expect(new Set(removals(s))).toEqual(new Set(["web.destination"]));
  expect([tasks(s, "destination"), tasks(s, "source")]).toEqual([[], []]);
  expect(state(s).plan.changes).toEqual([]);
});

test("it is not given up once it belongs to its new host", async () => {
  const { s } = await moved();
  await expect(s.scheduler.vmControl.migration.abandon("web", "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("belongs to its new host already"),
  });
});

test("a VM that is tied to its host is tied to the new one afterwards", async () => {
  const { s } = await running({ host: "a" });
  await expect(s.scheduler.vmControl.migration.begin("web", {}, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("may run on host a only"),
  });
});

test.each([
  [{ host: "a" }, "runs on a already"],
  [{ host: "A" }, "runs on a already"],
] as const)("%j is refused", async (wish, words) => {
  const { s } = await running();
  await expect(s.scheduler.vmControl.migration.begin("web", wish, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(words),
  });
});

test("a delete in the middle removes it from both hosts", async () => {
  const { s } = await copying();
  await s.scheduler.vms.remove("web");
  // The guest has ended on its host, so that an executor comes there once more.
  for (let round = 0; round < 4 && s.scheduler.vms.list().length > 0; round += 1) {
    await s.offer("a", "b");
    await s.seconds(30);
  }
  expect(s.scheduler.vms.list()).toEqual([]);
  expect(new Set(removals(s))).toEqual(new Set(["web.source", "web.destination", "web.vm"]));
});

test("no host but the present one fits: it waits, says so, and runs on", async () => {
  const { s } = await running();
  await s.scheduler.vmControl.migration.begin("web", { attributes: { rack: "x" } }, "");
  await s.offer("a", "b");
  await s.seconds(60);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  const pending = s.scheduler.vms.pending("web");
  expect(JSON.stringify(pending)).toContain("is the host that it is to leave");
  expect(JSON.stringify(pending)).toContain("rack");
});
