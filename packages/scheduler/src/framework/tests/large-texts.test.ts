// Texts without end, and a record that no store takes: they harm the node that they are about, and no other.
import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { maxValueBytes } from "../../store/store-limits.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";

const mebibyte = 1_048_576;

/** Two running clusters, `small` and `other`. */
async function two(): Promise<Scenario> {
  const s = await Scenario.running("a", "b");
  await s.clusters.create(smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9" }] }));
  await settle();
  await s.offer("b");
  await s.running("other", "m");
  await s.seconds(2);
  return s;
}

/** Every update is acknowledged, and nobody called the store away. */
function expectWell(s: Scenario): void {
  expect(s.clusters.unwritable()).toBe("");
  expect(s.mesos.live().flatMap(({ unacknowledged }) => unacknowledged)).toEqual([]);
}

test("messages and reports of a mebibyte: everything is stored and acknowledged, other clusters go on", async () => {
  const s = await two();
  const text = `first\n${"\u001b日x".repeat(mebibyte / 5)}last`;
  for (const { info, process } of s.tasksOf("small", "m")) {
    const value = { phase: "backoff", reason: text, lastOutput: text } as const;
    const data =
      process === ""
        ? nodeReport("ready", text, "c1")
        : Buffer.from(TaskReport.encode({ report: { kind: "process", value } })).toString("base64");
    s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: false, message: text, data });
  }
  s.mesos.update(s.id("other", "m", "etcd"), "TASK_RUNNING", { healthy: false, message: "not well" });
  await settle();
  expectWell(s);
  expect(s.clusters.state("other").nodes[0]?.processes.find(({ name }) => name === "etcd")?.reason).toBe("not well");
  const etcd = s.clusters.state("small").nodes[0]?.processes.find(({ name }) => name === "etcd");
  expect(etcd?.last_output).toMatch(/^\[… \d+ bytes cut …\].*last$/s);
  expect(Buffer.byteLength(etcd?.reason ?? "")).toBeLessThanOrEqual(4_096);
  const entry = await s.store.get("units/small/m");
  expect(JSON.stringify(entry?.value).length).toBeLessThan(maxValueBytes);
  for (const { info } of s.tasksOf("small", "m")) s.mesos.update(info.task_id.value, "TASK_FAILED", { message: text });
  await s.seconds(3);
  expectWell(s);
  expect(Buffer.byteLength(JSON.stringify(s.clusters.state("small").nodes[0]?.failure))).toBeLessThan(20_000);
  await s.offer();
  expect(s.launched("small", "m")).toContain("etcd");
  expect(s.mesos.violations).toEqual([]);
});

test("a record that no store takes: its node says so, every other one is stored and acknowledged in the same batch", async () => {
  const s = await two();
  const entry = await s.store.get("units/small/m");
  const { launch, ...rest } = unitRecordSchema.parse(entry?.value);
  // Nothing in it can be left out any more.
  const tasks = launch?.tasks.map((task) => ({ ...task, report: "", message: "", reason: "", statusUuid: "" }));
  const record = { ...rest, launch: { ...launch, tasks } };
  const size = JSON.stringify(record).length;
  const orphaned = [
    { hostname: "h".repeat(maxValueBytes - size - 70), agentRemoved: false, attempts: 0, retryAtMs: 0 },
  ];
  await s.store.commit([{ op: "put", key: "units/small/m", value: { ...record, orphaned } }]);
  await s.restart();
  await s.seconds(2);
  for (const { info, process } of s.tasksOf("small", "m")) {
    if (process !== "")
      s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: false, message: "sick ".repeat(50) });
  }
  const etcd = s.id("other", "m", "etcd");
  s.mesos.update(etcd, "TASK_RUNNING", { healthy: false, message: "not well" });
  await settle();
  expect(s.clusters.unwritable()).toBe("");
  expect(s.mesos.task(etcd).unacknowledged).toEqual([]);
  expect(s.clusters.state("other").nodes[0]?.processes.find(({ name }) => name === "etcd")?.healthy).toBe(false);
  expect(s.mesos.task(s.id("small", "m", "etcd")).unacknowledged).toHaveLength(1);
  const node = s.clusters.state("small").nodes[0];
  expect(node?.storage_problem).toMatch(/record of this unit is too large.*1 hosts.*plan\/skip/i);
  expect(node?.reason).toBe(node?.storage_problem);
  expect(logLines(s.clusters.log("small")).filter((line) => line.includes("too large"))).toHaveLength(1);
  // The other cluster is operated as ever, and new ones are made.
  s.mesos.update(etcd, "TASK_FAILED", { message: "exit 1" });
  await s.seconds(5);
  await s.offer();
  expect(s.launched("other", "m")).toContain("etcd");
  await s.clusters.create(smallBody({ name: "third", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.10" }] }));
  await settle();
  await s.offer();
  expect(s.launched("third", "m")).toContain("etcd");
});

test("a cluster that no store takes is refused", async () => {
  const s = await new Scenario().start();
  const nodes = [{ name: "m", type: "master", node_ip: "10.0.0.9", attributes: { rack: "r".repeat(maxValueBytes) } }];
  await expect(s.clusters.create(smallBody({ name: "wide", nodes }))).rejects.toMatchObject({ status: 422 });
  expect(s.clusters.list()).toEqual([]);
  expect(s.clusters.unwritable()).toBe("");
});
