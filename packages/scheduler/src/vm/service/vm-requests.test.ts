// What requests to VMs answer: names, ports, states, changes and their words.
import { expect, test } from "vitest";
import { settle } from "../../framework/testing/manual-clock.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";
import { createdVm, launchedVm, runningVm, toldStates, vmReport, vmsOf, vmTaskId } from "../testing/vm-scenario.ts";

const { signal } = new AbortController();

test("a name that another kind has is told with that kind and a code of its own", async () => {
  const s = await createdVm(["a"]);
  await s.clusters.create(smallBody());
  await expect(vmsOf(s).create(sampleVmBody({ name: "small", network: [] }))).rejects.toMatchObject({
    status: 409,
    code: "name_taken",
    message: 'cluster "small" exists already: a name belongs to one cluster or one VM',
  });
  const body = JSON.parse(
    JSON.stringify({ ...smallBody(), cluster_name: "web" }).replace(/10\.0\.0\.\d+/, "10.0.0.99"),
  );
  await expect(s.clusters.create(body)).rejects.toMatchObject({
    status: 409,
    code: "name_taken",
    message: 'VM "web" exists already: a name belongs to one cluster or one VM',
  });
  await expect(vmsOf(s).create(sampleVmBody())).rejects.toMatchObject({ code: "vm_exists" });
});

const published = (name: string, host: string, port: string, ip: string) =>
  sampleVmBody({ name, host, network: { name: "br0", ip: `10.0.7.${ip}/24`, ports: [port] } });

test("a port of a host belongs to one VM or one cluster", async () => {
  const s = await createdVm(["a"], published("web", "a", "31080:80", "1"));
  const { vms } = s.scheduler;
  const refused = async (body: Readonly<Record<string, unknown>>, words: string) =>
    await expect(vms.create(body)).rejects.toMatchObject({ status: 422, message: expect.stringContaining(words) });
  await refused(published("b", "A", "31080:81", "2"), 'network.ports[0]: port 31080/tcp of host A is used by VM "web"');
  await vms.create(published("udp", "a", "31080:80/udp", "3"));
  await vms.create(published("elsewhere", "b", "31080:80", "4"));
  await vms.create(published("anywhere", "*", "31080:80", "5"));
  const node = { name: "m", type: "master", node_ip: "10.0.0.1", host: "a", ingresses: ["web"] };
  const cluster = (port: string) => smallBody({ ingresses: [{ name: "web", port }], nodes: [node] });
  await expect(s.clusters.create(cluster("31080/tcp"))).rejects.toMatchObject({
    message: expect.stringContaining('port 31080/tcp of host a is used by VM "web"'),
  });
  await s.clusters.create(cluster("31081/tcp"));
  await refused(published("b", "a", "31081:80", "6"), "port 31081/tcp of host a is used by node");
  // What it has itself is no conflict, and a stopped one keeps nobody away.
  const same = { network: { name: "br0", ip: "10.0.7.1/24", ports: ["31080:8080"] } };
  await s.scheduler.vmControl.change("web", same, false, "", signal);
  await vms.expect("web", "STOP", "");
  await vms.create(published("b", "a", "31080:81", "2"));
});

test("start, resume and pause answer what is true", async () => {
  const s = await createdVm(["a"]);
  const { vms, vmControl } = s.scheduler;
  await s.offer("a");
  await runningVm(s);
  expect(await vms.expect("web", "RUN", "")).toContain("is to run already");
  expect(await vmControl.pause("web", false, "")).toBe('VM "web" is not paused');
  await vmControl.pause("web", true, "");
  expect(await vmControl.pause("web", true, "")).toBe('VM "web" is paused already');
  await expect(vms.expect("web", "RUN", "")).rejects.toMatchObject({
    status: 409,
    message: 'VM "web" is paused, and is not started: let its guest go on (POST …/resume)',
  });
  await vms.expect("web", "STOP", "");
  await s.seconds(5);
  for (const paused of [true, false])
    await expect(vmControl.pause("web", paused, "")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('VM "web" is stopped'),
    });
  // What is started runs.
  await vms.expect("web", "RUN", "");
  await s.offer("a");
  await runningVm(s);
  await s.seconds(5);
  expect(vms.state("web")).toMatchObject({ status: "running", change: "" });
});

test("state in a PATCH does what the actions do", async () => {
  const s = await createdVm(["a"]);
  const { vms, vmControl } = s.scheduler;
  const patch = async (body: Readonly<Record<string, unknown>>) => {
    const { message, changed } = await vmControl.change("web", body, false, "ann", signal);
    return [message, changed];
  };
  await s.offer("a");
  await runningVm(s);
  expect(await patch({ state: "running" })).toEqual(['nothing of VM "web" has changed', []]);
  expect(await patch({ state: "paused" })).toEqual([expect.stringContaining("is paused"), ["state"]]);
  expect(await patch({ state: "running" })).toEqual([expect.stringContaining("goes on"), ["state"]]);
  expect(await patch({ state: "stopped" })).toEqual([expect.stringContaining("is stopped"), ["state"]]);
  await s.seconds(5);
  await expect(patch({ state: "paused", title: "x" })).rejects.toMatchObject({ status: 409 });
  expect(vms.get("web").title).toBe("");
  expect(await patch({ state: "running", title: "x" })).toEqual([
    expect.stringMatching(/title changed; .* is started/),
    ["title", "state"],
  ]);
  expect(vms.get("web")).toMatchObject({ title: "x", expect: "RUN" });
});

test("a password that is changed alone is stored, and its seed is another one", async () => {
  const s = await createdVm(["a"], { cloudInit: { user: "ann", password: "first" } });
  const { vmControl, vms } = s.scheduler;
  const stored = async () => JSON.stringify(await s.store.list("vm-secrets/"));
  const before = await stored();
  expect(await vmControl.change("web", vms.json("web"), true, "", signal)).toMatchObject({ changed: [] });
  expect(await stored()).toBe(before);
  expect(await vmControl.change("web", { cloudInit: { password: "second" } }, false, "", signal)).toMatchObject({
    changed: ["cloudInit"],
    message: expect.stringContaining("the seed has password; cloud-init takes it at the guest's first boot"),
  });
  expect(await stored()).not.toBe(before);
  await s.offer("a");
  expect(launchedVm(s).definition?.seed).toMatchObject({ user: "ann", password: true, secretsVersion: 1 });
});

test("a change that cannot be made is told once, and another one that takes it back is told to the executor", async () => {
  const s = await createdVm(["a"]);
  const { vmControl, vms } = s.scheduler;
  await s.offer("a");
  await runningVm(s);
  const impossible = vmControl.change("web", { network: [{ name: "none" }] }, false, "", signal);
  await s.seconds(3);
  const triedVersion = toldStates(s).at(-1)?.version ?? "";
  const refused = { problem: "there is no link none", atNextStart: ["devices.tpm"], triedVersion };
  await runningVm(s, "web", { state: "running", ...refused });
  await s.seconds(1);
  expect((await impossible).message).toContain("there is no link none");
  expect(vms.state("web")).toMatchObject({
    change: expect.stringContaining("no link none"),
    at_next_start: ["devices.tpm"],
  });
  const count = toldStates(s).length;
  const back = vmControl.change("web", { network: { name: "br0", ip: "10.77.0.9/24" } }, false, "", signal);
  await s.seconds(3);
  // What the executor said of the wish before is not shown for this one.
  expect(vms.state("web")).toMatchObject({ change: "a change that was asked for is under way", at_next_start: [] });
  const told = toldStates(s);
  expect(told.length).toBeGreaterThan(count);
  await runningVm(s, "web", { state: "running", stateVersion: told.at(-1)?.version ?? "" });
  await s.seconds(1);
  expect((await back).message).toBe('VM "web": network changed');
  expect(vms.state("web").change).toBe("");
});

test("a VM that waits says why in the list, and one that does not run says how it can be asked", async () => {
  const s = await createdVm(["a"], { cpus: 1_000 });
  await s.offer("a");
  await s.seconds(3);
  const { vms } = s.scheduler;
  const [item] = vms.list();
  expect(item).toMatchObject({ status: "starting", status_reason: expect.stringContaining("cpus") });
  expect(vms.state("web").reason).toContain(item?.status_reason.slice(0, 100));
  expect(() => vms.channelUnit("web")).toThrow('VM "web" does not run now (starting); its state says why');
  await vms.create(sampleVmBody({ name: "b", network: [] }));
  await s.offer("a");
  await runningVm(s, "b");
  s.mesos.update(vmTaskId(s, "b"), "TASK_UNREACHABLE", { source: "SOURCE_MASTER" });
  await settle();
  expect(vms.get("b").status_reason).toBe("its agent a is out of reach");
  expect(vms.state("b").reason).toContain("bring the agent back, or mark it gone in Mesos");
  s.mesos.update(vmTaskId(s, "b"), "TASK_RUNNING", { healthy: true, data: vmReport("ready") });
  await vms.expect("b", "STOP", "");
  await s.seconds(5);
  expect(() => vms.channelUnit("b")).toThrow(
    'VM "b" does not run now (stopped): its disks, snapshots and files stay on a, and are shown while it runs; start it (POST …/start)',
  );
});
