// What a clone and its source must never lose, against a fake Mesos: disks that only one may write to, and the host that has what is copied.
import { expect, test } from "vitest";
import { createdVm, runningVm, vmsOf } from "../testing/vm-scenario.ts";

const ofAnother = (disk: string) => ({
  status: 422,
  problems: [{ path: `disk ${disk}`, message: expect.stringContaining("two VMs do not write to one disk") }],
});

test("a clone never runs on the disks of its source, also when none of them is copied", async () => {
  const s = await createdVm(["a"], { disk: { system: { path: "/mnt/web.qcow2", shared: true } } });
  await s.offer("a");
  await runningVm(s);
  const clone = async (body: Readonly<Record<string, unknown>>) =>
    await vmsOf(s).create({ from: "web", name: "copy", ...body });
  await expect(clone({})).rejects.toMatchObject(ofAnother("system"));
  await clone({ network: [], disk: { system: { path: "/mnt/copy.qcow2", shared: true } } });
});

test("nor on those of one that never ran", async () => {
  const disk = { system: { image: "debian.qcow2" }, data: [{ path: "/mnt/data.raw" }] };
  const s = await createdVm([], { disk });
  const clone = vmsOf(s).create({ from: "web", name: "copy", network: [] });
  await expect(clone).rejects.toMatchObject(ofAnother("data0"));
});
