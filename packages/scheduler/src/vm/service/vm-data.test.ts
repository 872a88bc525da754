// Where the disks of a VM are, and what follows when their host is lost: no VM runs twice, none begins anew without a word, and none waits
// for a host that has nothing of it.
import { expect, test } from "vitest";
import { settle } from "../../framework/testing/manual-clock.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";
import { createdVm, launchedVm, runningVm, vmHosts, vmReport, vmsOf, vmTaskId } from "../testing/vm-scenario.ts";

const { signal } = new AbortController();
const onShared = { disk: { system: { path: "/mnt/web.qcow2", shared: true } } };
const onHost = { disk: { system: { path: "/mnt/web.qcow2" } } };

test("what runs with disks of its host is made movable only while it is stopped, so that no second guest begins elsewhere", async () => {
  const s = await createdVm(["a", "b"], onHost);
  const change = () => s.scheduler.vmControl.change("web", onShared, false, "", signal);
  await s.offer("a");
  await runningVm(s);
  await expect(change()).rejects.toMatchObject({ status: 409, message: expect.stringContaining("POST …/stop") });
  s.mesos.update(vmTaskId(s), "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await settle();
  await expect(change()).rejects.toMatchObject({ status: 409 });
  await s.seconds(700);
  await s.offer("b");
  expect(vmHosts(s)).toEqual(["a"]);
  s.mesos.update(vmTaskId(s), "TASK_RUNNING", { healthy: true, data: vmReport("ready") });
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
  expect((await change()).changed).toEqual(["disk"]);
});

test("a VM whose executor died is launched again where its guest may still run, also with shared disks", async () => {
  const s = await createdVm(["a", "b"], onShared);
  await s.offer("a");
  await runningVm(s);
  s.mesos.update(vmTaskId(s), "TASK_FAILED", { source: "SOURCE_AGENT", reason: "REASON_EXECUTOR_TERMINATED" });
  await s.seconds(700);
  await s.offer("b");
  expect(vmHosts(s)).toEqual([]);
  expect(vmsOf(s).list()[0]?.status_reason).toContain("launched on a, where it may still run");
  const replace = (force: boolean) => vmsOf(s).replace("web", force, "ann");
  await expect(replace(false)).rejects.toMatchObject({ status: 409, message: expect.stringContaining("force=true") });
  await replace(true);
  await s.offer("b");
  expect(vmHosts(s)).toEqual(["b"]);
});

test("an executor that ends with a word leaves nothing that runs: the VM with shared disks begins elsewhere", async () => {
  const s = await createdVm(["a", "b"], onShared);
  await s.offer("a");
  await runningVm(s);
  const data = vmReport("ready", {}, { startedAtMs: 1 });
  s.mesos.update(vmTaskId(s), "TASK_FAILED", { source: "SOURCE_EXECUTOR", message: "the guest panicked", data });
  await s.seconds(150);
  await s.offer("b");
  expect(vmHosts(s)).toEqual(["b"]);
});

test.each([
  ["disks", 0, "b"],
  ["network", 0, "b"],
  ["seed", 0, "b"],
  ["define", 0, "b"],
  ["start", 0, "b"],
  ["ready", 1, "a"],
] as const)(
  "a first launch that fails in the step %s, its guest started at %i: next it is on %s",
  async (step, startedAtMs, host) => {
    const s = await createdVm(["a", "b"]);
    await s.offer("a");
    s.mesos.update(vmTaskId(s), "TASK_STARTING", { data: vmReport(step, {}, { containerId: "d1" }) });
    await settle();
    const data = vmReport(step, {}, { containerId: "d1", startedAtMs, cause: "no_space", detail: "no space left" });
    s.mesos.update(vmTaskId(s), "TASK_FAILED", { source: "SOURCE_EXECUTOR", message: "no space left", data });
    await s.seconds(150);
    await s.offer("b");
    await s.offer("a");
    expect(vmHosts(s)).toEqual([host]);
  },
);

test("a first launch whose executor died while its guest started may have made data", async () => {
  const s = await createdVm(["a", "b"]);
  await s.offer("a");
  s.mesos.update(vmTaskId(s), "TASK_STARTING", { data: vmReport("start") });
  await settle();
  s.mesos.update(vmTaskId(s), "TASK_FAILED", { source: "SOURCE_AGENT", reason: "REASON_EXECUTOR_TERMINATED" });
  await s.seconds(150);
  await s.offer("b");
  expect(vmHosts(s)).toEqual([]);
});

test("a VM whose agent was marked gone waits, says so, and begins anew when that is asked for", async () => {
  const s = await createdVm(["a", "b"], { cloudInit: { password: "x" } });
  await s.offer("a");
  await runningVm(s);
  const { uuid } = vmsOf(s).get("web");
  await expect(vmsOf(s).replace("web", true, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("runs on a"),
  });
  s.mesos.update(vmTaskId(s), "TASK_GONE_BY_OPERATOR", { source: "SOURCE_MASTER" });
  await s.seconds(300);
  await s.offer("b");
  expect(vmHosts(s)).toEqual([]);
  await s.restart();
  await s.offer("b");
  expect(vmHosts(s)).toEqual([]);
  const words = expect.stringContaining("POST /vm/v1/vms/web/replace");
  expect(vmsOf(s).state("web")).toMatchObject({ status: "failed", reason: words, pending: [{ summary: words }] });
  expect(vmsOf(s).list()).toMatchObject([{ status: "failed", status_reason: words }]);
  expect(await vmsOf(s).replace("web", false, "ann")).toContain("begin anew");
  await s.seconds(2);
  await s.offer("b");
  expect(vmHosts(s)).toEqual(["b"]);
  expect(launchedVm(s).uuid).toBe(vmsOf(s).get("web").uuid);
  expect(launchedVm(s).uuid).not.toBe(uuid);
  await runningVm(s);
  expect(vmsOf(s).state("web")).toMatchObject({ status: "running", real_host: "b", plan: { changes: [] } });
});

test("a VM that was stopped while its agent was marked gone keeps no reservation there", async () => {
  const s = await createdVm(["a"], { reservation: true, role: "cke" });
  const record = async () => JSON.stringify((await s.store.list("units/web/")).map(({ value }) => value));
  for (let round = 0; round < 4 && vmHosts(s).length === 0; round += 1) {
    await s.offer("a");
    await s.seconds(2);
  }
  await runningVm(s);
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
  expect(await record()).toContain('"agentId":"S-a"');
  s.mesos.agents.delete("S-a");
  s.mesos.goneAgents.add("S-a");
  await vmsOf(s).expect("web", "RUN", "");
  await s.seconds(120);
  expect(vmsOf(s).state("web")).toMatchObject({ status: "failed", reservations: [] });
});

test("a VM with a UUID as its id begins anew with another UUID, and what is left of it keeps its own", async () => {
  const id = "6f1c1d1e-0000-4000-8000-00000000000a";
  const s = await createdVm(["a"], { id });
  await s.offer("a");
  await runningVm(s);
  expect(launchedVm(s).uuid).toBe(id);
  s.mesos.update(vmTaskId(s), "TASK_GONE_BY_OPERATOR", { source: "SOURCE_MASTER" });
  await s.seconds(300);
  await vmsOf(s).replace("web", false, "ann");
  // The same host, which may have what is left of the first one.
  await s.seconds(40);
  await s.offer("a");
  const { uuid } = launchedVm(s);
  expect(uuid).not.toBe(id);
  expect(vmsOf(s).get("web")).toMatchObject({ id, uuid });
});

test("a VM whose agent is out of reach begins anew by force only, and what is left of it is removed when it returns", async () => {
  const s = await createdVm(["a", "b"]);
  await s.offer("a");
  await runningVm(s);
  const left = vmTaskId(s);
  s.mesos.update(left, "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await settle();
  const replace = (force: boolean) => vmsOf(s).replace("web", force, "ann");
  await expect(replace(false)).rejects.toMatchObject({ status: 409, message: expect.stringContaining("out of reach") });
  await replace(true);
  await s.seconds(2);
  await s.offer("b");
  expect(vmHosts(s)).toContain("b");
  s.mesos.update(left, "TASK_RUNNING", { healthy: true, source: "SOURCE_AGENT", data: vmReport("ready") });
  await s.seconds(10);
  expect(vmHosts(s)).toEqual(["b"]);
});

test("no force makes two guests write to one shared disk", async () => {
  const s = await createdVm(["a", "b"], {
    disk: { system: { image: "debian.qcow2" }, data: [{ path: "/mnt/data.raw", shared: true }] },
  });
  await s.offer("a");
  await runningVm(s);
  s.mesos.update(vmTaskId(s), "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await settle();
  await expect(vmsOf(s).replace("web", true, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining("disk data0 is on shared storage"),
  });
});

test("nothing is replaced that has lost nothing", async () => {
  const s = await createdVm(["a"]);
  await expect(vmsOf(s).replace("web", true, "")).rejects.toMatchObject({ status: 409 });
  await vmsOf(s).create(sampleVmBody({ name: "free", network: [], ...onShared }));
  await expect(vmsOf(s).replace("free", true, "")).rejects.toMatchObject({ status: 409 });
});
