// A guest that moves while it runs, against a fake Mesos: what is done in which order, what falls back to a shutdown, and until when it can be
// given up.
import { CkeError } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { VmCalls } from "../service/vm-calls.ts";
import { VmMigrationApi } from "../service/vm-migration-api.ts";
import { abandon, moving, ownDisk } from "../testing/live-move.ts";
import { change, going, hostOf, removals, running, runs, state, tasks } from "../testing/moving-vm.ts";

test("a guest goes while it runs; then its host changes in one commit, its new executor comes, and the old data goes", async () => {
  const { s, executors, go, words } = await moving();
  expect(words).toContain("its guest goes there while it runs");
  expect(going(s)).toEqual(["move it while it runs vm: moving the guest while it runs: 1 MB of 2 MB"]);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  go();
  await s.seconds(20);
  expect(executors.asked).not.toContain("call destination");
  expect(executors.asked).not.toContain("tunnel source");
  expect([tasks(s, "vm"), tasks(s, "destination")]).toEqual([[], []]);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  expect(removals(s)).toEqual([]);
  await runs(s, "vm");
  await s.seconds(30);
  expect(new Set(removals(s))).toEqual(new Set(["web.source"]));
  expect(state(s).plan.changes).toEqual([]);
  expect((await s.keys()).filter((key) => key.startsWith("units/"))).toEqual(["units/web/vm"]);
  expect(s.mesos.violations).toEqual([]);
});

test("another leader asks again, and nothing is launched twice", async () => {
  const { s, executors, go } = await moving();
  const before = s.mesos.live().map(({ executorId }) => executorId);
  await s.restart();
  await s.seconds(5);
  expect(s.mesos.live().map(({ executorId }) => executorId)).toEqual(before);
  expect(executors.asked.filter((one) => one === "begin vm").length).toBeGreaterThan(1);
  go();
  await s.seconds(20);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
});

test("the executor of its guest dies on the way: it is launched where it was, and asked again", async () => {
  const { s, executors, go } = await moving();
  const vm = tasks(s, "vm")[0]?.info.task_id.value ?? "";
  s.mesos.update(vm, "TASK_FAILED");
  await s.seconds(30);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["a"]);
  await runs(s, "vm");
  go();
  await s.seconds(100);
  expect(executors.asked).not.toContain("call destination");
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
});

test("one that is to move live, and cannot, runs on; its plan says why, and a retry asks again", async () => {
  const { s, executors } = await running(ownDisk);
  await s.scheduler.vmControl.migration.begin("web", { live: true }, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(30);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  expect(going(s).join()).toContain("it cannot move while it runs: it has a disk that cannot");
  executors.moveLive = async () => ({ moved: true, text: "" });
  executors.gone = true;
  await s.scheduler.vms.changePlan("web", "retry", "ann");
  await s.seconds(20);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
});

test.each([
  ["asked for", { live: false }, false, ["look destination", "begin vm"]],
  ["by an executor of an earlier version", {}, true, ["begin vm"]],
] as const)("a guest is shut down for its move: %s", async (_what, wish, older, notAsked) => {
  const { s, executors } = await running(ownDisk);
  executors.older = older;
  await s.scheduler.vmControl.migration.begin("web", wish, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(20);
  expect(hostOf(s, "vm")).toEqual([]);
  for (const question of notAsked) expect(executors.asked).not.toContain(question);
  expect(executors.asked).toContain("call destination");
});

test("a guest that has shut down meanwhile is moved with its disks", async () => {
  const { s, executors } = await running({ ...ownDisk, restart: "never" });
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  s.mesos.update(tasks(s, "vm")[0]?.info.task_id.value ?? "", "TASK_FINISHED");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(20);
  expect(executors.asked).not.toContain("begin vm");
  expect(executors.asked).toContain("call destination");
});

describe("given up", () => {
  test("before its guest has gone, it stays", async () => {
    const made = await moving();
    expect(await abandon(made)).toContain("given up");
    expect(made.executors.asked).toContain("give-up vm");
    await made.s.seconds(30);
    expect(hostOf(made.s, "vm")).toEqual(["a"]);
    expect(new Set(removals(made.s))).toEqual(new Set(["web.destination"]));
    expect(state(made.s).plan.changes).toEqual([]);
  });

  test("after its guest has gone, the move goes on, whether or not its plan knows that already", async () => {
    const made = await moving();
    made.executors.gone = true;
    await expect(abandon(made)).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("runs on its new host already"),
    });
    expect(change(made.s)).toMatchObject({ goal: "migrate" });
    made.go();
    await made.s.seconds(1);
    await expect(abandon(made)).rejects.toMatchObject({ status: 409 });
  });

  test("while nobody knows whether its guest has gone, it is refused", async () => {
    const made = await moving();
    const { open } = made.executors.channels;
    Object.assign(made.executors.channels, {
      open: async (vm: string, unit: string) => {
        if (unit === "vm") throw new CkeError("no_channel", "its agent is out of reach");
        return await open(vm, unit);
      },
    });
    await expect(abandon(made)).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("it is not known whether its guest has gone: its agent is out of reach"),
    });
  });
});

describe("stopped", () => {
  test("neither while its guest goes nor before its executor is there, but then", async () => {
    const { s, go } = await moving();
    const stop = async () => await s.scheduler.vms.expect("web", "STOP", "ann");
    await expect(stop()).rejects.toMatchObject({ status: 409, message: expect.stringContaining("give the move up") });
    go();
    await s.seconds(20);
    expect(hostOf(s, "vm")).toEqual([]);
    await expect(stop()).rejects.toMatchObject({ status: 409, message: expect.stringContaining("has moved") });
    await s.offer("a", "b");
    expect(hostOf(s, "vm")).toEqual(["b"]);
    expect(await stop()).toContain("is stopped");
    await s.seconds(30);
    expect(hostOf(s, "vm")).toEqual([]);
    expect(s.mesos.violations).toEqual([]);
  });

  test("when its move was given up", async () => {
    const made = await moving();
    await abandon(made);
    expect(await made.s.scheduler.vms.expect("web", "STOP", "ann")).toContain("is stopped");
  });
});

test("what does not run does not move live", async () => {
  const { s } = await running(ownDisk);
  await s.scheduler.vms.expect("web", "STOP", "ann");
  await s.seconds(5);
  await expect(s.scheduler.vmControl.migration.begin("web", { live: true }, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("only a guest that runs moves live"),
  });
});

test("with -vm_live_migration=false it is shut down for its move, and one that must not be is refused", async () => {
  const { s, executors } = await running(ownDisk);
  const { framework } = s.scheduler;
  const api = new VmMigrationApi({
    ...{ framework, clock: s.clock, incarnation: String, live: false },
    calls: new VmCalls({ channels: executors.channels, onProgress: () => {} }),
  });
  await expect(api.begin("web", { live: true }, "ann")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("with -vm_live_migration=false"),
  });
  expect(await api.begin("web", {}, "ann")).toContain("its guest is shut down");
  const stages = change(s)?.stages.map(({ name }) => name);
  expect(stages).toContain("copy its disks");
  expect(stages).not.toContain("move it while it runs");
});
