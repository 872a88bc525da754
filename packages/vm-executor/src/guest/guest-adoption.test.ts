// A guest that runs is adopted, whatever libvirt or the host refuse meanwhile.
import { LibvirtError } from "@cke/libvirt";
import { expect, test } from "vitest";
import { setUp } from "../testing/vm-set-up.ts";
import { launchVm, vmUuid } from "../testing/vm-tasks.ts";

async function left() {
  const first = setUp();
  first.driver.launch(launchVm());
  await first.running();
  await first.driver.detach();
  return first;
}

test("a state that libvirt does not tell ends no guest, and is told", async () => {
  const { hypervisor, host } = await left();
  const next = setUp({ hypervisor, host });
  hypervisor.failOn("setSchedulerParameters", new LibvirtError("limits", 55, 10, "no control groups"));
  hypervisor.failOn("state", new LibvirtError("state", 38, 10, "cannot read the state"));
  next.driver.launch(launchVm());
  await next.until(() => next.last()?.message?.includes("adopted") === true);
  expect(next.report()?.warnings.join()).toMatch(/the limits of the running guest could not be completed/);
  expect(hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  await next.driver.detach();
});

test("a process table that cannot be read ends no guest, and is told", async () => {
  const { hypervisor, host } = await left();
  host.guestProcess = async () => {
    throw new Error("too many open files");
  };
  const next = setUp({ hypervisor, host });
  next.driver.launch(launchVm());
  await next.until(() => next.last()?.message?.includes("adopted") === true);
  expect(next.report()?.warnings.join()).toMatch(/too many open files/);
  expect(next.ports.calls).toContain("networks.attached");
  expect(hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 1 });
  await next.driver.detach();
});
