// The store that commit 4831b99 wrote, when records were of clusters and nodes: all of it is taken over as workloads and units.
import { beforeEach, expect, test } from "vitest";
import { leftByEarlierVersion } from "../testing/earlier-version.ts";
import { settle } from "../testing/manual-clock.ts";
import type { Scenario } from "../testing/scenario.ts";

// The worker of `moved` is out of reach on b and was launched on f, with a reservation on both; `pod` runs as task groups;
// `stopped` is not to run; of `paused` a process is skipped and the worker waits; `leaving` was deleted while e was away.
let s: Scenario;
beforeEach(async () => {
  s = await leftByEarlierVersion("store-4831b99.json");
  // What happens now is later than what the records tell.
  await s.seconds(1_000);
});

const liveIds = () => s.mesos.live().map(({ info }) => info.task_id.value);
const kills = () => s.mesos.calls.flatMap((call) => (call.type === "KILL" ? [call.kill.task_id.value] : []));

test("nothing is launched, killed or given back", async () => {
  const [before, reserved] = [liveIds(), s.mesos.reserved()];
  await s.restart();
  for (let minute = 0; minute < 10; minute += 1) {
    await s.offer();
    await s.seconds(60);
  }
  expect(liveIds()).toEqual(before);
  expect([kills(), s.callsOf("SHUTDOWN")]).toEqual([[], []]);
  const operations = s.mesos.calls.flatMap((call) => (call.type === "ACCEPT" ? (call.accept.operations ?? []) : []));
  expect(operations).toEqual([]);
  expect(s.mesos.reserved()).toEqual(reserved);
  expect([s.mesos.violations, s.fatal]).toEqual([[], []]);
});

test("statuses, pauses and what was given up are what they were", async () => {
  await s.restart();
  const status = Object.fromEntries(s.clusters.list().map(({ name, status: word }) => [name, word]));
  expect(status).toEqual({ moved: "degraded", pod: "running", stopped: "stopped", paused: "degraded" });
  expect(s.clusters.state("paused").plan.nodes.find(({ node }) => node === "n")?.paused).toContain("by ann");
  // Of each node only its container would be made differently today: without the hosts of the others.
  for (const { name } of s.clusters.list())
    for (const node of s.clusters.state(name).nodes)
      expect([node.name, node.outdated, node.processes.some(({ outdated }) => outdated)]).toEqual([
        node.name,
        true,
        false,
      ]);
});

test("what was stopped is started on its hosts, and what was superseded ends when its agent is back", async () => {
  await s.restart();
  await s.clusters.expect("stopped", undefined, "RUN", "ann");
  await s.offer("d");
  expect(s.launched("stopped", "m")).toContain("etcd");
  const old = s.tasksOf("moved", "n").filter(({ agentId }) => agentId === "S-b");
  const present = s.tasksOf("moved", "n").filter(({ agentId }) => agentId === "S-f");
  expect([old.length > 0, present.length > 0]).toEqual([true, true]);
  for (const { info } of old) s.mesos.update(info.task_id.value, "TASK_RUNNING");
  await settle();
  await s.seconds(30);
  expect(s.tasksOf("moved", "n")).toEqual(present);
});

test("a deleted node whose agent comes back goes with its data", async () => {
  await s.restart();
  const [node] = s.tasksOf("leaving", "m").filter(({ process }) => process === "");
  if (node === undefined) throw new Error("the fixture lacks the deleted node");
  s.mesos.update(node.info.task_id.value, "TASK_RUNNING");
  await s.seconds(20);
  expect(kills()).toContain(node.info.task_id.value);
  expect(s.callsOf("MESSAGE").length).toBeGreaterThan(0);
});
