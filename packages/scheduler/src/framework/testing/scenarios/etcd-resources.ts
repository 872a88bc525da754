// For tests of changed resources: etcd of a cluster's master, its tasks in Mesos, and an executor that follows its orders.
import { Resources } from "@cke/mesos";
import type { ProcessTask } from "@cke/protocol";
import { settle } from "../manual-clock.ts";
import type { Scenario } from "../scenario.ts";
import { follow, ordersSince } from "./process-orders.ts";

export const etcd = { cluster: "small", node: "m", process: "etcd" };
export const put = (s: Scenario, cpu: number, memory: number) =>
  s.processes.change(etcd, { res: { cpu, memory } }, "ann");
export const mebibytes = (order: ProcessTask | undefined) => (order?.spec?.resources?.memoryBytes ?? 0) / 1024 / 1024;
export const stateOf = (s: Scenario) =>
  s.clusters.state("small").nodes[0]?.processes.find(({ name }) => name === "etcd");
/** Live tasks of the process in Mesos, with their CPUs and MiB. */
export const held = (s: Scenario) =>
  s
    .tasksOf("small", "m")
    .filter(({ process }) => process.startsWith("etcd"))
    .map(({ process, info }) => [
      process,
      Resources.scalarOf(info.resources ?? [], "cpus"),
      Resources.scalarOf(info.resources ?? [], "mem"),
    ]);
export const idOfEtcd = (s: Scenario) => s.id("small", "m", "etcd");

/** The executor follows the last order that it was sent. */
export async function followLast(s: Scenario, calls: number) {
  await s.seconds(1);
  const order = ordersSince(s, calls).at(-1);
  if (order === undefined) throw new Error("nothing was sent");
  await follow(s, "small", "m", order);
  return order;
}
/** A lower limit is tried before the answer: the executor follows it meanwhile. */
export async function shrink(s: Scenario, cpu: number, memory: number) {
  const calls = s.mesos.calls.length;
  const asked = put(s, cpu, memory);
  const order = await followLast(s, calls);
  await s.seconds(1);
  await asked;
  return order;
}
export async function grow(s: Scenario, cpu: number, memory: number) {
  await put(s, cpu, memory);
  await s.seconds(1);
  await s.offer("a");
  const calls = s.mesos.calls.length;
  await heldTasksRun(s);
  return await followLast(s, calls);
}

/** All tasks that hold resources of etcd run. */
export async function heldTasksRun(s: Scenario) {
  for (const { process, info } of s.tasksOf("small", "m"))
    if (process.startsWith("etcd.res")) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  await settle();
}
export const base = ["etcd", 0.1, 128] as const;
