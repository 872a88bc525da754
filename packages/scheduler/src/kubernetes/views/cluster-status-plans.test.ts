// What the one-line reason of a cluster says of plans of its nodes.
import { expect, test } from "vitest";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { newTaskRecord, newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { type ClusterRecord, clusterRecordSchema } from "../cluster/cluster-record.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { clusterStatusReason } from "./cluster-status.ts";

const paused = { sinceMs: 3_000, by: "bob" };
const words = "the plan is paused since 1970-01-01T00:00:03.000Z by bob";
const place = { host: "*", ip: "10.0.0.1", ingresses: [], attributes: [], reservation: false, expect: "RUN" };
const cluster: ClusterRecord = clusterRecordSchema.parse({
  kind: "kubernetes",
  spec: {
    ...{ name: "c", version: "1", network: "n", ingresses: [], attributes: [], expect: "RUN" },
    units: [
      { ...place, name: "m", type: "master" },
      { ...place, name: "w", type: "node" },
    ],
  },
  createdAtMs: 1,
  deleting: false,
});
const up = (name: string): UnitRecord => {
  const task = { taskId: name, process: "", configHash: "", failures: 0 };
  const tasks = [{ ...newTaskRecord(task, 0), state: "TASK_RUNNING" as const, healthy: true }];
  return { ...newUnitRecord("c", name, "i"), launch: sampleLaunch({ hostname: `host-${name}`, tasks }) };
};

const nodePlan = (goal: string) => {
  const stages = [
    { name: "drain", action: "drain", units: ["w"] },
    { name: goal, action: goal, units: ["w"] },
  ];
  return { ...cluster, plans: [newWorkloadPlan(goal, stages, { sinceMs: 1, by: "" }, { id: "p" })] };
};
test.each<[string, ClusterRecord, Partial<UnitRecord>, string, string]>([
  ["a removal", nodePlan("remove"), {}, "", "w: to be removed, still on host-w"],
  ["a replacement", nodePlan("replace"), {}, "", "w: to be replaced, still on host-w"],
  [
    "a drain that has failed",
    nodePlan("replace"),
    {},
    "the pod a/b is not evicted:\nits budget",
    "w: to be replaced, its plan has failed (the pod a/b is not evicted: its budget), still on host-w",
  ],
  [
    "a pause of its plan",
    nodePlan("remove"),
    { paused },
    "",
    "w: to be removed, its plan is paused since 1970-01-01T00:00:03.000Z by bob, still on host-w",
  ],
  [
    "a pause of the cluster's plan, once",
    { ...nodePlan("remove"), paused },
    { paused },
    "",
    `${words}; w: to be removed, still on host-w`,
  ],
  ["no pause where all is well", cluster, { paused }, "", ""],
])("tells of %s", (_title, of, more, failure, expected) => {
  const nodes = [up("m"), { ...up("w"), ...more }];
  const planFailure = (node: string) => (node === "w" ? failure : "");
  expect(clusterStatusReason({ cluster: of, nodes, required: () => [], planFailure })).toBe(expected);
});
