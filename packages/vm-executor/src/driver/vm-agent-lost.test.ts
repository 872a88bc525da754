// The agent is lost while the VM ends: a guest that may run elsewhere meanwhile gets no more grace.
import type { VmTaskInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { setUp } from "../testing/vm-set-up.ts";
import { launchVm, vmUuid } from "../testing/vm-tasks.ts";

/** In the time of these tests. */
const anHour = 3_600_000_000;

/** A guest that does not obey, and a kill that gives it long. */
async function killed(init: VmTaskInit) {
  const parts = setUp({ orderMs: 30 });
  parts.hypervisor.obeys = false;
  parts.driver.launch(launchVm(init));
  await parts.running();
  parts.driver.kill(launchVm(), { graceMs: anHour });
  await expect.poll(() => parts.hypervisor.calls).toContain("shutdown");
  return { ...parts, domain: () => parts.hypervisor.held.get(vmUuid) };
}

test("one that may run elsewhere ends at once", async () => {
  const { driver, domain, ports } = await killed({ movable: true });
  await driver.agentLost();
  expect(domain()?.state).toBe("shut-off");
  expect(ports.calls).not.toContain("disks.remove");
});

test("also when libvirt refuses at first", async () => {
  const { driver, domain, hypervisor, host } = await killed({ movable: true });
  host.guestProcess = async () => (domain()?.state === "running" ? 4711 : undefined);
  hypervisor.failOn("destroy", FakeHypervisor.refusal("device is busy"));
  await driver.agentLost();
  expect(domain()?.state).toBe("shut-off");
});

test("the end of any other comes to its end too, within its grace", async () => {
  const { driver, domain, hypervisor } = await killed({});
  const lost = driver.agentLost();
  hypervisor.obeys = true;
  await lost;
  expect(domain()?.state).toBe("shut-off");
  expect(hypervisor.calls).not.toContain("destroy");
});

/** An executor that takes a guest which moves while it runs, on a host that has a guest of the VM. */
async function taking(notes: Readonly<Record<string, object>>, { shutdownGraceMs = anHour } = {}) {
  const before = setUp();
  before.driver.launch(launchVm());
  await before.running();
  await before.driver.detach();
  const parts = setUp({ hypervisor: before.hypervisor, shutdownGraceMs });
  parts.driver.launch(launchVm({ part: "destination" }));
  await parts.running();
  parts.host.started.add(`/var/lib/cke/vms/${vmUuid}`);
  for (const [note, value] of Object.entries(notes))
    parts.host.notes.set(`/var/lib/cke/vms/${vmUuid}/${note}`, JSON.stringify(value));
  return { ...parts, domain: () => parts.hypervisor.held.get(vmUuid) };
}

test.each(["arrived", "expected"])(
  "a guest that has come, and has no executor of its own yet, ends: %s",
  async (kind) => {
    const { driver, domain, hypervisor, ports } = await taking({ arrival: { kind } });
    await driver.agentLost();
    expect(domain()?.state).toBe("shut-off");
    expect(hypervisor.calls).toContain("shutdown");
    expect(ports.calls).not.toContain("disks.remove");
  },
);

test("also when it does not obey, and libvirt refuses at first", async () => {
  const { driver, domain, hypervisor, host } = await taking(
    { arrival: { kind: "arrived" } },
    { shutdownGraceMs: 15_000 },
  );
  hypervisor.obeys = false;
  host.guestProcess = async () => (domain()?.state === "running" ? 4711 : undefined);
  hypervisor.failOn("destroy", FakeHypervisor.refusal("device is busy"));
  await driver.agentLost();
  expect(domain()?.state).toBe("shut-off");
});

test("where no guest was to come, what runs is left as it is", async () => {
  const { driver, domain } = await taking({});
  await driver.agentLost();
  expect(domain()?.state).toBe("running");
});
