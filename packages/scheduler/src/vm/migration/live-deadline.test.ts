// A guest that writes faster than its memory is copied, against a fake Mesos: its move while it runs has an end.
import { expect, test } from "vitest";
import { announce } from "../testing/announced-maintenance.ts";
import { moving, ownDisk } from "../testing/live-move.ts";
import { going, hostOf, running, runs, state } from "../testing/moving-vm.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";

/** It never comes to an end by itself. */
async function endless(body: Readonly<Record<string, unknown>>) {
  const made = await running(body);
  made.executors.moveLive = async (progress, signal) => {
    progress("moving the guest while it runs: round 400 of memory");
    return await new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  return made;
}

test.each(["own", "shared"])("before its agent's window it is shut down in order, with %s disks", async (disks) => {
  const { s, executors } = await endless(disks === "own" ? ownDisk : {});
  const startMs = s.clock.now() + 20 * 60_000;
  const again = async () => await announce(s, (startMs - s.clock.now()) / 60_000);
  await again();
  await s.seconds(2);
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(10);
  expect(going(s).join()).toContain("round 400 of memory");
  for (let minute = 0; minute < 14; minute += 1) {
    await s.seconds(60);
    await again();
  }
  expect(executors.asked).not.toContain("give-up vm");
  expect(hostOf(s, "vm")).toEqual(["a"]);
  await s.seconds(60);
  await again();
  await s.seconds(10);
  expect(executors.asked.filter((one) => one === "give-up vm")).toHaveLength(1);
  expect(hostOf(s, "vm")).toEqual([]);
  expect(executors.asked).toContain("call destination");
  executors.copying.resolve(new Uint8Array());
  await s.seconds(20);
  await s.offer("b");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  expect(s.mesos.violations).toEqual([]);
});

test("one that is to move live runs on, and a retry gives it as much time again", async () => {
  const { s, executors } = await endless(ownDisk);
  await s.scheduler.vmControl.migration.begin("web", { live: true }, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  await s.seconds(3 * 3_600);
  expect(executors.asked.filter((one) => one === "give-up vm")).toHaveLength(1);
  expect(going(s).join()).toMatch(/it had not moved after \d+ minutes/);
  expect(hostOf(s, "vm")).toEqual(["a"]);
  await s.scheduler.vms.changePlan("web", "retry", "ann");
  await s.seconds(60);
  expect(executors.asked.filter((one) => one === "begin vm")).toHaveLength(2);
  expect(going(s).join()).toContain("round 400 of memory");
});

test("a scheduler that takes over knows how long it has taken already", async () => {
  const { s, executors } = await endless(ownDisk);
  await s.scheduler.vmControl.migration.begin("web", { live: true }, "ann");
  await s.offer("a", "b");
  await runs(s, "destination");
  await runs(s, "source");
  const limit = async () => {
    await s.seconds(60);
    return executors.asked.includes("give-up vm");
  };
  let minutes = 0;
  while (minutes < 20) {
    minutes += 1;
    expect(await limit()).toBe(false);
  }
  await s.restart();
  while (!(await limit())) minutes += 1;
  expect(executors.asked.filter((one) => one === "begin vm")).toHaveLength(2);
  expect(going(s).join()).toMatch(/it had not moved after \d+ minutes/);
  const [, said = ""] = /after (\d+) minutes/.exec(going(s).join()) ?? [];
  expect(minutes).toBeGreaterThan(25);
  expect(Math.abs(minutes - Number(said))).toBeLessThanOrEqual(2);
});

test("a guest that has gone in the last moment has moved", async () => {
  const { s, executors } = await moving();
  executors.gone = true;
  await s.seconds(3 * 3_600);
  await s.offer("a", "b");
  expect(executors.asked).toContain("give-up vm");
  expect(executors.asked).not.toContain("call destination");
  expect(hostOf(s, "vm")).toEqual(["b"]);
  await runs(s, "vm");
  await s.seconds(60);
  expect(state(s).plan.changes).toEqual([]);
});

test("two guests of a host move at once; a third one waits for its turn, and its state says so", async () => {
  const { s, executors } = await endless(ownDisk);
  const names = ["web", "web2", "web3"];
  for (const [at, name] of names.slice(1).entries())
    await s.scheduler.vms.create(
      sampleVmBody({ ...ownDisk, name, network: { name: "br0", ip: `10.77.0.${20 + at}/24` } }),
    );
  await s.offer("a");
  for (const name of names.slice(1)) await runs(s, "vm", name);
  for (const name of names) await s.scheduler.vmControl.migration.begin(name, {}, "ann");
  for (const _ of names) await s.offer("a", "b");
  for (const name of names) for (const unit of ["destination", "source"]) await runs(s, unit, name);
  await s.seconds(30);
  const expectTwo = () => {
    const words = names.map((name) => JSON.stringify(s.scheduler.vms.state(name).plan.changes));
    expect(words.filter((one) => one.includes("round 400 of memory"))).toHaveLength(2);
    expect(words.filter((one) => one.includes("2 guests move from or to a now"))).toHaveLength(1);
  };
  expectTwo();
  expect(executors.asked.filter((one) => one === "begin vm")).toHaveLength(2);
  // Also when another scheduler takes over.
  await s.restart();
  await s.seconds(30);
  expectTwo();
  expect(executors.asked.filter((one) => one === "begin vm")).toHaveLength(4);
});
