// VMs with disks on an agent that goes into maintenance, against a fake Mesos: when they move, which stay, and what Mesos is answered.
import { expect, test } from "vitest";
import type { Scenario } from "../../framework/testing/scenario.ts";
import { announce } from "../testing/announced-maintenance.ts";
import { change, hostOf, running, runs, state } from "../testing/moving-vm.ts";

const ownDisk = { disk: { system: { image: "debian.qcow2" } } };

const answers = (s: Scenario) =>
  s.mesos.calls.flatMap(({ type }) =>
    type === "ACCEPT_INVERSE_OFFERS" || type === "DECLINE_INVERSE_OFFERS" ? [type] : [],
  );
const explanations = (s: Scenario) => state(s).plan.steps.map(({ explanation }) => explanation);

test("half an hour before the window a VM moves with its disks, by a plan that goes on when it was announced again", async () => {
  const { s, executors } = await running(ownDisk);
  await announce(s, 60);
  await s.seconds(2);
  expect(answers(s)).toEqual(["ACCEPT_INVERSE_OFFERS"]);
  expect(change(s)).toBeUndefined();
  expect(explanations(s)).toEqual([expect.stringMatching(/moved to another host with its data at /)]);
  await announce(s, 29);
  await s.seconds(2);
  expect(change(s)).toMatchObject({ goal: "migrate", by: "maintenance" });
  await s.offer("a", "b");
  expect([hostOf(s, "vm"), hostOf(s, "source"), hostOf(s, "destination")]).toEqual([["a"], ["a"], ["b"]]);
  await announce(s, 28);
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  executors.copying.resolve(new Uint8Array());
  await s.seconds(10);
  await s.offer("a", "b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  await runs(s, "vm");
  await s.seconds(60);
  expect(state(s).plan.changes).toEqual([]);
  expect(new Set(answers(s))).toEqual(new Set(["ACCEPT_INVERSE_OFFERS"]));
  expect(s.mesos.violations).toEqual([]);
});

test("another leader goes on with the move, and begins no second one", async () => {
  const { s } = await running(ownDisk);
  await announce(s, 10);
  await s.seconds(2);
  await s.offer("a", "b");
  await s.restart();
  await announce(s, 9);
  await s.seconds(5);
  expect(state(s).plan.changes).toHaveLength(1);
  expect([hostOf(s, "vm"), hostOf(s, "source"), hostOf(s, "destination")]).toEqual([["a"], ["a"], ["b"]]);
});

test.each([
  ["a TPM", { ...ownDisk, devices: { tpm: true } }, "it has a TPM"],
  ["a host of its own", { ...ownDisk, host: "a" }, "it may run on host a only"],
  ["a disk with a path on its host", { disk: { system: { path: "/srv/web.qcow2" } } }, "which CKE does not copy"],
] as const)("a VM with %s stays, and why is in its state", async (_what, body, words) => {
  const { s } = await running(body);
  await announce(s, 10);
  await s.seconds(5);
  expect(answers(s)).toEqual(["DECLINE_INVERSE_OFFERS"]);
  expect(change(s)).toBeUndefined();
  expect(hostOf(s, "vm")).toEqual(["a"]);
  expect(explanations(s)).toEqual([expect.stringContaining(words)]);
});

test("one whose plan is paused stays until it is resumed", async () => {
  const { s } = await running(ownDisk);
  await s.scheduler.vms.changePlan("web", "pause", "ann");
  await announce(s, 10);
  await s.seconds(5);
  expect(change(s)).toBeUndefined();
  expect(answers(s)).toEqual(["DECLINE_INVERSE_OFFERS"]);
  expect(explanations(s)).toContainEqual(expect.stringContaining("it stays, for the VM's plan is paused since"));
  await s.scheduler.vms.changePlan("web", "resume", "ann");
  await s.seconds(5);
  expect(change(s)).toMatchObject({ goal: "migrate" });
  await announce(s, 9);
  await s.scheduler.vms.changePlan("web", "pause", "ann");
  await announce(s, 8);
  expect(answers(s)).toEqual(["DECLINE_INVERSE_OFFERS", "ACCEPT_INVERSE_OFFERS", "DECLINE_INVERSE_OFFERS"]);
  expect(explanations(s)).toContainEqual(expect.stringContaining("it stays, for its move stands still: "));
});

test("one whose disks are all shared moves while it runs", async () => {
  const { s } = await running();
  await announce(s, 10);
  await s.seconds(5);
  expect(change(s)).toMatchObject({ goal: "migrate", by: "maintenance" });
  expect(change(s)?.stages.map(({ name }) => name)).toContain("move it while it runs");
  expect(hostOf(s, "vm")).toEqual(["a"]);
});

test("one whose disks are all shared, and which cannot move so, is launched elsewhere without a copy", async () => {
  const { s } = await running({ devices: { tpm: true } });
  await announce(s, 10);
  await s.seconds(5);
  expect(change(s)).toBeUndefined();
  expect(hostOf(s, "vm")).toEqual([]);
  await s.offer("b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
});

test("one whose move cannot go on stays until it can", async () => {
  const { s, executors } = await running(ownDisk);
  executors.snapshots = [{ name: "live", memory: true }];
  await announce(s, 29);
  await s.seconds(2);
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(5);
  await announce(s, 28);
  expect(answers(s)).toEqual(["ACCEPT_INVERSE_OFFERS", "DECLINE_INVERSE_OFFERS"]);
  expect(explanations(s)).toContainEqual(
    expect.stringContaining("it stays, for its move cannot go on: it has snapshots"),
  );
  executors.snapshots = [];
  await s.scheduler.vms.changePlan("web", "retry", "ann");
  await s.seconds(5);
  await announce(s, 27);
  expect(answers(s).at(-1)).toBe("ACCEPT_INVERSE_OFFERS");
});

test("a move that was given up is not begun again for the same window", async () => {
  const { s } = await running(ownDisk);
  const startMs = s.clock.now() + 20 * 60_000;
  const again = async (ms = startMs) => await announce(s, (ms - s.clock.now()) / 60_000);
  await again();
  await s.seconds(2);
  expect(change(s)).toMatchObject({ goal: "migrate", by: "maintenance" });
  await s.scheduler.vmControl.migration.abandon("web", "ann");
  await again();
  expect(answers(s)).toEqual(["ACCEPT_INVERSE_OFFERS", "DECLINE_INVERSE_OFFERS"]);
  await s.seconds(10);
  expect(change(s)).toBeUndefined();
  await s.restart();
  await again();
  await s.seconds(10);
  expect(change(s)).toBeUndefined();
  expect(explanations(s)).toEqual([expect.stringContaining("it stays, for its move was given up")]);
  expect(answers(s).at(-1)).toBe("DECLINE_INVERSE_OFFERS");
  await again(startMs + 60_000);
  await s.seconds(2);
  expect(change(s)).toMatchObject({ goal: "migrate", by: "maintenance" });
});
