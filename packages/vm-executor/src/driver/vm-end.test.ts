// How a VM ends: by its guest, by the host, by Mesos, by a lost agent. Data goes only by order.

import type { VmTaskInit } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { type SetUpOptions, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, removalOrder, unitReport, vmUuid } from "../testing/vm-tasks.ts";

async function running(init: VmTaskInit = {}, options: SetUpOptions = {}) {
  const parts = setUp(options);
  parts.driver.launch(launchVm(init));
  await parts.running();
  const domain = () => parts.hypervisor.held.get(vmUuid);
  const cause = () => unitReport(parts.last()?.data)?.cause;
  const fate = () => [parts.last()?.state, unitReport(parts.last()?.data)?.data];
  return { ...parts, domain, cause, fate };
}

const restart = (policy: string) => ({ definition: definition({ restart: { policy } }) });

describe("the guest ends by itself", () => {
  test("it shuts down: the task has finished, its data stays", async () => {
    const { hypervisor, ended, fate, ports } = await running();
    hypervisor.happen(vmUuid, "shut-off", "shutdown", { event: "stopped", detail: "shutdown" });
    await ended();
    expect(fate()).toEqual(["TASK_FINISHED", "kept"]);
    expect(ports.calls).toContain("networks.release");
    expect(ports.calls).not.toContain("disks.remove");
  });

  test("it shuts down and is always to run: it starts again", async () => {
    const { hypervisor, until, domain, last, driver } = await running(restart("always"));
    hypervisor.happen(vmUuid, "shut-off", "shutdown", { event: "stopped", detail: "shutdown" });
    await until(() => last()?.message?.startsWith("restarted") === true);
    expect(domain()?.starts).toBe(2);
    await driver.detach();
  });

  test.each([
    ["crashed", [{ event: "crashed", detail: "panicked" }], "guest_panicked"],
    ["crashed", [], "guest_killed"],
    ["destroyed", [], "domain_destroyed"],
  ] as const)("%s %j: it starts again after a pause, with the cause in its report", async (reason, told, cause) => {
    const { hypervisor, context, domain, until, last, driver } = await running();
    hypervisor.happen(vmUuid, "shut-off", reason, ...told, { event: "stopped", detail: "crashed" });
    await until(() => last()?.message?.startsWith("restarted") === true);
    const unhealthy = context.reports.find(({ healthy }) => healthy === false);
    expect(unitReport(unhealthy?.data)?.cause).toBe(cause);
    expect(unhealthy?.message).toMatch(/starts again in \d+ s \(restart 1\)/);
    expect(domain()?.starts).toBe(2);
    await driver.detach();
  });

  test("QEMU is killed and is never to start again: the task fails", async () => {
    const { hypervisor, ended, fate, cause, domain } = await running(restart("never"));
    hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
    await ended();
    expect(fate()).toEqual(["TASK_FAILED", "kept"]);
    expect(cause()).toBe("guest_killed");
    expect(domain()?.starts).toBe(1);
  });

  test("the kernel kills QEMU: out of memory", async () => {
    const { hypervisor, host, ended, cause, last } = await running(restart("never"));
    host.outOfMemory = true;
    hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
    await ended();
    expect(cause()).toBe("out_of_memory");
    expect(last()?.reason).toBe("REASON_CONTAINER_LIMITATION_MEMORY");
  });

  test("its domain is removed on the host: it is defined and started again", async () => {
    const { hypervisor, until, last, driver, domain } = await running();
    const name = domain()?.name ?? "";
    hypervisor.held.delete(vmUuid);
    hypervisor.held.set("other", {
      name: "other",
      uuid: "other",
      xml: "",
      metadata: "",
      state: "running",
      reason: "booted",
      starts: 1,
    });
    hypervisor.mend();
    await until(() => last()?.message?.startsWith("restarted") === true);
    expect(domain()?.name).toBe(name);
    await driver.detach();
  });

  test("a full disk pauses it: unhealthy, and it goes on by itself", async () => {
    const { hypervisor, until, last, cause, domain, driver } = await running();
    const told = { kind: "io-error", path: "/d", device: "ua-disk-system", action: "pause", reason: "enospc" } as const;
    hypervisor.tell(vmUuid, told as never);
    hypervisor.happen(vmUuid, "paused", "io-error", { event: "suspended", detail: "io-error" });
    await until(() => cause() === "disk_full");
    expect(last()).toMatchObject({ state: "TASK_RUNNING", healthy: false });
    expect(last()?.message).toMatch(/storage is full on .*system/);
    await until(() => last()?.healthy === true);
    expect(domain()?.starts).toBe(1);
    await driver.detach();
  });
});

describe("B12: a kill", () => {
  test("B12: without an order asks the guest to shut down and keeps the data", async () => {
    const { driver, hypervisor, ended, fate, ports, host } = await running({}, { orderMs: 30 });
    // A grace that no busy machine outlasts: the guest shuts down when it is asked.
    driver.kill(launchVm(), { graceMs: 3_600_000 });
    await ended();
    expect(fate()).toEqual(["TASK_KILLED", "kept"]);
    expect(hypervisor.calls).toContain("shutdown");
    expect(hypervisor.held.get(vmUuid)?.state).toBe("shut-off");
    expect(ports.calls).not.toContain("disks.remove");
    expect([...host.locks]).toEqual([]);
  });

  test("B12: with the order removes everything", async () => {
    const { remove, hypervisor, ended, fate, ports, host } = await running();
    remove();
    await ended();
    expect(fate()).toEqual(["TASK_KILLED", "removed"]);
    expect(hypervisor.held.size).toBe(0);
    expect(ports.calls).toEqual(expect.arrayContaining(["disks.remove", "seeds.remove", "networks.release"]));
    expect([...host.directories, ...host.started]).toEqual([]);
  });

  test("B12: waits for an order that was lost and comes with the repeated kill", async () => {
    const { driver, hypervisor, ended, fate, remove, context } = await running({}, { orderMs: 3_600_000_000 });
    driver.kill(launchVm(), {});
    await expect.poll(() => hypervisor.held.get(vmUuid)?.state).toBe("shut-off");
    expect(context.ended).toBe(false);
    remove();
    await ended();
    expect(fate()).toEqual(["TASK_KILLED", "removed"]);
  });

  test("B12: takes no order for another executor", async () => {
    const { driver, ended, fate } = await running({}, { orderMs: 30 });
    driver.message(removalOrder("cke.vm1.vm1.0"));
    driver.kill(launchVm(), {});
    await ended();
    expect(fate()).toEqual(["TASK_KILLED", "kept"]);
  });

  test("a guest that does not obey is ended after the grace", async () => {
    const { driver, hypervisor, ended, fate } = await running({}, { orderMs: 30 });
    hypervisor.obeys = false;
    driver.kill(launchVm(), { graceMs: 60_000 });
    await ended();
    expect(hypervisor.calls.filter((call) => call === "shutdown").length).toBeGreaterThan(1);
    expect(hypervisor.calls).toContain("destroy");
    expect(fate()).toEqual(["TASK_KILLED", "kept"]);
  });

  test("while the guest is about to start again ends it for good", async () => {
    const { driver, hypervisor, until, last, ended, domain } = await running({}, { orderMs: 30 });
    hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
    await until(() => last()?.healthy === false);
    driver.kill(launchVm(), {});
    await ended();
    expect(domain()).toMatchObject({ state: "shut-off", starts: 1 });
  });

  test("whose guest cannot be ended yet is tried again, and is not over before", async () => {
    const { driver, hypervisor, host, ended, fate, context, domain } = await running({}, { orderMs: 30 });
    const refusals = Array.from({ length: 4 }, () => FakeHypervisor.refusal("device is busy"));
    hypervisor.failOn("destroy", ...refusals);
    const looks: unknown[] = [];
    host.guestProcess = async () => {
      looks.push(context.ended);
      return domain()?.state === "running" ? 4711 : undefined;
    };
    driver.kill(launchVm(), { graceMs: 0 });
    await ended();
    expect(looks).toEqual([false, false, false, false]);
    expect(fate()).toEqual(["TASK_KILLED", "kept"]);
    expect(domain()?.state).toBe("shut-off");
  });

  test("with the daemon away ends the guest's process, and says what is left", async () => {
    const { driver, hypervisor, host, ended, last } = await running({}, { orderMs: 30 });
    hypervisor.lose();
    driver.kill(launchVm(), { graceMs: 0 });
    await ended();
    expect(host.killed).toContain(vmUuid);
    expect(last()).toMatchObject({ state: "TASK_FAILED" });
    expect(last()?.message).toMatch(/could not be removed completely/);
  });
});

test("a kill in the middle of the first launch leaves nothing: there is nothing to keep", async () => {
  const parts = setUp({ orderMs: 30 });
  parts.driver.launch(launchVm({ definition: definition({ seed: { hostname: "h", password: true } }) }));
  // It waits for the seed's secrets.
  await parts.context.until(({ messages }) => messages.length > 0);
  parts.driver.kill(launchVm(), {});
  await parts.ended();
  expect(unitReport(parts.last()?.data)?.data).toBe("removed");
  expect([...parts.host.directories, ...parts.host.locks.keys()]).toEqual([]);
  expect(parts.ports.calls).toEqual(expect.arrayContaining(["networks.release", "disks.remove"]));
});

test("a launch that comes only to remove starts nothing, and removes", async () => {
  const { driver, hypervisor, host, ended, fate, ports } = await running({ removeOnKill: true, definition: undefined });
  expect(hypervisor.calls).not.toContain("start");
  host.started.add(`/var/lib/cke/vms/${vmUuid}`);
  driver.kill(launchVm(), {});
  await ended();
  expect(fate()).toEqual(["TASK_KILLED", "removed"]);
  expect(ports.calls).toContain("disks.remove");
});

test("a launch that comes only to end a guest starts nothing, asks the guest to shut down, and keeps the data", async () => {
  const { driver: dead, hypervisor, host, ports } = await running();
  await dead.detach();
  const starts = hypervisor.calls.filter((call) => call === "start");
  const init = { endOnKill: true, definition: undefined };
  const { driver, domain, ended, fate } = await running(init, { hypervisor, host, ports });
  expect(domain()?.state).toBe("running");
  driver.kill(launchVm(), {});
  await ended();
  expect(hypervisor.calls.filter((call) => call === "start")).toEqual(starts);
  expect(hypervisor.calls).toContain("shutdown");
  expect(domain()?.state).toBe("shut-off");
  expect(fate()).toEqual(["TASK_KILLED", "kept"]);
  expect(ports.calls).not.toContain("disks.remove");
});

test("a shutdown of the executor ends the guest and keeps its data", async () => {
  const { driver, domain, fate } = await running();
  await driver.shutdown();
  expect(domain()?.state).toBe("shut-off");
  expect(fate()).toEqual(["TASK_KILLED", "kept"]);
});

describe("B21: the agent is lost for good", () => {
  test("B21: a VM whose disks are here alone runs on", async () => {
    const { driver, domain } = await running();
    await driver.agentLost();
    expect(domain()?.state).toBe("running");
  });

  test("B21: one that may run elsewhere is ended at once, and its data stays", async () => {
    const { driver, domain, ports } = await running({ movable: true });
    await driver.agentLost();
    expect(domain()?.state).toBe("shut-off");
    expect(ports.calls).not.toContain("disks.remove");
  });

  test("B21: it is ended without the daemon too", async () => {
    const { driver, hypervisor, host } = await running({ movable: true });
    hypervisor.lose();
    await driver.agentLost().catch(() => {});
    expect(host.killed).toContain(vmUuid);
  });
});
