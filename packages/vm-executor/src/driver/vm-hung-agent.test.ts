// A guest agent that takes questions and never answers: the guest is watched, ended and started again all the same.
import type { VmTaskInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { type SetUpOptions, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, unitReport, vmUuid } from "../testing/vm-tasks.ts";

const withAgent = (policy = ""): VmTaskInit => ({
  definition: definition({ devices: { agent: true }, restart: { policy } }),
});

async function hanging(init: VmTaskInit = withAgent(), options: SetUpOptions = {}) {
  const parts = setUp(options);
  parts.hypervisor.hangs = true;
  parts.driver.launch(launchVm(init));
  await parts.running();
  return { ...parts, domain: () => parts.hypervisor.held.get(vmUuid) };
}

test("libvirt is told how long it waits for the agent", async () => {
  const { hypervisor, driver } = await hanging();
  expect(hypervisor.calls).toContain("setResponseTimeout 30");
  await driver.detach();
});

test("a guest without an agent needs no such bound", async () => {
  const { hypervisor, driver } = await hanging({});
  expect(hypervisor.calls.filter((call) => call.startsWith("setResponseTimeout"))).toEqual([]);
  await driver.detach();
});

test("the end of the guest is seen while the agent hangs", async () => {
  const { hypervisor, driver, until, last, domain } = await hanging();
  hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
  await until(() => last()?.message?.startsWith("restarted") === true);
  expect(domain()?.starts).toBe(2);
  await driver.detach();
});

test("another executor adopts the guest while the agent hangs", async () => {
  const first = await hanging();
  await first.driver.detach();
  const second = setUp({ hypervisor: first.hypervisor, host: first.host });
  second.driver.launch(launchVm(withAgent()));
  await second.until(() => second.last()?.message?.includes("adopted") === true);
  expect(first.domain()?.starts).toBe(1);
  await second.driver.detach();
});

test("a kill presses the power button when the agent does not answer", async () => {
  const { hypervisor, driver, ended, last } = await hanging(withAgent(), { orderMs: 30 });
  driver.kill(launchVm(), { graceMs: 60_000 });
  await ended();
  expect(hypervisor.calls).toContain("shutdown acpi");
  expect(hypervisor.calls).not.toContain("destroy");
  expect(unitReport(last()?.data)?.data).toBe("kept");
});
