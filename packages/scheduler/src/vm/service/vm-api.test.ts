// VMs against a fake Mesos: they are placed, launched, changed, end, and are removed like the units of any kind.
import { expect, test } from "vitest";
import { settle } from "../../framework/testing/manual-clock.ts";
import { Scenario } from "../../framework/testing/scenario.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";
import {
  createdVm as created,
  vmTaskId as idOf,
  launchedVm as launched,
  runningVm as running,
  toldStates as states,
  vmTasks as tasks,
  vmReport,
  vmsOf,
} from "../testing/vm-scenario.ts";

test("a VM is launched with its definition, with the emulator's memory and its ports, and nothing secret", async () => {
  const s = await created(["a"], {
    network: { name: "br0", ip: "10.0.0.5/24", ports: ["31080:80"] },
    cloudInit: { password: "topsecret" },
  });
  await s.offer("a");
  const [task] = tasks(s);
  expect(task?.executorId).toMatch(/^cke-vm\.web\.vm\.i\d+$/);
  expect(launched(s)).toMatchObject({
    vm: "web",
    definition: { memory: { mib: 512, overheadMib: 230 } },
    imagePath: "/srv/images",
    movable: false,
  });
  expect(launched(s).uuid).toBe(vmsOf(s).get("web").uuid);
  const resources = Object.fromEntries(
    (task?.info.resources ?? []).map(({ name, scalar, ranges }) => [name, scalar?.value ?? ranges?.range]),
  );
  expect(resources).toMatchObject({ cpus: 1, mem: 742, ports: [{ begin: 31_080, end: 31_080 }] });
  expect(JSON.stringify([task, vmsOf(s).state("web"), vmsOf(s).json("web")])).not.toMatch(/topsecret|\$6\$/);
  expect(JSON.stringify(await s.store.list("vm-secrets/"))).toContain("$6$");
});

test("its status follows from its reports", async () => {
  const s = await created(["a"]);
  expect(vmsOf(s).get("web")).toMatchObject({ status: "starting", real_host: "" });
  await s.offer("a");
  s.mesos.update(idOf(s), "TASK_STARTING", { data: vmReport("images") });
  await settle();
  expect(vmsOf(s).state("web")).toMatchObject({
    status: "starting",
    step: "images",
    plan: { units: [{ stat: 1, stat_name: "libvirt" }] },
  });
  await running(s, "web", {
    state: "running",
    acceleration: "qemu",
    nics: [{ name: "eth0", addresses: ["10.77.0.9", "fe80::1"] }],
  });
  expect(vmsOf(s).state("web")).toMatchObject({
    status: "running",
    real_host: "a",
    addresses: ["10.77.0.9", "fe80::1"],
    domain: { state: "running", acceleration: "qemu" },
    plan: { units: [{ stat: 8, stat_name: "running" }] },
  });
  await running(s, "web", { state: "paused" });
  expect(vmsOf(s).list()).toMatchObject([{ name: "web", status: "paused" }]);
});

test("a guest that ended by itself is over, is listed as such, and starts again when that is asked for", async () => {
  const s = await created(["a"]);
  await s.offer("a");
  await running(s);
  s.mesos.update(idOf(s), "TASK_FINISHED", { message: "the guest was shut down", data: vmReport("ready") });
  await s.seconds(600);
  await s.restart();
  await s.offer("a");
  expect(tasks(s)).toEqual([]);
  expect(vmsOf(s).get("web")).toMatchObject({ status: "finished", expect: "RUN" });
  expect(vmsOf(s).over()).toMatchObject([{ name: "web", status: "finished", real_host: "a" }]);
  expect(vmsOf(s).state("web").plan.steps[0]?.explanation).toContain("POST …/start");
  await vmsOf(s).expect("web", "RUN", "ann");
  await s.offer("a");
  expect(tasks(s)).toHaveLength(1);
  expect(vmsOf(s).over()).toEqual([]);
});

test("a guest that failed is started again, unless it never is to be", async () => {
  for (const [restart, again] of [
    ["always", 1],
    ["on-failure", 1],
    ["never", 0],
  ] as const) {
    const s = await created(["a"], { restart });
    await s.offer("a");
    await running(s);
    s.mesos.update(idOf(s), "TASK_FAILED", { message: "the guest panicked", data: vmReport("ready") });
    await settle();
    await s.offer("a");
    expect([restart, tasks(s).length]).toEqual([restart, again]);
    expect(vmsOf(s).get("web").status).toBe(again === 1 ? "starting" : "finished");
  }
});

test("a VM waits for the host that has its disks; with shared disks it goes elsewhere", async () => {
  const s = await created(["a", "b"]);
  await vmsOf(s).create(
    sampleVmBody({ name: "free", network: [], disk: { system: { path: "/mnt/free.qcow2", shared: true } } }),
  );
  await settle();
  await s.offer("a");
  await running(s);
  await running(s, "free");
  expect(launched(s, "free").movable).toBe(true);
  for (const name of ["web", "free"]) s.mesos.update(idOf(s, name), "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await s.seconds(700);
  await s.offer("b");
  expect(tasks(s, "free").some(({ info }) => info.agent_id.value === "S-b")).toBe(true);
  expect(vmsOf(s).get("web")).toMatchObject({ status: "failed", real_host: "a" });
  expect(tasks(s).every(({ info }) => info.agent_id.value === "S-a")).toBe(true);
});

test("VMs of a group are spread over hosts, or over values of an attribute", async () => {
  const s = await new Scenario().start();
  for (const [host, rack] of [
    ["a", "1"],
    ["b", "1"],
    ["c", "2"],
  ] as const)
    s.mesos.addAgent(host, { attributes: { rack } });
  const create = (name: string, more: Readonly<Record<string, unknown>>) =>
    vmsOf(s).create(sampleVmBody({ name, network: [], ...more }));
  for (const name of ["h1", "h2", "h3", "h4"]) await create(name, { group: "hosts" });
  for (const name of ["r1", "r2", "r3"]) await create(name, { group: "racks", spread: "rack" });
  await settle();
  await s.offer("a", "b", "c");
  const hosts = (...names: readonly string[]) => names.flatMap((name) => vmsOf(s).get(name).real_host || []).toSorted();
  expect(hosts("h1", "h2", "h3", "h4")).toEqual(["a", "b", "c"]);
  const racks = hosts("r1", "r2", "r3");
  expect(racks).toHaveLength(2);
  expect(racks).toContain("c");
  const [waits] = ["h1", "h2", "h3", "h4"].filter((name) => vmsOf(s).get(name).real_host === "");
  expect(JSON.stringify(vmsOf(s).pending(waits ?? ""))).toContain("of the same group");
  await vmsOf(s).remove("r1");
  await vmsOf(s).remove("r2");
  await vmsOf(s).remove("r3");
  s.mesos.addAgent("d");
  await s.offer("d");
  expect(vmsOf(s).get(waits ?? "").real_host).toBe("d");
});

test("stop keeps the disks and gives the resources back; a delete removes all, and is remembered for some time", async () => {
  const s = await created(["a"], { cloudInit: { password: "x" }, label: { team: "t" } });
  await s.offer("a");
  await running(s);
  await vmsOf(s).expect("web", "STOP", "ann");
  await s.seconds(5);
  expect(vmsOf(s).get("web").status).toBe("stopped");
  await vmsOf(s).expect("web", "RUN", "ann");
  await s.offer("a");
  await running(s);
  await vmsOf(s).remove("web");
  await s.seconds(5);
  expect(vmsOf(s).list()).toEqual([]);
  expect((await s.keys()).filter((key) => !key.startsWith("overvms/"))).toEqual(["framework"]);
  await s.restart();
  expect(vmsOf(s).over()).toMatchObject([{ name: "web", status: "deleted", real_host: "a", label: { team: "t" } }]);
});

test("VMs and clusters are not shown as each other", async () => {
  const s = await created(["a"]);
  await s.clusters.create(smallBody());
  expect(() => vmsOf(s).get("small")).toThrow('there is no VM "small"');
  expect(() => s.clusters.get("web")).toThrow('there is no cluster "web"');
  expect(s.clusters.list()).toHaveLength(1);
  expect(vmsOf(s).list()).toHaveLength(1);
});

test("what runs follows a change as far as Mesos accounts for it; the rest waits for the next start", async () => {
  const s = await created(["a"]);
  const control = s.scheduler.vmControl;
  await s.offer("a");
  await running(s);
  expect(states(s)).toEqual([]);
  const { signal } = new AbortController();
  const answered = control.change("web", { mem: 1_024, cpus: 3, title: "bigger" }, false, "ann", signal);
  await s.seconds(5);
  const [state] = states(s);
  expect(state).toMatchObject({
    paused: false,
    definition: { title: "bigger", memory: { mib: 512 }, cpu: { count: 1, limitMillis: 1_000 } },
  });
  await running(s, "web", { state: "running", stateVersion: state?.version ?? "", atNextStart: ["title"] });
  await s.seconds(1);
  expect(await answered).toEqual({
    message: expect.stringContaining('VM "web": cpus, mem, title changed; cpus, mem, title: with the next start'),
    changed: ["cpus", "mem", "title"],
    at_next_start: ["cpus", "mem", "title"],
    warnings: [],
  });
  expect(vmsOf(s).state("web")).toMatchObject({ cpus: 3, at_next_start: ["cpus", "mem", "title"] });
  // Less is followed at once, and what was accounted for may come back.
  const less = control.change("web", { mem: 256 }, false, "ann", signal);
  await s.seconds(12);
  expect((await less).message).toContain("under way");
  expect(states(s).at(-1)).toMatchObject({ definition: { memory: { mib: 256 } } });
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
  await vmsOf(s).expect("web", "RUN", "");
  await s.offer("a");
  expect(launched(s)).toMatchObject({ definition: { memory: { mib: 256 }, cpu: { count: 3 } } });
  await running(s);
  expect(vmsOf(s).state("web")).toMatchObject({ change: "", at_next_start: [] });
});

test("another grace of its shutdown counts from the next launch on, and the answer and the state say so", async () => {
  const s = await created(["a"]);
  await s.offer("a");
  await running(s);
  const { signal } = new AbortController();
  const change = async (shutdownGrace: number) => {
    const answered = s.scheduler.vmControl.change("web", { shutdownGrace }, false, "ann", signal);
    await s.seconds(12);
    return await answered;
  };
  expect(await change(5)).toMatchObject({
    message: expect.stringContaining("shutdownGrace: with the next start (POST …/stop, then …/start)"),
    changed: ["shutdownGrace"],
    at_next_start: ["shutdownGrace"],
  });
  await s.restart();
  expect(vmsOf(s).state("web")).toMatchObject({ at_next_start: ["shutdownGrace"] });
  expect((await change(60)).at_next_start).toEqual([]);
  await change(5);
  await vmsOf(s).expect("web", "STOP", "");
  await s.seconds(5);
  await vmsOf(s).expect("web", "RUN", "");
  await s.offer("a");
  await running(s);
  expect(vmsOf(s).state("web")).toMatchObject({ change: "", at_next_start: [] });
});

test("a pause is stored and told until the guest stands still, whoever leads", async () => {
  const s = await created(["a"]);
  await s.offer("a");
  await running(s);
  expect(await s.scheduler.vmControl.pause("web", true, "ann")).toContain("stands still");
  await s.restart();
  await s.seconds(5);
  const state = states(s).at(-1);
  expect(state).toMatchObject({ paused: true });
  await running(s, "web", { state: "paused", stateVersion: state?.version ?? "" });
  expect(vmsOf(s).get("web").status).toBe("paused");
  const before = states(s).length;
  await s.seconds(120);
  expect(states(s)).toHaveLength(before);
  await s.scheduler.vmControl.pause("web", false, "ann");
  await s.seconds(5);
  expect(states(s).at(-1)).toMatchObject({ paused: false });
});

test("further ports of the host need a launch", async () => {
  const s = await created(["a"]);
  await s.offer("a");
  await running(s);
  const network = { name: "br0", ip: "10.77.0.9/24", ports: ["31001:80"] };
  const change = s.scheduler.vmControl.change("web", { network }, false, "", new AbortController().signal);
  await expect(change).rejects.toMatchObject({ status: 409, message: expect.stringContaining("31001") });
});
