// Clones against a fake Mesos: where they begin, what they are copied from, and what their source may not do meanwhile.
import { VmCall, VmCallResult } from "@cke/protocol";
import { expect, test } from "vitest";
import type { Channel } from "../../channel/channel.ts";
import { settle } from "../../framework/testing/manual-clock.ts";
import { Scenario } from "../../framework/testing/scenario.ts";
import { isVm, type VmRecord } from "../body/vm-record.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";
import {
  createdVm,
  launchedVm,
  runningVm,
  vmHosts,
  vmReport,
  vmsOf,
  vmTaskId,
  vmTasks,
} from "../testing/vm-scenario.ts";

const { signal } = new AbortController();

async function stopped(): Promise<Scenario> {
  const s = await createdVm(["a", "b"], { cloudInit: { user: "ann", password: "secret" } });
  await s.offer("a");
  await runningVm(s);
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
  return s;
}
const clone = async (s: Scenario, body: Readonly<Record<string, unknown>> = {}) =>
  await vmsOf(s).create({ from: "web", name: "copy", ...body });
const refused = (words: string, code = "vm_state") => ({ status: 409, code, message: expect.stringContaining(words) });

test("a clone of a VM that is stopped begins on the host of its source, and is told what to copy", async () => {
  const s = await stopped();
  expect(await clone(s)).toMatchObject({
    name: "copy",
    warnings: [expect.any(String), expect.stringContaining("password")],
  });
  await s.offer("b");
  expect(vmTasks(s, "copy")).toEqual([]);
  expect(JSON.stringify(vmsOf(s).pending("copy"))).toContain(
    "it is a clone of web, and begins on a, where the disks of web are",
  );
  await s.offer("a");
  expect(vmHosts(s, "copy")).toEqual(["a"]);
  const task = launchedVm(s, "copy");
  expect(task).toMatchObject({
    copyOf: { vm: "web", uuid: vmsOf(s).get("web").uuid, snapshot: "", disks: [{ name: "system", format: "qcow2" }] },
    definition: { seed: { hostname: "copy", user: "ann", password: false } },
  });
  expect(task.copyOf?.instance).not.toBe(task.instance);
  expect(task.uuid).not.toBe(task.copyOf?.uuid);
  expect(vmsOf(s).json("copy")).toMatchObject({ from: "web", disk: { system: { name: "system" } } });
  expect(await s.store.get("vm-secrets/web")).toBeDefined();
  expect(await s.store.get("vm-secrets/copy")).toBeUndefined();
});

test("until its first start its source keeps its disks as they are, over a new scheduler too", async () => {
  const s = await stopped();
  await clone(s);
  await s.restart();
  const { vms, vmControl } = s.scheduler;
  await expect(vms.remove("web")).rejects.toMatchObject(refused('disks of its clone "copy" are copied from it'));
  await expect(vms.expect("web", "RUN", "")).rejects.toMatchObject(refused("is not started now"));
  await expect(vms.replace("web", true, "")).rejects.toMatchObject(refused("is not replaced now"));
  const disk = { system: { image: "debian.qcow2", size: "10G" }, data: [{ size: "1G" }] };
  await expect(vmControl.change("web", { disk }, false, "", signal)).rejects.toMatchObject(
    refused("given other disks"),
  );
  const move = async (name: string) => await vmControl.migration.begin(name, {}, "");
  await expect(move("web")).rejects.toMatchObject(refused("is not moved now"));
  await expect(move("copy")).rejects.toMatchObject({ status: 409 });
  await expect(clone(s, { from: "copy", name: "third" })).rejects.toMatchObject(refused("is a clone itself"));
  await clone(s, { name: "second" });
  await s.offer("a");
  // It fails before its guest has run: it stays where its source is, and copies again.
  s.mesos.update(vmTaskId(s, "copy"), "TASK_STARTING", { data: vmReport("start") });
  await settle();
  s.mesos.update(vmTaskId(s, "copy"), "TASK_FAILED", {
    message: "no",
    data: vmReport("start", {}, { cause: "network_missing" }),
  });
  await s.seconds(900);
  await s.offer("b");
  expect(vmTasks(s, "copy")).toEqual([]);
  await s.offer("a");
  expect(vmHosts(s, "copy")).toEqual(["a"]);
  await expect(vms.remove("web")).rejects.toMatchObject(refused("(and 1 more)"));
  await runningVm(s, "copy");
  await runningVm(s, "second");
  await vms.expect("web", "RUN", "");
  await vms.remove("web");
  await s.seconds(5);
  s.mesos.update(vmTaskId(s, "copy"), "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await settle();
  await expect(vms.replace("copy", true, "")).rejects.toMatchObject(
    refused("have no image with which they could begin anew"),
  );
});

test("one whose guest has finished is cloned as it is, and is not started meanwhile", async () => {
  const s = await createdVm(["a"]);
  await s.offer("a");
  await runningVm(s);
  s.mesos.update(vmTaskId(s), "TASK_FINISHED", { message: "the guest was shut down", data: vmReport("ready") });
  await s.seconds(5);
  await clone(s);
  const { vms } = s.scheduler;
  await expect(vms.changePlan("web", "retry", "")).rejects.toMatchObject(refused("is not started now"));
  await s.offer("a");
  await runningVm(s, "copy");
  await vms.changePlan("web", "retry", "");
  await s.offer("a");
  expect(vmHosts(s)).toEqual(["a"]);
});

test("a clone has the sizes of its source, also those that only an earlier version accepted, unless it is given others", async () => {
  const s = await stopped();
  const { ledger } = s.scheduler.framework.parts;
  const [web] = ledger.workloads();
  if (web === undefined || !isVm(web)) throw new Error("no VM");
  const { spec } = web;
  // More memory than it has without a balloon.
  const memory = { ...spec.memory, maximumMib: spec.mem * 2 };
  const older: VmRecord = { ...web, spec: { ...spec, memory, devices: { ...spec.devices, balloon: false } } };
  await ledger.commit({ workload: older });
  await clone(s);
  const { cpus, mem } = spec;
  expect(vmsOf(s).json("copy")).toMatchObject({ cpus, mem, maxMem: mem * 2, devices: { balloon: false } });
  const other = async (body: object) => await clone(s, { name: "other", ...body });
  const needsBalloon = expect.objectContaining({ message: expect.stringContaining("which needs devices.balloon") });
  for (const body of [{ mem: mem / 2 }, { maxMem: mem * 4 }])
    await expect(other(body)).rejects.toMatchObject({ problems: [needsBalloon] });
  const smaller = { disk: { system: { size: 1_024 } } };
  await expect(other(smaller)).rejects.toMatchObject({ message: expect.stringContaining("never made smaller") });
  await other({ maxMem: mem, disk: { system: { size: "20G" } } });
  expect(vmsOf(s).json("other")).toMatchObject({ mem, disk: { system: { size: 20_480 } } });
});

test("a clone that is deleted holds nothing", async () => {
  const s = await stopped();
  await clone(s);
  await vmsOf(s).remove("copy");
  await s.seconds(5);
  expect(
    vmsOf(s)
      .list()
      .map(({ name }) => name),
  ).toEqual(["web"]);
  await vmsOf(s).remove("web");
  expect(vmsOf(s).get("web").status).toBe("killing");
});

test("its disks may change as those of any VM", async () => {
  const s = await stopped();
  await clone(s);
  await s.offer("a");
  await runningVm(s, "copy");
  const { vms, vmControl } = s.scheduler;
  const patch = async (body: Readonly<Record<string, unknown>>, whole = false) => {
    const answered = vmControl.change("copy", body, whole, "", signal);
    await s.seconds(12);
    return (await answered).changed;
  };
  expect(await patch({ title: "new" })).toEqual(["title"]);
  expect(await patch({ disk: { system: { size: "12G" }, data: [{ size: "1G" }] } })).toEqual(["disk"]);
  expect(vms.json("copy").disk).toEqual({
    system: { name: "system", size: 12_288, format: "qcow2", bus: "virtio" },
    data: [{ name: "data0", size: 1_024, format: "qcow2", bus: "virtio" }],
  });
  expect(vms.get("copy").from).toBe("web");
  const refusal = vmControl.change("copy", { from: "other" }, false, "", signal);
  await expect(refusal).rejects.toMatchObject({ problems: [{ path: "from", message: expect.any(String) }] });
});

test("what cannot be cloned", async () => {
  const s = await createdVm(["a"]);
  await expect(clone(s, { from: "none" })).rejects.toMatchObject({ status: 404, code: "vm_not_found" });
  await expect(clone(s, { from: "web@now" })).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining("it has none"),
  });
  for (const from of ["", "a b", "web@", "@now", 7])
    await expect(clone(s, { from })).rejects.toMatchObject({
      status: 400,
      problems: [{ path: "from", message: expect.any(String) }],
    });
  // It has no disks yet: a clone is made of the same images.
  await clone(s, { name: "twin", network: [] });
  expect(vmsOf(s).json("twin")).toMatchObject({ disk: { system: { image: "debian.qcow2" } } });
  expect(vmsOf(s).get("twin").from).toBe("");
  await s.offer("a");
  await runningVm(s);
  await expect(clone(s)).rejects.toMatchObject(refused("runs, so that its disks change while they are copied"));
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
  await expect(clone(s, { name: "web" })).rejects.toMatchObject(refused("exists already", "vm_exists"));
  await expect(clone(s, { host: "b" })).rejects.toMatchObject({
    status: 422,
    problems: [{ path: "host", message: expect.any(String) }],
  });
  await vmsOf(s).remove("web");
  await expect(clone(s)).rejects.toMatchObject(refused("is being deleted", "vm_deleting"));
});

test("a snapshot of a VM that runs is known to its executor", async () => {
  const asked: string[] = [];
  const ways: Pick<Channel, "call"> = {
    call: async (request) => {
      const { call } = VmCall.decode(request);
      asked.push(call?.kind === "snapshot" ? call.value.action : "");
      return VmCallResult.encode({ snapshots: [{ name: "then" }, { name: "before" }] });
    },
  };
  const channels = { open: async (): Promise<Channel> => Object.assign(Object.create(null), ways) };
  const s = await new Scenario({ channels }).start();
  s.mesos.addAgent("a");
  await vmsOf(s).create(sampleVmBody());
  await settle();
  await s.offer("a");
  await runningVm(s);
  await expect(clone(s, { from: "web@never" })).rejects.toMatchObject({
    status: 404,
    code: "snapshot_not_found",
    message: 'VM "web" has no snapshot "never": it has then, before',
  });
  await clone(s, { from: "web@then" });
  await s.offer("a");
  expect(launchedVm(s, "copy").copyOf).toMatchObject({ snapshot: "then" });
  const { vms, vmControl } = s.scheduler;
  await expect(vmControl.removeSnapshot("web", "then", signal)).rejects.toMatchObject(
    refused('keeps its snapshot "then"'),
  );
  await vmControl.removeSnapshot("web", "before", signal);
  await vms.expect("web", "STOP", "");
  await vms.expect("web", "RUN", "");
  await runningVm(s, "copy");
  await vmControl.removeSnapshot("web", "then", signal);
  expect(asked).toEqual(["list", "list", "delete", "delete"]);
});

test("a template is cloned and never started", async () => {
  const s = await createdVm(["a"], {});
  const { vms, vmControl } = s.scheduler;
  const template = async (value: boolean) => await vmControl.change("web", { template: value }, false, "", signal);
  await s.offer("a");
  await runningVm(s);
  await expect(template(true)).rejects.toMatchObject(refused("stop it first"));
  await vms.expect("web", "STOP", "");
  await s.seconds(5);
  expect((await template(true)).changed).toEqual(["template"]);
  await expect(vms.expect("web", "RUN", "")).rejects.toMatchObject(refused("is a template"));
  await clone(s);
  await s.offer("a");
  await runningVm(s, "copy");
  expect(vms.get("copy")).toMatchObject({ template: false, status: "running" });
  await template(false);
  await vms.expect("web", "RUN", "");
  await vms.create({ name: "mould", template: true, cpus: 1, mem: 64, disk: { system: { image: "d.qcow2" } } });
  expect(vms.get("mould")).toMatchObject({ template: true, status: "stopped" });
  await clone(s, { from: "mould", name: "cast" });
  expect(vms.get("cast")).toMatchObject({ template: false, expect: "RUN" });
});
