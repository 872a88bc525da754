import { readCluster } from "@cke/scheduler/kubernetes/cluster/cluster-reader";
import { anyImages } from "@cke/scheduler/kubernetes/configuration/version-images";
import { sampleConfiguration } from "@cke/scheduler/kubernetes/testing/sample-configuration";
import { sampleLaunch } from "@cke/scheduler/kubernetes/testing/sample-records";
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import {
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type UnitRecord,
} from "@cke/scheduler/workload/records/records";
import { expect, test } from "vitest";
import { quorumProblem } from "./quorum-rule.ts";

const nodes = ["m1", "m2", "m3", "n"].map((name, index) => ({
  name,
  type: name === "n" ? "node" : "master",
  node_ip: `10.0.0.${index + 1}`,
}));
const { spec } = readCluster(smallBody({ name: "c", nodes }), {
  configurations: new Map([["1.36", sampleConfiguration()]]),
  existing: [],
  claimedPorts: [],
  images: anyImages,
  loadBalancer: false,
  roles: ["cke"],
});

const record = (node: string, state: RecordedState | undefined, more: Partial<UnitRecord> = {}): UnitRecord => {
  const task = newTaskRecord({ taskId: `cke.c.${node}.i.node`, process: "", configHash: "", failures: 0 }, 0);
  const launch = state === undefined ? undefined : sampleLaunch({ tasks: [{ ...task, state }] });
  return { ...newUnitRecord("c", node, "i"), launch, ...more };
};

test.each<[string, readonly UnitRecord[], UnitRecord, string | undefined]>([
  ["no master", [], record("n", "TASK_INTENDED"), "c/n is launched while 0 of its 3 masters are placed"],
  ["one of three", [record("m1", "TASK_RUNNING")], record("n", "TASK_INTENDED"), "c/n is launched while 1 of"],
  ["one that ended", [record("m1", "TASK_RUNNING"), record("m2", "TASK_FAILED")], record("n", "TASK_INTENDED"), "1 of"],
  [
    "two in the same breath",
    [record("m1", "TASK_INTENDED"), record("m2", "TASK_INTENDED")],
    record("n", "TASK_INTENDED"),
    undefined,
  ],
  [
    "one that returns",
    [record("m1", "TASK_RUNNING"), record("m2", undefined, { home: "a" })],
    record("n", "TASK_INTENDED"),
    undefined,
  ],
  ["a worker that ran before", [], record("n", "TASK_INTENDED", { homeSinceMs: 1 }), undefined],
  ["a worker that is adopted", [], record("n", "TASK_RUNNING"), undefined],
  ["a master", [], record("m1", "TASK_INTENDED"), undefined],
])("a worker and %s", (_what, masters, worker, words) => {
  const all = ["m1", "m2", "m3"].map((name) => masters.find(({ unit }) => unit === name) ?? record(name, undefined));
  const values = new Map<string, unknown>([
    ["workloads/c", { kind: "kubernetes", spec, createdAtMs: 0, deleting: false }],
    ...all.map((one) => [`units/c/${one.unit}`, one] as const),
  ]);
  const problem = quorumProblem(worker, values);
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(words);
});
