// The agent is lost while the VM ends: a guest that may run elsewhere meanwhile gets no more grace.
import type { VmTaskInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { setUp } from "../testing/vm-set-up.ts";
import { launchVm, vmUuid } from "../testing/vm-tasks.ts";

/** A guest that does not obey, and a kill that gives it days. */
async function killed(init: VmTaskInit) {
  const parts = setUp({ orderMs: 30 });
  parts.hypervisor.obeys = false;
  parts.driver.launch(launchVm(init));
  await parts.running();
  parts.driver.kill(launchVm(), { graceMs: 3_600_000_000 });
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
