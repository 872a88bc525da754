import { type ProcessStateInit, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { newTaskRecord, type TaskRecord } from "../records/records.ts";
import { failureOf, launchFailureOf } from "./failure.ts";

const encode = (report: Parameters<typeof TaskReport.encode>[0]) =>
  Buffer.from(TaskReport.encode(report)).toString("base64");
const task = (more: Partial<TaskRecord>): TaskRecord => ({
  ...newTaskRecord({ taskId: "t", process: "etcd", configHash: "h", failures: 0 }, 5),
  ...more,
});
const process = (state: ProcessStateInit) => encode({ report: { kind: "process", value: state } });
const node = (detail: string) =>
  encode({ report: { kind: "unit", value: { launchStep: "image", detail, cause: "image_missing" } } });

test.each<readonly [string, Partial<TaskRecord>, ReturnType<typeof failureOf>]>([
  [
    "runs",
    { state: "TASK_RUNNING", report: process({ phase: "running", lastOutput: "of an earlier run" }) },
    undefined,
  ],
  ["finished", { state: "TASK_FINISHED", report: process({ phase: "finished" }) }, undefined],
  ["killed", { state: "TASK_KILLED" }, undefined],
  [
    "ended with Mesos' reason and the executor's message",
    { state: "TASK_FAILED", reason: "REASON_EXECUTOR_TERMINATED", message: "exit code 1" },
    {
      reason: "REASON_EXECUTOR_TERMINATED",
      cause: "",
      message: "exit code 1; the executor ended: see stderr in its sandbox (TASK_FAILED)",
      output: "",
      atMs: 5,
    },
  ],
  [
    "Docker's words are not told twice",
    { state: "TASK_FAILED", message: "image: no such image: x", report: node("no such image: x") },
    { reason: "", cause: "image_missing", message: "image: no such image: x (TASK_FAILED)", output: "", atMs: 5 },
  ],
  [
    "Docker's words beside Mesos' own",
    { state: "TASK_FAILED", message: "Executor terminated", report: node("network n not found") },
    {
      reason: "",
      cause: "image_missing",
      message: "Executor terminated; network n not found (TASK_FAILED)",
      output: "",
      atMs: 5,
    },
  ],
  [
    "started again and again by its wrapper",
    {
      state: "TASK_RUNNING",
      message: "x",
      report: process({ phase: "backoff", reason: "exit code 2", lastOutput: "no" }),
    },
    { reason: "", cause: "", message: "exit code 2", output: "no", atMs: 5 },
  ],
  [
    "nothing secret is told",
    { state: "TASK_FAILED", message: "password=abc", report: process({ phase: "failed", lastOutput: "token=def" }) },
    { reason: "", cause: "", message: "password=[…] (TASK_FAILED)", output: "token=[…]", atMs: 5 },
  ],
])("%s", (_title, more, expected) => {
  expect(failureOf(task(more))).toEqual(expected);
});

test("a node's failure tells what its first failed process said last", () => {
  const tasks = [
    task({ process: "", state: "TASK_FAILED", message: "the container ended" }),
    task({ state: "TASK_FAILED", report: process({ phase: "running", lastOutput: "well" }) }),
    task({
      process: "apiserver",
      state: "TASK_FAILED",
      report: process({ phase: "backoff", lastOutput: "disk full" }),
    }),
  ];
  expect(launchFailureOf(sampleLaunch({ tasks }))).toMatchObject({
    message: "the container ended (TASK_FAILED)",
    output: "apiserver: disk full",
  });
  expect(launchFailureOf(sampleLaunch())).toBeUndefined();
});
