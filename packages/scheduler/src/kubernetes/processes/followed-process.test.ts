import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { newTaskRecord, newUnitRecord } from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { followedProcess } from "./followed-process.ts";

const task = (process: string, report = "") =>
  ({
    ...newTaskRecord({ taskId: `t-${process}`, process, configHash: "", failures: 0 }, 0),
    state: "TASK_RUNNING",
    report,
  }) as const;

test.each([
  [
    "resources.memory_bytes: must be 0 (no limit) or at least 1 MiB",
    "res.memory: must be 0 (no limit) or at least 1 MiB",
  ],
  ["spec.resources.cpu_millis: is too much; spec.command[0]: is missing", "res.cpu: is too much; cmd: is missing"],
  ["spec.command[3]: must not contain a zero byte", "options: must not contain a zero byte"],
  ["spec.environment[2].name: is odd", "envs: is odd"],
  ["the wrapper does not answer", "the wrapper does not answer"],
])("why a process does not follow is told in the names of the body: %s", (processProblem, problem) => {
  const report = TaskReport.encode({ processVersion: "v1", processProblem, processProblemVersion: "v2" });
  const launch = sampleLaunch({ tasks: [task(""), task("etcd", Buffer.from(report).toString("base64"))] });
  expect(followedProcess({ ...newUnitRecord("c", "m", ""), launch }, "etcd")).toMatchObject({
    kind: "follows",
    problem,
  });
});
