// The executor of a guest that moves while it runs, on fakes: what it asks, and what it does with answers.
import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { hastyClock } from "../testing/vm-set-up.ts";
import { launchVm, vmUuid } from "../testing/vm-tasks.ts";
import { begin, departed, source } from "./testing/leaving-guest.ts";

/** The daemon is never given up. */
const patientAfter: typeof hastyClock.after = (ms, callback, options) =>
  ms === 60_000 ? () => {} : hastyClock.after(ms, callback, options);

test("the end of what is left of a guest that has gone is not the guest's end", async () => {
  const clock = { ...hastyClock, after: patientAfter };
  const vm = await source({ look: () => ({ arrived: true }) }, { clock });
  vm.leaving();
  const { undefine } = vm.hypervisor.domains;
  vm.hypervisor.domains.undefine = async (domain, options) => {
    // Time for a look at the guest, which the event of its end asks for.
    await hastyClock.sleep(100_000);
    await undefine(domain, options);
  };
  expect(await begin(vm)).toMatchObject({ moved: true });
  expect(vm.note()).toEqual({ kind: "gone", plan: "p1" });
  expect(vm.hypervisor.held.size).toBe(0);
  expect(vm.last()).toMatchObject({ state: "TASK_RUNNING", message: expect.stringContaining("runs on its new host") });
  await vm.driver.detach();
});

test.each([
  ["has got a snapshot", "has snapshots"],
  ["stands still by an error", "does not run"],
])("a guest that %s while files go over is looked at once more", async (what, words) => {
  const vm = await source({
    files: () => {
      const image = { snapshots: [{ name: "s1", "date-sec": 1, "vm-state-size": 0 }] };
      const inserted = { "node-name": "n1", drv: "qcow2", ro: false, image };
      if (what.includes("snapshot")) vm.hypervisor.monitor.set("query-block", { return: [{ qdev: "/x", inserted }] });
      else vm.hypervisor.happen(vmUuid, "paused", "io-error");
      return {};
    },
  });
  expect(await begin(vm)).toMatchObject({ moved: false, text: expect.stringContaining(words) });
  expect(vm.note()).toBeNull();
  await vm.driver.detach();
});

test("a job that is under way at the domain is waited for, but not without an end", async () => {
  const vm = await source();
  const busy = FakeHypervisor.refusal("cannot acquire state change lock", 68);
  vm.hypervisor.failOn("monitor", busy, busy, busy);
  for (const _ of [1, 2]) await expect(begin(vm)).rejects.toMatchObject({ retryable: true });
  expect(await begin(vm)).toMatchObject({ moved: false, text: expect.stringContaining("after 3 attempts") });
  await vm.driver.detach();
});

test("one question moves it at a time", async () => {
  const offered = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const vm = await source({
    offer: async () => {
      asked.resolve();
      await offered.promise;
      throw new CkeError("disk_full", "no room");
    },
  });
  const first = begin(vm).catch((error: unknown) => error);
  await asked.promise;
  await expect(vm.ask("begin")).rejects.toMatchObject({ code: "vm_busy", retryable: true });
  offered.resolve();
  expect(await first).toMatchObject({ code: "disk_full" });
  await vm.driver.detach();
});

test("taken back from a host that is lost for good, it goes on here, and does not move by that plan", async () => {
  const vm = await source();
  vm.leaving();
  vm.hypervisor.happen(vmUuid, "paused", "migration");
  await expect(vm.ask("give-up")).rejects.toMatchObject({ retryable: true });
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  expect(await vm.ask("take-back")).toMatchObject({ moved: false });
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("running");
  expect(vm.note()).toEqual({ kind: "stays", plan: "p1" });
  await expect(begin(vm)).rejects.toMatchObject({ code: "failed_precondition" });
  await vm.driver.detach();
});

test("taken back when it has gone, it is started from its disks by the executor that it has left", async () => {
  const vm = await departed();
  expect(await vm.ask("give-up")).toMatchObject({ moved: true });
  vm.hypervisor.failOn("define", FakeHypervisor.refusal("no memory"));
  await expect(vm.ask("take-back")).rejects.toThrow("no memory");
  expect(await vm.ask("take-back")).toMatchObject({ moved: false });
  expect(vm.hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  expect(vm.note()).toEqual({ kind: "stays", plan: "p1" });
  // It is watched again: by its policy (never) its end is the VM's.
  vm.hypervisor.happen(vmUuid, "shut-off", "shutdown", { event: "stopped", detail: "shutdown" });
  await vm.until(() => vm.last()?.state === "TASK_FINISHED");
  expect(vm.hypervisor.held.get(vmUuid)?.starts).toBe(1);
});

test.each(["gone", "leaving"])("taken back by an executor that came later, it runs: %s", async (kind) => {
  const first = await (kind === "gone" ? departed() : source());
  const { host, hypervisor } = first;
  if (kind === "leaving") {
    first.leaving();
    hypervisor.happen(vmUuid, "paused", "migration");
  }
  await first.driver.detach();
  const next = await source({}, { host, hypervisor });
  expect(next.last()?.message).toContain(kind === "gone" ? "runs on its new host" : "nothing is started meanwhile");
  for (const _ of [1, 2]) expect(await next.ask("take-back")).toMatchObject({ moved: false });
  await next.until(() => next.last()?.healthy === true && hypervisor.held.get(vmUuid)?.state === "running");
  expect(hypervisor.held.get(vmUuid)?.starts).toBe(1);
  await next.driver.detach();
});

test("an executor that came while it was leaving starts it once", async () => {
  const first = await source();
  const { host, hypervisor } = first;
  first.leaving();
  hypervisor.happen(vmUuid, "paused", "migration");
  await first.driver.detach();
  const next = await source({ look: () => ({ arrived: true }) }, { host, hypervisor });
  expect(await begin(next)).toMatchObject({ moved: true });
  expect(hypervisor.held.size).toBe(0);
  for (const _ of [1, 2]) expect(await next.ask("take-back")).toMatchObject({ moved: false });
  await next.until(() => next.last()?.healthy === true && hypervisor.held.get(vmUuid)?.state === "running");
  expect(hypervisor.held.get(vmUuid)?.starts).toBe(1);
  // Its end is seen: it is watched.
  hypervisor.happen(vmUuid, "shut-off", "shutdown", { event: "stopped", detail: "shutdown" });
  await next.until(() => next.last()?.state === "TASK_FINISHED");
});

test("taken back twice at once, it is started once, and runs on", async () => {
  const vm = await departed();
  const answers = await Promise.all([vm.ask("take-back"), vm.ask("take-back")]);
  expect(answers).toMatchObject([{ moved: false }, { moved: false }]);
  expect(vm.hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  expect(vm.ports.calls).not.toContain("networks.release");
  await vm.driver.detach();
});

test("killed when its guest has gone, it waits for no order to remove what is left", async () => {
  const vm = await departed({ orderMs: 3_600_000_000 });
  vm.driver.kill(launchVm(), {});
  await vm.ended();
  expect(vm.last()?.state).toBe("TASK_KILLED");
});

test("killed while it is taken back, it does not run in the end", async () => {
  const vm = await departed();
  const { start } = vm.hypervisor.domains;
  const asked = Promise.withResolvers<void>();
  const goes = Promise.withResolvers<void>();
  vm.hypervisor.domains.start = async (domain, options) => {
    asked.resolve();
    await goes.promise;
    return await start(domain, options);
  };
  const taken = vm.ask("take-back").catch(() => {});
  await asked.promise;
  vm.driver.kill(launchVm(), { graceMs: 0 });
  // Time for an end that does not wait for the start.
  await hastyClock.sleep(100_000);
  expect(vm.last()?.state).toBe("TASK_KILLING");
  goes.resolve();
  await taken;
  await vm.ended();
  expect(vm.hypervisor.held.get(vmUuid)?.state ?? "shut-off").toBe("shut-off");
});

test("what cannot be removed when it has gone is no reason to say that it stayed, and is not let go on", async () => {
  const vm = await source({ look: () => ({ arrived: true }) });
  vm.leaving();
  vm.hypervisor.happen(vmUuid, "paused", "migration");
  vm.hypervisor.failOn("destroy", FakeHypervisor.refusal("busy"));
  expect(await begin(vm)).toMatchObject({ moved: true });
  expect(vm.note()).toEqual({ kind: "gone", plan: "p1" });
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  const before = vm.hypervisor.calls.length;
  expect(await vm.ask("take-back")).toMatchObject({ moved: false });
  expect(vm.hypervisor.calls.slice(before)).not.toContain("resume");
  expect(vm.hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  await vm.driver.detach();
});

test("what cannot be removed when it has gone is ended by the kill of its executor", async () => {
  const vm = await source({ look: () => ({ arrived: true }) });
  vm.leaving();
  vm.hypervisor.happen(vmUuid, "paused", "migration");
  vm.hypervisor.failOn("destroy", FakeHypervisor.refusal("busy"));
  expect(await begin(vm)).toMatchObject({ moved: true });
  vm.driver.kill(launchVm(), {});
  await vm.ended();
  expect(vm.last()?.state).toBe("TASK_KILLED");
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("shut-off");
  expect(vm.hypervisor.calls).not.toContain("resume");
});

test("what its hand-over has left, with an executor that was killed before it was removed, is not let go on", async () => {
  const first = await source({ look: () => ({ arrived: true }) });
  const { host, hypervisor } = first;
  first.leaving();
  hypervisor.happen(vmUuid, "paused", "migration");
  hypervisor.failOn("destroy", FakeHypervisor.refusal("busy"));
  expect(await begin(first)).toMatchObject({ moved: true });
  await first.driver.detach();
  const next = await source({}, { host, hypervisor });
  hypervisor.failOn("destroy", FakeHypervisor.refusal("busy"));
  expect(await next.ask("begin")).toMatchObject({ moved: true });
  expect(hypervisor.held.get(vmUuid)?.state).toBe("paused");
  expect(await next.ask("begin")).toMatchObject({ moved: true });
  expect(hypervisor.held.size).toBe(0);
  expect(await next.ask("take-back")).toMatchObject({ moved: false });
  await next.until(() => next.last()?.healthy === true && hypervisor.held.get(vmUuid)?.state === "running");
  expect(hypervisor.calls).not.toContain("resume");
  expect(hypervisor.held.get(vmUuid)?.starts).toBe(1);
  await next.driver.detach();
});

test.each(["the executor that sent it", "one that came later"])(
  "with a shared disk it is started anew when it is taken back in its hand-over: %s",
  async (who) => {
    const disks = [{ name: "data", role: "data", format: "raw", path: "/mnt/data.raw", shared: true }];
    const first = await source({}, {}, { disks });
    const { host, hypervisor } = first;
    first.leaving();
    hypervisor.happen(vmUuid, "paused", "migration");
    if (who.includes("later")) await first.driver.detach();
    const vm = who.includes("later") ? await source({}, { host, hypervisor }, { disks }) : first;
    expect(await vm.ask("take-back")).toMatchObject({ moved: false });
    await vm.until(() => vm.last()?.healthy === true && hypervisor.held.get(vmUuid)?.state === "running");
    expect(hypervisor.calls).not.toContain("resume");
    expect(hypervisor.held.get(vmUuid)?.starts).toBe(1);
    expect(vm.note()).toEqual({ kind: "stays", plan: "p1" });
    await vm.driver.detach();
  },
);

test("what runs already when it is taken back is taken over", async () => {
  const vm = await departed();
  const { start } = vm.hypervisor.domains;
  vm.hypervisor.domains.start = async (domain, options) => {
    await start(domain, options);
    // Neither the end of that guest nor its start is known.
    vm.hypervisor.failOn("destroy", FakeHypervisor.refusal("busy"));
    throw FakeHypervisor.refusal("it took too long");
  };
  await expect(vm.ask("take-back")).rejects.toThrow("it took too long");
  for (const _ of [1, 2]) expect(await vm.ask("take-back")).toMatchObject({ moved: false });
  expect(vm.hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  await vm.driver.detach();
});

test("a guest that a move has left standing still goes on, and it is said when it does not", async () => {
  const vm = await source();
  const suspended = { event: "suspended", detail: "migrated" };
  const { held } = vm.hypervisor;
  vm.hypervisor.happen(vmUuid, "paused", "migration", suspended);
  await expect.poll(() => held.get(vmUuid)?.state, { timeout: 120_000 }).toBe("running");
  vm.hypervisor.failOn("resume", ...Array.from({ length: 300 }, () => FakeHypervisor.refusal("busy")));
  vm.hypervisor.happen(vmUuid, "paused", "migration", suspended);
  await vm.until(() => vm.last()?.healthy === false);
  expect(vm.last()?.message).toContain("stands still since a move");
  await expect.poll(() => held.get(vmUuid)?.state, { timeout: 120_000 }).toBe("running");
  await vm.until(() => vm.last()?.healthy === true);
  await vm.driver.detach();
});

const sharedDisk = { name: "data", role: "data", format: "raw", path: "/mnt/data.raw", shared: true };

test.each([
  ["with a shared disk it is started anew", [sharedDisk], true],
  ["without one it goes on", [], true],
  ["when it has certainly not run there it goes on", [sharedDisk], false],
] as const)(
  "its new host lost its power in the hand-over, and does not have it: %s",
  async (what, disks, mayHaveRun) => {
    const vm = await source({ look: () => ({ arrived: false, mayHaveRun }) }, {}, { disks: [...disks] });
    const { held, calls } = vm.hypervisor;
    vm.leaving();
    vm.hypervisor.happen(vmUuid, "paused", "migration");
    const anew = what.includes("anew");
    const asked = await begin(vm).catch((error: unknown) => error);
    if (anew) expect(asked).toMatchObject({ retryable: true, message: expect.stringContaining("started anew") });
    await vm.until(() => vm.last()?.healthy === true && held.get(vmUuid)?.state === "running");
    expect(calls.includes("resume")).toBe(!anew);
    expect(held.get(vmUuid)?.starts).toBe(1);
    expect(calls.includes("destroy")).toBe(anew);
    expect(vm.note()).toBeNull();
    await vm.driver.detach();
  },
);
