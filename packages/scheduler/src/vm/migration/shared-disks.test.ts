// A VM whose disks are all shared moves while it runs: as long as it may be on either host it is launched on no third one.
import { CkeError } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { abandon, moving } from "../testing/live-move.ts";
import { change, hostOf, running, runs, state, tasks } from "../testing/moving-vm.ts";
import { sampleVmSpec } from "../testing/sample-vms.ts";
import { afterMove, tiedToHost } from "./move-units.ts";

const shared = { disk: { system: { path: "/mnt/web.qcow2", shared: true } } };
const sharedMove = async () => await moving({ live: true }, shared, "c");
type Moving = Awaited<ReturnType<typeof sharedMove>>;

async function update({ s }: Pick<Moving, "s">, unit: string, status: "TASK_UNREACHABLE" | "TASK_GONE_BY_OPERATOR") {
  s.mesos.update(tasks(s, unit)[0]?.info.task_id.value ?? "", status, { source: "SOURCE_MASTER" });
  await s.seconds(5);
}

/** Its agent is out of reach for longer than -partition_grace. */
async function outOfReach(made: Pick<Moving, "s">): Promise<void> {
  await update(made, "vm", "TASK_UNREACHABLE");
  await made.s.seconds(700);
  await made.s.offer("c");
}

test("its guest goes; afterwards it is launched elsewhere again when its host is out of reach", async () => {
  const made = await sharedMove();
  const { s, executors, go } = made;
  go();
  await s.seconds(20);
  expect(executors.asked).not.toContain("call destination");
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  await runs(s, "vm");
  await s.seconds(60);
  expect(state(s).plan.changes).toEqual([]);
  await outOfReach(made);
  expect(hostOf(s, "vm")).toContain("c");
  expect(s.mesos.violations).toEqual([]);
});

test("while its guest is on the way nothing is launched on a third host, however long its old one is out of reach", async () => {
  const made = await sharedMove();
  made.cut();
  await outOfReach(made);
  expect(hostOf(made.s, "vm")).toEqual(["a"]);
  expect(change(made.s)).toMatchObject({ goal: "migrate" });
});

test("given up, it is launched on any host again", async () => {
  const made = await sharedMove();
  await abandon(made);
  await made.s.seconds(60);
  expect(state(made.s).plan.changes).toEqual([]);
  await outOfReach(made);
  expect(hostOf(made.s, "vm")).toContain("c");
});

test("its old host is gone for good before its guest has come: it starts at its new one with its shared disks", async () => {
  const made = await sharedMove();
  const { s, executors, cut } = made;
  cut();
  await update(made, "vm", "TASK_GONE_BY_OPERATOR");
  await update(made, "source", "TASK_GONE_BY_OPERATOR");
  await s.seconds(60);
  expect(executors.asked).not.toContain("call destination");
  await s.offer("b", "c");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  await runs(s, "vm");
  await s.seconds(60);
  expect(state(s).plan.changes).toEqual([]);
});

test("both hosts are gone for good: given up, it starts elsewhere with its shared disks", async () => {
  const made = await sharedMove();
  const { s, cut } = made;
  cut();
  for (const unit of ["destination", "source", "vm"]) await update(made, unit, "TASK_GONE_BY_OPERATOR");
  expect(state(s).reason).toContain("DELETE …/migrate");
  await abandon(made);
  await s.seconds(60);
  await s.offer("c");
  expect(hostOf(s, "vm")).toEqual(["c"]);
  await runs(s, "vm");
  expect(state(s)).toMatchObject({ home: "c", status: "running" });
});

test("both hosts are gone for good, and it is stopped when its move is given up: it has lost no disks", async () => {
  const made = await sharedMove();
  const { s, cut } = made;
  cut();
  for (const unit of ["destination", "source", "vm"]) await update(made, unit, "TASK_GONE_BY_OPERATOR");
  await abandon(made);
  await s.scheduler.vms.expect("web", "STOP", "ann");
  await s.seconds(60);
  expect(state(s).plan.changes).toEqual([]);
  const record = unitRecordSchema.parse((await s.store.get("units/web/vm"))?.value);
  expect([record.home, record.dataLost]).toEqual(["", undefined]);
  expect(state(s).status).toBe("stopped");
});

test("what it is launched on follows from its disks again when its move units are gone, whatever they were before", async () => {
  const { s } = await running(shared);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  const spec = sampleVmSpec(shared);
  expect(spec.units[0].stateful).toBe(false);
  const tied = tiedToHost(spec);
  expect(tied.units[0].stateful).toBe(true);
  expect(afterMove(tied)).toEqual(spec);
  const own = sampleVmSpec();
  expect(afterMove(tiedToHost(own))).toEqual(own);
});

test("before its move has a new host it is launched on any host when its own is out of reach, and the move waits", async () => {
  const made = await running(shared, "c");
  const { s } = made;
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  // Only its own host has room.
  await s.offer("a");
  expect([hostOf(s, "source"), hostOf(s, "destination")]).toEqual([["a"], []]);
  await outOfReach(made);
  expect(hostOf(s, "vm")).toContain("c");
  await s.offer("b");
  expect(hostOf(s, "destination")).toEqual([]);
  expect(JSON.stringify(state(s))).toContain("if it runs elsewhere, give its move up");
  await abandon(made);
  await s.seconds(60);
  expect(state(s).plan.changes).toEqual([]);
  expect(hostOf(s, "vm")).toContain("c");
  expect(s.mesos.violations).toEqual([]);
});

// The executor of its old host makes sure that its guest has ended there, and knows of no third one.
test.each([[{}], [{ live: false }]])(
  "when both hosts have their places and it waits for room on its new one, it is launched on no third one: %j",
  async (wish) => {
    const made = await running(shared, "c");
    const { s, executors } = made;
    executors.lacking = new CkeError("no_room", "there is no room", { retryable: true });
    await s.scheduler.vmControl.migration.begin("web", wish, "ann");
    await s.offer("a", "b");
    await runs(s, "destination");
    await runs(s, "source");
    await s.seconds(10);
    await update(made, "source", "TASK_UNREACHABLE");
    await outOfReach(made);
    expect(hostOf(s, "vm")).toEqual(["a"]);
    expect(state(s).reason).toContain("give the move up (DELETE …/migrate) to have it launched elsewhere");
    await abandon(made);
    await outOfReach(made);
    expect(hostOf(s, "vm")).toContain("c");
    expect(s.mesos.violations).toEqual([]);
  },
);

test("while only one of both hosts has its place it is launched on none of them", async () => {
  const made = await running(shared, "c");
  const { s } = made;
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("b");
  expect([hostOf(s, "source"), hostOf(s, "destination")]).toEqual([[], ["b"]]);
  await outOfReach(made);
  await s.offer("b");
  expect(hostOf(s, "vm")).toEqual(["a"]);
  expect(JSON.stringify(state(s))).toContain("waits until its move has its places on a and b");
});

describe("given up while the executor of its new host has not ended, it is not launched beside that one, which removes the VM there", () => {
  /** Its executor on b is asked to end, and has not ended. */
  const ending = async (wish: object, ...placed: readonly string[]) => {
    const made = await running(shared, "c");
    const { s } = made;
    await s.scheduler.vmControl.migration.begin("web", wish, "ann");
    await s.offer("b", ...placed);
    const { onKill } = s.mesos;
    s.mesos.onKill = () => {};
    await outOfReach(made);
    await abandon(made);
    await s.seconds(5);
    const end = async () => {
      s.mesos.onKill = onKill;
      for (const task of tasks(s, "destination")) onKill(task);
      await s.seconds(30);
    };
    return { ...made, end };
  };

  test.each([[{}], [{ live: false }]])("%j", async (wish) => {
    const made = await ending(wish);
    const { s, end } = made;
    await s.offer("b");
    expect([hostOf(s, "destination"), hostOf(s, "vm")]).toEqual([["b"], ["a"]]);
    expect(JSON.stringify(s.scheduler.vms.pending("web"))).toContain(
      "the executor that removes what the VM's move has left there",
    );
    await end();
    await s.offer("b");
    expect(hostOf(s, "vm")).toContain("b");
    expect(s.mesos.violations).toEqual([]);
  });

  test("another host takes it at once", async () => {
    const { s } = await ending({});
    await s.offer("c");
    expect([hostOf(s, "destination"), hostOf(s, "vm")]).toEqual([["b"], ["a", "c"]]);
  });
});

test("moved at rest, it is launched nowhere beside the executor that gives its disks away: that removes the VM there", async () => {
  const { s, executors } = await running(shared, "c");
  await s.scheduler.vmControl.migration.begin("web", { live: false }, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  executors.copying.resolve(new Uint8Array());
  // It waits for its home no longer.
  await s.seconds(200);
  await s.offer("a");
  expect([hostOf(s, "source"), hostOf(s, "vm")]).toEqual([["a"], []]);
  await s.offer("c");
  expect(hostOf(s, "vm")).toEqual(["c"]);
  await runs(s, "vm");
  await s.seconds(60);
  expect(state(s)).toMatchObject({ status: "running", plan: { changes: [] } });
  expect(s.mesos.violations).toEqual([]);
});
