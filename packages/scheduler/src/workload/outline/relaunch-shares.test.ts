// What a process that ended alone is launched again with, case by case.
import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { type LaunchRecord, newTaskRecord, type TaskRecord } from "../records/records.ts";
import { relaunchShares } from "./relaunch-shares.ts";

const amount = (cpu: number, mem: number) => ({ cpu, mem });
const task = (process: string, more: Partial<TaskRecord>): TaskRecord => ({
  ...newTaskRecord({ taskId: `e.${process}`, process, configHash: "", failures: 0 }, 1),
  ...more,
});
const report = Buffer.from(
  TaskReport.encode({ report: { kind: "process", value: { name: "p", phase: "failed" } }, processVersion: "v" }),
).toString("base64");
const ended = task("p", { state: "TASK_FAILED", report });
const unheard = task("p", { state: "TASK_FAILED" });
const beside = (mem: number, more: Partial<TaskRecord> = {}) =>
  task("p.res", { state: "TASK_RUNNING", holds: amount(0.2, mem), ...more });
const launch = (tasks: readonly TaskRecord[], more: Partial<LaunchRecord> = {}): LaunchRecord => ({
  incarnation: "i",
  executorId: "e",
  agentId: "a",
  hostname: "h",
  role: "*",
  configHash: "",
  cleanup: false,
  evicted: "",
  executor: {},
  createdAtMs: 1,
  readyAtMs: 1,
  tasks: [task("", { state: "TASK_RUNNING" }), ...tasks],
  ...more,
});
const share = amount(0.3, 512);
const base = amount(0.1, 128);

test.each<readonly [string, LaunchRecord, TaskRecord, ReturnType<typeof relaunchShares>]>([
  ["a base, for the rest is held", launch([ended, beside(384)]), ended, { own: base }],
  ["a base, though more than the rest is held", launch([ended, beside(500)]), ended, { own: base }],
  [
    "a base, and one more task for what is missing",
    launch([ended, beside(84)]),
    ended,
    { own: base, beside: { name: "p.res-2", amount: amount(0, 300) } },
  ],
  [
    "a base and the rest, after a launch in which its own task had all",
    launch([ended]),
    ended,
    { own: base, beside: { name: "p.res", amount: amount(0.2, 384) } },
  ],
  [
    "what a lost task held is held anew, under its name",
    launch([ended, beside(384, { state: "TASK_LOST" })]),
    ended,
    { own: base, beside: { name: "p.res", amount: amount(0.2, 384) } },
  ],
  ["all in one task, for an executor of an earlier version", launch([unheard]), unheard, { own: share }],
  [
    "what is missing in one task, when it never told",
    launch([unheard, beside(84)]),
    unheard,
    { own: amount(0.1, 428) },
  ],
  ["all in one task, in a pod", launch([ended], { pod: true }), ended, { own: share }],
])("%s", (_title, present, old, expected) => {
  expect(relaunchShares(present, old, share)).toEqual(expected);
});

test("a process below the base has no second task", () => {
  expect(relaunchShares(launch([ended]), ended, amount(0.05, 64))).toEqual({ own: amount(0.05, 64) });
});
