// A guest runs on when its executor dies. A stop that comes then ends it all the same: another executor is launched for that.
import { expect, test } from "vitest";
import type { Scenario } from "../../framework/testing/scenario.ts";
import { createdVm, launchedVm, runningVm, vmReport, vmsOf, vmTaskId, vmTasks } from "../testing/vm-scenario.ts";

/** The executor is killed: its task ends by Mesos' word. */
async function orphaned(host = "a", body: Readonly<Record<string, unknown>> = {}): Promise<Scenario> {
  const s = await createdVm([host, "b"], body);
  await s.offer(host);
  await runningVm(s);
  s.mesos.failExecutor(vmTasks(s)[0]?.executorId ?? "", "TASK_FAILED", {
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_TERMINATED",
  });
  await s.seconds(1);
  return s;
}

const kills = (s: Scenario) => s.callsOf("KILL").length;
const removals = (s: Scenario) =>
  s.callsOf("MESSAGE").filter((call) => Buffer.from(JSON.stringify(call)).includes("removeUnit")).length;

/** The executor that came to end the guest is there. */
function ready(s: Scenario): void {
  s.mesos.update(vmTaskId(s), "TASK_RUNNING", { healthy: true, data: vmReport("ready") });
}

test("an executor is launched on that host, starts nothing, and is killed when it is there; the data stays", async () => {
  const s = await orphaned();
  await vmsOf(s).expect("web", "STOP", "ann");
  await s.seconds(60);
  const state = vmsOf(s).state("web");
  expect(state).toMatchObject({ status: "stopping", reason: expect.stringContaining("waits for an offer") });
  expect(JSON.stringify(state.plan)).toContain("may still run there: an executor is launched there to end it");
  const summary = expect.stringContaining("an executor is launched there to end it; its data stays");
  expect(state.pending).toMatchObject([{ step: "clean-up-unit", summary }]);
  await s.offer("b");
  expect(vmTasks(s)).toEqual([]);
  await s.offer("a");
  expect(launchedVm(s)).toMatchObject({ endOnKill: true, removeOnKill: false, definition: undefined });
  const before = kills(s);
  // A kill that came before its executor would end nothing.
  await s.seconds(5);
  expect(kills(s)).toBe(before);
  ready(s);
  await s.seconds(20);
  expect(kills(s)).toBeGreaterThan(before);
  expect(vmsOf(s).state("web")).toMatchObject({ status: "stopped", reason: "it is not to run (expect)", pending: [] });
  expect(removals(s)).toBe(0);
  expect(s.mesos.hosts.volumes).toContain("a web/vm");
  await vmsOf(s).expect("web", "RUN", "ann");
  await s.offer("a");
  expect(launchedVm(s)).toMatchObject({ endOnKill: false, definition: { memory: { mib: 512 } } });
});

test("one that dies too is followed by another one, also with another scheduler", async () => {
  const s = await orphaned();
  await vmsOf(s).expect("web", "STOP", "ann");
  await s.seconds(60);
  await s.offer("a");
  s.mesos.failExecutor(vmTasks(s)[0]?.executorId ?? "", "TASK_FAILED", {
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_TERMINATED",
  });
  await s.restart();
  await s.seconds(120);
  expect(vmsOf(s).get("web").status).toBe("stopping");
  await s.offer("a");
  expect(launchedVm(s)).toMatchObject({ endOnKill: true });
  ready(s);
  await s.seconds(20);
  expect(vmsOf(s).get("web").status).toBe("stopped");
});

test("a start that is asked for meanwhile begins when the guest has ended", async () => {
  const s = await orphaned();
  await vmsOf(s).expect("web", "STOP", "ann");
  await s.seconds(60);
  await s.offer("a");
  await vmsOf(s).expect("web", "RUN", "ann");
  expect(launchedVm(s)).toMatchObject({ endOnKill: true });
  ready(s);
  await s.seconds(20);
  await s.offer("a");
  expect(launchedVm(s)).toMatchObject({ endOnKill: false });
});

test("a delete that is asked for meanwhile removes the data", async () => {
  const s = await orphaned();
  await vmsOf(s).expect("web", "STOP", "ann");
  await s.seconds(60);
  await s.offer("a");
  ready(s);
  await vmsOf(s).remove("web");
  await s.seconds(60);
  expect(vmsOf(s).list()).toEqual([]);
  expect(s.mesos.hosts.volumes).toEqual(new Set());
});

const sharedDisk = { disk: { system: { path: "/mnt/web.raw", shared: true } } };

test.each([
  ["with its data on that host", {}, true],
  ["with shared disks, which has no data there", sharedDisk, false],
])("a stop ends when its agent is marked gone, also after a new scheduler: a VM %s", async (_what, body, losesData) => {
  const s = await orphaned("a", body);
  await vmsOf(s).expect("web", "STOP", "ann");
  await s.seconds(60);
  s.mesos.agents.delete("S-a");
  await s.seconds(600);
  await s.restart();
  await s.seconds(600);
  // Out of reach is not gone.
  expect(vmsOf(s).state("web")).toMatchObject({ status: "stopping", pending: [{ step: "clean-up-unit" }] });
  s.mesos.goneAgents.add("S-a");
  await s.seconds(600);
  expect(vmsOf(s).state("web")).toMatchObject({ status: "stopped", pending: [], plan: { workload: null } });
  await vmsOf(s).expect("web", "RUN", "ann");
  await s.seconds(5);
  await s.offer("b");
  expect(vmTasks(s)).toHaveLength(losesData ? 0 : 1);
  if (losesData) expect(vmsOf(s).state("web").reason).toContain("POST /vm/v1/vms/web/replace");
});

test.each([
  ["with its own disks", {}],
  ["with shared disks", sharedDisk],
])(
  "an agent that comes back under a new id leaves the guest of a VM %s running: nothing begins elsewhere, and it is not called stopped",
  async (_what, body) => {
    const s = await createdVm(["a", "b"], body);
    await s.offer("a");
    await runningVm(s);
    s.mesos.failExecutor(vmTasks(s)[0]?.executorId ?? "", "TASK_GONE", {
      source: "SOURCE_MASTER",
      reason: "REASON_AGENT_REMOVED",
    });
    await s.seconds(60);
    await s.offer("b");
    expect(vmTasks(s)).toEqual([]);
    await vmsOf(s).expect("web", "STOP", "ann");
    await s.seconds(10);
    expect(vmsOf(s).get("web").status).toBe("stopping");
    await s.offer("a");
    expect(launchedVm(s)).toMatchObject({ endOnKill: true });
    ready(s);
    await s.seconds(20);
    expect(vmsOf(s).get("web").status).toBe("stopped");
  },
);
