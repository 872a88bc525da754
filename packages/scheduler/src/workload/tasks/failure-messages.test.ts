// Every kind of failure and its exact text, field by field: first what was reported, once; then Mesos' state and
// reason; what a reason may mean only where there is no better text.
import { type ProcessStateInit, TaskReport, type UnitReportInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { newTaskRecord, type TaskRecord } from "../records/records.ts";
import { failureOf } from "./failure.ts";
import { classifyFailure, describeEnd } from "./retry-policy.ts";

const encode = (report: Parameters<typeof TaskReport.encode>[0]) =>
  Buffer.from(TaskReport.encode(report)).toString("base64");
const base = (process: string) => newTaskRecord({ taskId: "t", process, configHash: "h", failures: 0 }, 5);

/** The last update of a node, as its executor sends it. */
function ofExecutor(message: string, reason: string, { launchStep: step, cause }: UnitReportInit): TaskRecord {
  const report = encode({ report: { kind: "unit", value: { launchStep: step, cause, detail: message } } });
  return { ...base(""), state: "TASK_FAILED", source: "SOURCE_EXECUTOR", message, reason, report };
}
const ofProcess = (message: string, reason: string, value: ProcessStateInit = {}): TaskRecord => ({
  ...base("etcd"),
  state: "TASK_FAILED",
  source: "SOURCE_EXECUTOR",
  message,
  reason,
  report: encode({ report: { kind: "process", value } }),
});
const ofAgent = (message: string, reason: string, more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...base(""),
  state: "TASK_FAILED",
  source: "SOURCE_AGENT",
  message,
  reason,
  ...more,
});

const launch = "REASON_CONTAINER_LAUNCH_FAILED";
const network = "Docker network x does not exist on this host: create it. Docker: network x not found";
const port = "a published port is taken on this host: choose another. Docker: port is already allocated";
const address = "address 10.0.0.9 of network x is in use: give the node another. Docker: Address already in use";
const image = "image i:1 is neither on this host nor in its registry: load it. Docker: No such image: i:1";
const removed = "somebody removed the container: it was not CKE (docker rm)";
const memory = "the container ran out of its memory limit: raise the res of the node's processes";
const hint =
  "the agent could not start the executor, often because its download failed: see stderr in the executor's sandbox and -executor_url";

test.each<readonly [string, TaskRecord, { reason: string; cause: string; message: string }, string]>([
  ...(
    [
      ["network_missing", "network", network],
      ["port_taken", "container", port],
      ["address_in_use", "container", address],
      ["image_missing", "image", image],
    ] as const
  ).map(
    ([cause, step, words]) =>
      [
        cause,
        ofExecutor(words, launch, { launchStep: step, cause }),
        { reason: launch, cause, message: `${words} (TASK_FAILED)` },
        `${words} (TASK_FAILED, ${launch})`,
      ] as const,
  ),
  [
    "docker rm -f",
    ofExecutor(removed, "", { launchStep: "files", cause: "container_removed" }),
    { reason: "", cause: "container_removed", message: `${removed} (TASK_FAILED)` },
    `${removed} (TASK_FAILED)`,
  ],
  [
    "out of memory as a whole, told by the executor",
    ofExecutor(memory, "REASON_CONTAINER_LIMITATION_MEMORY", { launchStep: "files", cause: "container_out_of_memory" }),
    {
      reason: "REASON_CONTAINER_LIMITATION_MEMORY",
      cause: "container_out_of_memory",
      message: `${memory} (TASK_FAILED)`,
    },
    `${memory} (TASK_FAILED, REASON_CONTAINER_LIMITATION_MEMORY)`,
  ],
  [
    "a process that used more than its limit: its wrapper does not say what to do",
    ofProcess("ended by its memory limit", "REASON_CONTAINER_LIMITATION_MEMORY"),
    {
      reason: "REASON_CONTAINER_LIMITATION_MEMORY",
      cause: "",
      message: "ended by its memory limit; out of memory: raise mem (TASK_FAILED)",
    },
    "ended by its memory limit (TASK_FAILED, REASON_CONTAINER_LIMITATION_MEMORY: out of memory: raise mem)",
  ],
  [
    "a process of a node that ended",
    ofProcess("its node ended: somebody removed the container", "", { phase: "running", reason: "" }),
    { reason: "", cause: "", message: "its node ended: somebody removed the container (TASK_FAILED)" },
    "its node ended: somebody removed the container (TASK_FAILED)",
  ],
  [
    "a process that its wrapper gave up",
    ofProcess("exit code 2", "", { phase: "failed", reason: "exit code 2", lastOutput: "no" }),
    { reason: "", cause: "", message: "exit code 2 (TASK_FAILED)" },
    "exit code 2 (TASK_FAILED)",
  ],
  [
    "the agent could not start the executor: its words, then what that may be",
    ofAgent("Failed to fetch all URIs", launch),
    { reason: launch, cause: "", message: `Failed to fetch all URIs; ${hint} (TASK_FAILED)` },
    `Failed to fetch all URIs (TASK_FAILED, ${launch}: ${hint})`,
  ],
  [
    "nobody said anything",
    ofAgent("", launch),
    { reason: launch, cause: "", message: `${hint} (TASK_FAILED)` },
    `TASK_FAILED (${launch}: ${hint})`,
  ],
  ["nothing is known", ofAgent("", ""), { reason: "", cause: "", message: "TASK_FAILED" }, "TASK_FAILED"],
  [
    "the agent ended the executor, which had said what it did",
    ofAgent("Executor terminated", "REASON_EXECUTOR_TERMINATED", {
      report: encode({ report: { kind: "unit", value: { launchStep: "image", detail: "pulling 1/2 MB" } } }),
    }),
    {
      reason: "REASON_EXECUTOR_TERMINATED",
      cause: "",
      message: "Executor terminated; pulling 1/2 MB; the executor ended: see stderr in its sandbox (TASK_FAILED)",
    },
    "Executor terminated (TASK_FAILED, REASON_EXECUTOR_TERMINATED: the executor ended: see stderr in its sandbox)",
  ],
])("%s", (_title, task, failure, end) => {
  expect(failureOf(task)).toEqual({ ...failure, output: task.process === "etcd" ? expect.any(String) : "", atMs: 5 });
  expect(describeEnd(task)).toBe(end);
});

test("what a container wrote stands beside the words, which are one line", () => {
  const words = "the container's first program ended (exit code 3) before the node was ready";
  const lines = "line 1\nline 2";
  const report = encode({
    report: { kind: "unit", value: { launchStep: "wrapper", cause: "container_exited", detail: words, output: lines } },
  });
  const message = `${words}. Its last output:\n${lines}`;
  const task = { ...base(""), state: "TASK_FAILED" as const, source: "SOURCE_EXECUTOR" as const, message, report };
  expect(describeEnd(task)).toBe(`${words} (TASK_FAILED)`);
  expect(failureOf(task)).toMatchObject({ message: `${words} (TASK_FAILED)`, output: lines });
});

test.each(["name_taken", "volume_taken"])("%s is tried again slowly, whichever step it shows in", (cause) => {
  const task = ofExecutor("a container is already called c", launch, { launchStep: "engine", cause });
  expect(classifyFailure(sampleLaunch({ tasks: [task] }), nodeRules)).toBe("configuration");
});
