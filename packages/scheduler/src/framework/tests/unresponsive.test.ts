// A node whose wrapper does not answer: said in the state, over restarts of the scheduler, and nothing else follows from it.
import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const nodeOf = (s: Scenario) => s.clusters.state("small").nodes[0];

function report(unresponsiveSinceMs: number, detail: string): string {
  const value = { launchStep: "ready", detail, containerId: "c1", unresponsiveSinceMs };
  return Buffer.from(TaskReport.encode({ report: { kind: "unit", value } })).toString("base64");
}

test("it is unresponsive since its last answer, also for the next leader, and nobody kills or launches anything", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  expect(nodeOf(s)).toMatchObject({ unresponsive_since: "", reason: "" });
  const since = s.clock.now() - 16_000;
  const words = `unresponsive since ${new Date(since).toISOString()}: its container is paused (docker unpause cke-small-m)`;
  s.mesos.update(s.id("small", "m", ""), "TASK_RUNNING", {
    healthy: false,
    message: words,
    data: report(since, words),
  });
  await settle();
  const [kills, accepts] = [s.callsOf("KILL").length, s.callsOf("ACCEPT").length];
  await s.restart();
  await s.seconds(900);
  const expected = { unresponsive_since: new Date(since).toISOString(), reason: words, failure: null };
  expect(nodeOf(s)).toMatchObject(expected);
  expect(s.clusters.state("small").plan.nodes[0]?.phases.at(-1)).toMatchObject({ status: "failed", reason: words });
  expect([s.callsOf("KILL").length, s.callsOf("ACCEPT").length]).toEqual([kills, accepts]);

  s.mesos.update(s.id("small", "m", ""), "TASK_RUNNING", { healthy: true, data: report(0, "") });
  await settle();
  expect(nodeOf(s)).toMatchObject({ status: "running", unresponsive_since: "", reason: "" });
});

test("the words of a past silence do not outlive it, where the news of the processes are still on their way", async () => {
  const s = await Scenario.launched();
  await s.running("small", "m");
  const name = s.tasksOf("small", "m").find(({ process }) => process !== "")?.process ?? "";
  const since = s.clock.now() - 16_000;
  const words = `unresponsive since ${new Date(since).toISOString()}: its container is paused`;
  const node = (at: number, detail: string) =>
    s.mesos.update(s.id("small", "m"), "TASK_RUNNING", { healthy: at === 0, data: report(at, detail) });
  node(since, words);
  const well = TaskReport.decode(Buffer.from(s.healthyReport(name), "base64")).report;
  const before = well?.kind === "process" ? well.value : {};
  const value = { ...before, healthy: false, reason: `nobody knows how it is: its node is ${words}` };
  const unknown = TaskReport.encode({ report: { kind: "process", value }, unresponsiveSinceMs: since });
  const data = Buffer.from(unknown).toString("base64");
  s.mesos.update(s.id("small", "m", name), "TASK_RUNNING", { healthy: false, message: value.reason, data });
  await settle();
  expect(nodeOf(s)?.reason).toBe(words);
  expect(nodeOf(s)?.processes.find((process) => process.name === name)?.reason).toBe(value.reason);

  node(0, "");
  await settle();
  expect(nodeOf(s)).toMatchObject({ unresponsive_since: "", reason: expect.stringContaining("looked at again") });
  expect(JSON.stringify(s.clusters.state("small"))).not.toContain("unresponsive since");
});
