import { type ProcessStateInit, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import {
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type TaskRecord,
  type UnitRecord,
} from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { sampleOutline } from "../testing/sample-rendering.ts";
import { planNode } from "./phases.ts";

const outline = sampleOutline();
const encode = (report: Parameters<typeof TaskReport.encode>[0]) =>
  Buffer.from(TaskReport.encode(report)).toString("base64");
const task = (
  process: string,
  state: RecordedState,
  report: ProcessStateInit = {},
  more: Partial<TaskRecord> = {},
): TaskRecord => ({
  ...newTaskRecord({ taskId: process, process, configHash: "", failures: 0 }, 0),
  state,
  healthy: state === "TASK_RUNNING",
  report: process === "" ? "" : encode({ report: { kind: "process", value: report } }),
  ...more,
});
const record = (tasks: readonly TaskRecord[]): UnitRecord => ({
  ...newUnitRecord("c", "n", "a1"),
  launch: sampleLaunch({ agentId: "a", hostname: "host-a", tasks }),
});
const plan = (node: UnitRecord, waitReason = "", ends = "") =>
  planNode({
    name: "n",
    outline,
    record: node,
    waitReason,
    paused: "",
    ends,
  });
const summary = (node: UnitRecord, waitReason = "", ends = "") => {
  const { stat, phases } = plan(node, waitReason, ends);
  return { stat, phases: phases.map(({ status, reason }) => (reason === "" ? status : `${status}: ${reason}`)) };
};

const ready = task("", "TASK_RUNNING");
const runs: ProcessStateInit = { phase: "running", healthy: true };
const docker = task("docker", "TASK_RUNNING", runs);
const kubelet = task("kubelet", "TASK_RUNNING", { ...runs, startWhen: [{ name: "docker", everPassed: true }] });
const proxy = task("kube-proxy", "TASK_RUNNING", runs);
const load = task("load-images", "TASK_FINISHED", { phase: "finished" });

test.each<readonly [string, UnitRecord, { readonly stat: number; readonly phases: readonly string[] }]>([
  [
    "everything runs",
    record([ready, docker, kubelet, proxy, load]),
    { stat: 4, phases: ["done", "done", "done", "done"] },
  ],
  [
    "the container is being made",
    record([
      task("", "TASK_STARTING", {}, { report: encode({ report: { kind: "unit", value: { launchStep: "network" } } }) }),
      docker,
    ]),
    { stat: 0, phases: ["running: network", "pending", "pending", "pending"] },
  ],
  [
    "a process waits for a probe",
    record([
      ready,
      docker,
      task("kubelet", "TASK_STARTING", { phase: "waiting", startWhen: [{ name: "docker" }] }),
      proxy,
      load,
    ]),
    { stat: 2, phases: ["done", "done", "waiting: kubelet waits for docker", "pending"] },
  ],
  [
    "a process crashes again and again",
    record([
      ready,
      task("docker", "TASK_RUNNING", { phase: "backoff", reason: "exit code 1" }, { healthy: false }),
      kubelet,
      proxy,
      load,
    ]),
    { stat: 1, phases: ["done", "failed: docker: exit code 1", "done", "pending"] },
  ],
  [
    "only the work of a one-shot is left",
    record([ready, docker, kubelet, proxy, task("load-images", "TASK_RUNNING", runs)]),
    {
      stat: 3,
      phases: ["done", "done", "done", "running: load-images is at work: its output (files/stdout) says at what"],
    },
  ],
  [
    "a one-shot says what it does",
    record([ready, docker, kubelet, proxy, task("load-images", "TASK_RUNNING", { ...runs, reason: "loads pause" })]),
    { stat: 3, phases: ["done", "done", "done", "running: load-images is at work: loads pause"] },
  ],
  [
    "a process without a phase of its own is not healthy",
    record([
      ready,
      docker,
      kubelet,
      task(
        "kube-proxy",
        "TASK_RUNNING",
        { phase: "running", reason: "not healthy: healthz: HTTP status 502" },
        { healthy: false },
      ),
      load,
    ]),
    { stat: 3, phases: ["done", "done", "done", "running: kube-proxy is not healthy: healthz: HTTP status 502"] },
  ],
  [
    "the wrapper does not answer",
    record([
      task(
        "",
        "TASK_RUNNING",
        {},
        {
          healthy: false,
          report: encode({
            report: {
              kind: "unit",
              value: { launchStep: "ready", detail: "unresponsive since …: it is paused", unresponsiveSinceMs: 1 },
            },
          }),
        },
      ),
      docker,
      kubelet,
      proxy,
      load,
    ]),
    { stat: 3, phases: ["done", "done", "done", "failed: unresponsive since …: it is paused"] },
  ],
  [
    "the container failed",
    record([task("", "TASK_FAILED", {}, { message: "no such image" }), docker]),
    { stat: 0, phases: ["failed: no such image (TASK_FAILED)", "pending", "pending", "pending"] },
  ],
])("%s", (_title, node, expected) => {
  expect(summary(node)).toEqual(expected);
});

test("without a launch it waits for an offer, with the last failure", () => {
  const node = { ...newUnitRecord("c", "n", "a1"), failures: 1, lastFailure: "boom (TASK_FAILED)" };
  expect(summary(newUnitRecord("c", "n", "a1"), "no offer").phases[0]).toBe("waiting: no offer");
  expect(summary(node, "no offer").phases[0]).toBe("waiting: no offer; the last launch ended: boom (TASK_FAILED)");
  expect(summary(node).phases[0]).toBe("failed: boom (TASK_FAILED)");
});

test("a report that cannot be read does not matter", () => {
  expect(summary(record([{ ...ready, report: "////" }])).phases[0]).toBe("done");
});

test("what ends with a node that is being removed has not failed", () => {
  const node = record([
    ready,
    task("docker", "TASK_RUNNING", { phase: "backoff", reason: "exit code 1" }),
    kubelet,
    proxy,
  ]);
  const words = "it is being removed";
  expect(summary(node, "", words).phases[1]).toBe("waiting: it is being removed (docker: exit code 1)");
  const ended = record([task("", "TASK_KILLED", {}, { message: "stopped" })]);
  expect(summary(ended, "", words).phases[0]).toBe("waiting: it is being removed (stopped (TASK_KILLED))");
  expect(summary(record([ready, docker, kubelet, proxy, load]), "", words).phases).toEqual(Array(4).fill("done"));
});
