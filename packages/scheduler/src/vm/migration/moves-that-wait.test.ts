// A move that waits before its guest was asked to go: what is said of it, and that it may be stopped, deleted and given up.
import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import type { Scenario } from "../../framework/testing/scenario.ts";
import { ownDisk } from "../testing/live-move.ts";
import { going, hostOf, running, runs, state, tasks } from "../testing/moving-vm.ts";

const shared = { disk: { system: { path: "/mnt/web.qcow2", shared: true } } };
const hosts = (s: Scenario) => ["vm", "source", "destination"].map((unit) => hostOf(s, unit));
const summaries = (s: Scenario) => s.scheduler.vms.pending("web").map(({ summary }) => summary);

/** `for`: a host for its executor, or room for its disks there. */
async function waiting(wants: "a host" | "room", body: Readonly<Record<string, unknown>>) {
  const made = await running(body, "c");
  const { s, executors } = made;
  executors.lacking = new CkeError("disk_full", "no room in /var/lib/cke: 3 GB are missing", { retryable: true });
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a");
  if (wants === "room") {
    await s.offer("b");
    await runs(s, "destination");
  }
  await runs(s, "source");
  await s.seconds(30);
  return made;
}

async function outOfReach(s: Scenario, ...units: readonly string[]): Promise<void> {
  for (const unit of units)
    s.mesos.update(tasks(s, unit)[0]?.info.task_id.value ?? "", "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await s.seconds(700);
  await s.offer("c");
}

const cases = [
  ["a host", "own", ownDisk],
  ["a host", "shared", shared],
  ["room", "own", ownDisk],
  ["room", "shared", shared],
] as const;

test.each(cases)("for %s, with %s disks: it says so, and goes on when there is some", async (wants, _disks, body) => {
  const { s, executors } = await waiting(wants, body);
  expect(state(s).status).toBe("running");
  if (wants === "room") expect(going(s).join()).toContain("3 GB are missing");
  else expect(summaries(s).join()).toContain("a is the host that it is to leave");
  executors.lacking = undefined;
  if (wants === "a host") {
    await s.offer("b");
    await runs(s, "destination");
  }
  await s.seconds(70);
  expect(executors.asked).toContain("begin vm");
});

test.each(cases)(
  "for %s, with %s disks: it is stopped, and goes on waiting when it is started",
  async (wants, _disks, body) => {
    const { s } = await waiting(wants, body);
    await s.scheduler.vms.expect("web", "STOP", "ann");
    await s.seconds(30);
    expect([state(s).status, hosts(s)]).toEqual(["stopped", [[], [], []]]);
    await s.scheduler.vms.expect("web", "RUN", "ann");
    await s.seconds(5);
    await s.offer("a");
    expect(hostOf(s, "vm")).toEqual(["a"]);
    expect(state(s).plan.changes).toHaveLength(1);
  },
);

test.each(cases)("for %s, with %s disks: it is deleted with all that it has", async (wants, _disks, body) => {
  const { s } = await waiting(wants, body);
  await s.scheduler.vms.remove("web");
  await s.seconds(30);
  await s.offer("a", "b");
  await s.seconds(30);
  expect([s.scheduler.vms.list(), hosts(s)]).toEqual([[], [[], [], []]]);
});

test.each(cases)("for %s, with %s disks: given up, it runs on where it is", async (wants, _disks, body) => {
  const { s } = await waiting(wants, body);
  await s.scheduler.vmControl.migration.abandon("web", "ann");
  await s.seconds(30);
  expect([state(s).status, hosts(s), state(s).plan.changes]).toEqual(["running", [["a"], [], []], []]);
});

test.each([
  ["own", ownDisk, ["a"]],
  ["shared", shared, ["a", "c"]],
] as const)("its old host is out of reach, with %s disks: its state says what helps", async (disks, body, after) => {
  const { s, executors } = await waiting("room", body);
  executors.lacking = undefined;
  await outOfReach(s, "vm", "source");
  expect(hostOf(s, "vm")).toEqual(["a"]);
  expect(state(s).reason).toContain("its old host a is out of reach: the move goes on when its agent is back");
  expect(state(s).reason.includes("DELETE …/migrate")).toBe(disks === "shared");
  expect(going(s).join()).toContain("its old host a is out of reach");
  expect(executors.asked).not.toContain("begin vm");
  await s.scheduler.vmControl.migration.abandon("web", "ann");
  await s.seconds(60);
  await s.offer("c");
  expect(hostOf(s, "vm")).toEqual(after);
});

test("its new host is out of reach: its state says what helps, and it runs on", async () => {
  const { s } = await waiting("room", shared);
  await outOfReach(s, "destination");
  expect(state(s)).toMatchObject({
    status: "running",
    reason: expect.stringMatching(/its new host b is out of reach.*DELETE …\/migrate/),
  });
  await s.scheduler.vmControl.migration.abandon("web", "ann");
  await s.seconds(60);
  expect([state(s).status, hostOf(s, "vm")]).toEqual(["running", ["a"]]);
});

test("its guest ends by itself before its new host has a place: the move goes on with its disks", async () => {
  const { s, executors } = await waiting("a host", { ...shared, restart: "never" });
  s.mesos.update(tasks(s, "vm")[0]?.info.task_id.value ?? "", "TASK_FINISHED");
  executors.lacking = undefined;
  executors.copying.resolve(new Uint8Array());
  await s.seconds(30);
  await s.offer("b");
  expect([hostOf(s, "vm"), hostOf(s, "destination")]).toEqual([[], ["b"]]);
  await runs(s, "destination");
  await s.seconds(70);
  expect(state(s)).toMatchObject({ home: "b", plan: { changes: [] } });
  expect(s.mesos.violations).toEqual([]);
});
