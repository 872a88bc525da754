// An operator drains the agent of VMs (DRAIN_AGENT): their guests shut down in order, and where they begin again follows from their disks.
import { expect, test } from "vitest";
import type { Scenario } from "../../framework/testing/scenario.ts";
import { sampleVmBody } from "../testing/sample-vms.ts";
import { createdVm, runningVm, vmHosts, vmReport, vmsOf, vmTaskId, vmTasks } from "../testing/vm-scenario.ts";

const policy = (s: Scenario, name = "web") => vmTasks(s, name)[0]?.info.kill_policy;

async function drained(s: Scenario, name: string): Promise<void> {
  const drain = { reason: "REASON_AGENT_DRAINING" } as const;
  const [task] = vmTasks(s, name);
  s.mesos.update(vmTaskId(s, name), "TASK_KILLING", drain);
  s.mesos.update(vmTaskId(s, name), "TASK_KILLED", { ...drain, data: vmReport("stopping") });
  s.mesos.executors.delete(task?.executorId ?? "");
  await s.seconds(1);
}

test("the task says how long its guest may take to shut down", async () => {
  const s = await createdVm(["a"], { shutdownGrace: 180 });
  await vmsOf(s).create(sampleVmBody({ name: "plain", network: [] }));
  await s.offer("a");
  expect(policy(s)).toEqual({ grace_period: { nanoseconds: 180_000_000_000 } });
  expect(policy(s, "plain")).toEqual({ grace_period: { nanoseconds: 60_000_000_000 } });
  expect(vmsOf(s).json("web")).toMatchObject({ shutdownGrace: 180 });
});

test("it waits for the agent that has its disks, and starts there again; with shared disks it goes elsewhere", async () => {
  const s = await createdVm(["a", "b"], { restart: "never" });
  const shared = { system: { path: "/mnt/free.qcow2", shared: true } };
  await vmsOf(s).create(sampleVmBody({ name: "free", network: [], disk: shared }));
  await s.offer("a");
  await runningVm(s);
  await runningVm(s, "free");
  for (const name of ["web", "free"]) await drained(s, name);
  await s.offer("b");
  expect([vmHosts(s), vmHosts(s, "free")]).toEqual([[], ["b"]]);
  expect(vmsOf(s).get("web")).toMatchObject({ status: "starting", real_host: "" });
  expect(JSON.stringify(vmsOf(s).state("web").plan)).toContain("it is launched on a");
  await s.seconds(3_600);
  await s.offer("a");
  expect(vmHosts(s)).toEqual(["a"]);
});
