// What is said of a guest that does not run yet, or stands still though nobody has paused it here.
import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { settle } from "../../framework/testing/manual-clock.ts";
import { createdVm, runningVm, vmReport, vmsOf, vmTaskId } from "../testing/vm-scenario.ts";
import { VmCalls } from "./vm-calls.ts";

test.each([
  ["unavailable", "vm_not_running", 409],
  ["guest_away", "guest_away", 502],
])("an executor that answers %s: %s, status %i", async (code, expected, status) => {
  const call = async () => {
    throw new CkeError(code, "the virtual machine's guest does not run", { status: 502, retryable: true });
  };
  const channels = { open: async () => Object.assign(Object.create(null), { call }) };
  const asked = new VmCalls({ channels, onProgress: () => {} }).power("web", "reboot", AbortSignal.timeout(5_000));
  await expect(asked).rejects.toMatchObject({
    code: expected,
    status,
    message: expect.stringContaining("does not run"),
  });
});

test.each([
  ["", "paused", "its guest stands still (from-snapshot), until POST …/resume"],
  ["disk_full", "starting", "the guest is paused"],
])("a guest that stands still, with the cause %j, is %s", async (cause, status, reason) => {
  const s = await createdVm(["a"]);
  await s.offer("a");
  await runningVm(s);
  const unit = { containerId: "d1", startedAtMs: s.clock.now(), cause };
  const data = vmReport("ready", { state: "paused", reason: "from-snapshot" }, unit);
  s.mesos.update(vmTaskId(s, "web"), "TASK_RUNNING", { healthy: false, message: "the guest is paused", data });
  await settle();
  expect(vmsOf(s).get("web").status).toBe(status);
  expect(vmsOf(s).get("web").status_reason).toBe(reason);
});

test("a pause of one that does not run yet says that it begins so", async () => {
  const s = await createdVm(["a"]);
  await s.offer("a");
  expect(await s.scheduler.vmControl.pause("web", true, "")).toContain("does not run now: its guest is started paused");
});
