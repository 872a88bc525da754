// Moves of a VM that does not run, and of one whose new host has no room: against a fake Mesos.
import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { change, going, hostOf, removals, running, runs, state, tasks } from "../testing/moving-vm.ts";

/** Its guest has ended because that was asked for; its disks are on host a. */
async function stopped() {
  const made = await running({ disk: { system: { image: "debian.qcow2" } } });
  await made.s.scheduler.vms.expect("web", "STOP", "ann");
  await made.s.seconds(5);
  return made;
}

test("a VM without room on its new host runs on, says what is missing, and is moved when there is room", async () => {
  const { s, executors } = await running();
  executors.lacking = new CkeError("disk_full", "no room in /var/lib/cke: 3 GB are missing", { retryable: true });
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(20);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  expect(going(s)).toEqual([expect.stringContaining("3 GB are missing")]);
  expect(executors.asked).not.toContain("tunnel source");
  executors.lacking = undefined;
  await s.seconds(70);
  expect(hostOf(s, "vm")).toEqual([]);
  expect(executors.asked).toContain("call destination");
});

test("snapshots with memory keep a VM where it is, also those that are made after the move was asked for", async () => {
  const { s, executors } = await running();
  executors.snapshots = [{ name: "before", memory: true }, { name: "disks" }];
  await expect(s.scheduler.vmControl.migration.begin("web", {}, "ann")).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(/snapshots with memory.*: before; delete them/),
  });
  executors.snapshots = [];
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  executors.snapshots = [{ name: "late", memory: true }];
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  expect(going(s)).toEqual([expect.stringMatching(/snapshots with memory.*late/)]);
  executors.snapshots = [];
  await s.scheduler.vms.changePlan("web", "retry", "ann");
  await s.seconds(10);
  expect(hostOf(s, "vm")).toEqual([]);
});

test("a stopped VM's disks go to the other host; it stays stopped, and is started there later", async () => {
  const { s, executors } = await stopped();
  expect([tasks(s, "vm"), state(s).status]).toEqual([[], "stopped"]);
  const words = await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  expect(words).toContain("it stays stopped");
  await s.offer("a", "b");
  expect([hostOf(s, "vm"), hostOf(s, "source"), hostOf(s, "destination")]).toEqual([[], ["a"], ["b"]]);
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  expect(state(s).status).toBe("stopped");
  executors.copying.resolve(new Uint8Array());
  await s.seconds(60);
  await s.offer("a", "b");
  await s.seconds(30);
  expect([hostOf(s, "vm"), hostOf(s, "source"), hostOf(s, "destination")]).toEqual([[], [], []]);
  expect(removals(s)).toContain("web.source");
  expect(removals(s)).not.toContain("web.vm");
  expect(change(s)).toBeUndefined();
  await s.scheduler.vms.expect("web", "RUN", "ann");
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  expect(s.mesos.violations).toEqual([]);
});

test("a new host that is lost when a stopped VM belongs to it: its disks stay on the old one", async () => {
  const { s, executors } = await stopped();
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  const id = tasks(s, "destination")[0]?.info.task_id.value ?? "";
  executors.copying.resolve(new Uint8Array());
  s.mesos.update(id, "TASK_UNREACHABLE");
  await s.seconds(60);
  expect(state(s).home).toBe("b");
  expect(removals(s)).not.toContain("web.source");
  expect(going(s).join()).toContain("b is out of reach");
  s.mesos.update(id, "TASK_GONE_BY_OPERATOR");
  await s.seconds(30);
  expect(removals(s)).not.toContain("web.source");
  expect(await s.scheduler.vmControl.migration.abandon("web", "ann")).toContain("b is gone for good");
  await s.seconds(60);
  expect(state(s)).toMatchObject({ home: "a", plan: { changes: [] } });
  expect(removals(s)).not.toContain("web.source");
});

test("started while its disks are copied, it starts on its new host when they are there", async () => {
  const { s, executors } = await stopped();
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  await s.scheduler.vms.expect("web", "RUN", "ann");
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual([]);
  executors.copying.resolve(new Uint8Array());
  await s.seconds(10);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
});

test("the move of a stopped VM is given up: what was copied is removed, and it stays where it was", async () => {
  const { s } = await stopped();
  await s.scheduler.vmControl.migration.begin("web", {}, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  await s.scheduler.vmControl.migration.abandon("web", "ann");
  await s.seconds(60);
  expect(new Set(removals(s))).toEqual(new Set(["web.destination"]));
  expect([tasks(s, "destination"), tasks(s, "source"), tasks(s, "vm")]).toEqual([[], [], []]);
  expect(state(s).plan.changes).toEqual([]);
  await s.scheduler.vms.expect("web", "RUN", "ann");
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["a"]);
});

test.each([
  [{ disk: { system: { path: "/mnt/web.qcow2", shared: true } } }, {}, "all of its disks on shared storage"],
  [{ disk: { system: { image: "debian.qcow2" } } }, { host: "a" }, "has its disks on a already"],
] as const)("a stopped VM with %j is not moved to %j", async (body, wish, words) => {
  const { s } = await running(body);
  await s.scheduler.vms.expect("web", "STOP", "ann");
  await s.seconds(5);
  await expect(s.scheduler.vmControl.migration.begin("web", wish, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(words),
  });
});
