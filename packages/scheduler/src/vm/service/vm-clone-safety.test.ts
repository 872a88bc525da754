// What a clone and its source must never lose, against a fake Mesos: disks that only one may write to, and the host that has what is copied.
import { expect, test } from "vitest";
import { settle } from "../../framework/testing/manual-clock.ts";
import { createdVm, runningVm, vmHosts, vmReport, vmsOf, vmTaskId, vmTasks } from "../testing/vm-scenario.ts";

const ofAnother = (path: string) => ({
  status: 422,
  problems: [{ path, message: expect.stringContaining("two VMs do not write to one disk") }],
});

test("a clone never runs on the disks of its source, also when none of them is copied", async () => {
  const s = await createdVm(["a"], { disk: { system: { path: "/mnt/web.qcow2", shared: true } } });
  await s.offer("a");
  await runningVm(s);
  const clone = async (body: Readonly<Record<string, unknown>>) =>
    await vmsOf(s).create({ from: "web", name: "copy", ...body });
  await expect(clone({})).rejects.toMatchObject(ofAnother("disk.system.path"));
  await clone({ network: [], disk: { system: { path: "/mnt/copy.qcow2", shared: true } } });
});

test("nor on those of one that never ran", async () => {
  const disk = { system: { image: "debian.qcow2" }, data: [{ path: "/mnt/data.raw" }] };
  const s = await createdVm([], { disk });
  const clone = vmsOf(s).create({ from: "web", name: "copy", network: [] });
  await expect(clone).rejects.toMatchObject(ofAnother("disk.data[0].path"));
});

test("a stop while its disks are copied leaves it the host where they are copied", async () => {
  const s = await createdVm(["a", "b"]);
  await s.offer("a");
  await runningVm(s);
  const { vms } = s.scheduler;
  await vms.expect("web", "STOP", "");
  await s.seconds(5);
  await vms.create({ from: "web", name: "copy", network: [] });
  await s.offer("a");
  s.mesos.update(vmTaskId(s, "copy"), "TASK_STARTING", { data: vmReport("disks") });
  await settle();
  // No guest was ever started: its executor keeps nothing.
  s.mesos.onKill = ({ info, executorId }) => {
    const data = vmReport("stopping", {}, { data: "removed" });
    s.mesos.update(info.task_id.value, "TASK_KILLED", { data });
    s.mesos.executors.delete(executorId);
  };
  await vms.expect("copy", "STOP", "");
  await s.seconds(5);
  expect(vms.get("copy").status).toBe("stopped");
  await vms.expect("copy", "RUN", "");
  await s.offer("b");
  expect(vmTasks(s, "copy")).toEqual([]);
  await s.offer("a");
  expect(vmHosts(s, "copy")).toEqual(["a"]);
});

test("a clone is no template before it has its disks, and says what lets its source go", async () => {
  const s = await createdVm(["a"], {});
  const { vms, vmControl } = s.scheduler;
  // Without disks there is nothing to copy.
  await vms.create({ from: "web", name: "mould", template: true, network: [] });
  expect(vms.get("mould")).toMatchObject({ template: true, status: "stopped" });
  await s.offer("a");
  await runningVm(s);
  await vms.expect("web", "STOP", "");
  await s.seconds(5);
  const clone = async (body: Readonly<Record<string, unknown>> = {}) =>
    await vms.create({ from: "web", name: "copy", network: [], ...body });
  await expect(clone({ template: true })).rejects.toMatchObject({
    status: 422,
    problems: [{ path: "template", message: expect.stringContaining('then PATCH {"template": true}') }],
  });
  await clone();
  await expect(vms.remove("web")).rejects.toMatchObject({ message: expect.stringContaining("wait for that") });
  const template = async (value: boolean) =>
    await vmControl.change("copy", { template: value }, false, "", new AbortController().signal);
  await vms.expect("copy", "STOP", "");
  await expect(template(true)).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("is a clone whose disks are not copied yet"),
  });
  await expect(vms.remove("web")).rejects.toMatchObject({
    message: expect.stringContaining('start "copy" (POST /vm/v1/vms/copy/start), or delete it'),
  });
});

test("a template whose guest has finished is started by no retry", async () => {
  const s = await createdVm(["a"], {});
  const { vms, vmControl } = s.scheduler;
  await s.offer("a");
  await runningVm(s);
  s.mesos.update(vmTaskId(s), "TASK_FINISHED", { message: "the guest was shut down", data: vmReport("ready") });
  await s.seconds(5);
  const { signal } = new AbortController();
  await vmControl.change("web", { template: true }, false, "", signal);
  expect(vms.get("web")).toMatchObject({ template: true, status: "stopped", expect: "STOP" });
  const retry = async () => await vms.changePlan("web", "retry", "");
  await expect(retry()).rejects.toMatchObject({ status: 409, message: expect.stringContaining("is a template") });
  await s.offer("a");
  expect(vmTasks(s)).toEqual([]);
  await vmControl.change("web", { template: false }, false, "", signal);
  await vms.expect("web", "RUN", "");
  await s.offer("a");
  expect(vmHosts(s)).toEqual(["a"]);
});
