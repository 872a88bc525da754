import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { newTaskRecord, newUnitRecord, type RecordedState } from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { appliedPeers, describePeers } from "./applied-peers.ts";

function unit(state: RecordedState, report: { peersVersion?: string; peersProblem?: string }, cleanup = false) {
  const data = TaskReport.encode({ report: { kind: "unit", value: { launchStep: "ready", ...report } } });
  const task = newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 1);
  const tasks = [{ ...task, state, report: Buffer.from(data).toString("base64") }];
  return { ...newUnitRecord("c", "n", ""), launch: sampleLaunch({ tasks, cleanup }) };
}

const problem = "its routes cannot be listed: Operation not permitted";

test.each([
  ["nothing is launched", newUnitRecord("c", "n", ""), "none", ""],
  ["it is launched to be removed", unit("TASK_RUNNING", { peersVersion: "a" }, true), "none", ""],
  ["it has ended", unit("TASK_FAILED", { peersVersion: "a" }), "none", ""],
  ["it comes up", unit("TASK_STARTING", {}), "starting", ""],
  ["it has the present ones", unit("TASK_RUNNING", { peersVersion: "b" }), "follows", ""],
  ["it has earlier ones", unit("TASK_RUNNING", { peersVersion: "a" }), "follows", "does not have all changes"],
  ["it cannot take them", unit("TASK_RUNNING", { peersVersion: "a", peersProblem: problem }), "follows", problem],
  ["it could not take any", unit("TASK_RUNNING", { peersProblem: problem }), "follows", problem],
  ["its executor knows no peers", unit("TASK_RUNNING", {}), "fixed", "is of an earlier version of CKE"],
])("%s", (_title, record, kind, words) => {
  const applied = appliedPeers(record);
  expect(applied.kind).toBe(kind);
  expect(describePeers(applied, "b")).toContain(words);
  if (words === "") expect(describePeers(applied, "b")).toBe("");
  // What is not known cannot be asked for.
  expect(describePeers(applied, undefined)).toBe("");
});
