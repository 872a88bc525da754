// What the one-line reason of a cluster says of plans of its nodes.
import { expect, test } from "vitest";
import { newWorkloadPlan, type UnitProgress } from "../../workload/plans/workload-plan.ts";
import { newTaskRecord, newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { type ClusterRecord, clusterRecordSchema } from "../cluster/cluster-record.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { clusterStatusReason } from "./cluster-status.ts";
import { listItem } from "./views.ts";

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
const leaving = (): ClusterRecord => {
  const stages = [{ name: "leave etcd", action: "leave-etcd", units: ["w"], keeps: true }];
  const plan = newWorkloadPlan("remove", stages, { sinceMs: 1, by: "" }, { id: "p" });
  return { ...cluster, plans: [{ ...plan, begun: ["w:leave-etcd"] }] };
};
const ended = { ...newTaskRecord({ taskId: "etcd", process: "etcd", configHash: "", failures: 0 }, 0) };
const etcdEnds: Partial<UnitRecord> = {
  launch: sampleLaunch({
    hostname: "host-w",
    tasks: [...(up("w").launch?.tasks ?? []), { ...ended, state: "TASK_FAILED" }],
  }),
};
test.each<[string, ClusterRecord, Partial<UnitRecord>, string, string]>([
  [
    "an etcd that ends because it leaves the others",
    leaving(),
    etcdEnds,
    "",
    "w: leaves etcd, etcd failed (TASK_FAILED)",
  ],
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
  const planFailures = () => new Map(failure === "" ? [] : [["w", failure]]);
  expect(clusterStatusReason({ cluster: of, nodes, required: () => [], planFailures })).toBe(expected);
});

test("the list looks once at each node of a plan, and finds words for the nodes that it names only", () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `w${index}`);
  const stages = [{ name: "labels", action: "set-labels", units: names }];
  const plan = newWorkloadPlan("label", stages, { sinceMs: 1, by: "" }, { id: "p" });
  const large: ClusterRecord = {
    ...cluster,
    spec: {
      ...cluster.spec,
      units: names.flatMap((name) => cluster.spec.units.slice(1).map((unit) => ({ ...unit, name }))),
    },
    plans: [{ ...plan, begun: names.map((name) => `${name}:set-labels`) }],
  };
  let [asked, worded] = [0, 0];
  const planProgress = (_plan: unknown, { unit }: { readonly unit: string }): UnitProgress => {
    asked += 1;
    return unit === "w3" ? { state: "failed", reason: "it is\nrefused" } : { state: "open", reason: "it begins" };
  };
  const nodes = names.map((name) => {
    const record = newUnitRecord("c", name, "i");
    const get = () => {
      worded += 1;
      return "";
    };
    return Object.defineProperty({ ...record }, "lastFailure", { get });
  });
  const input = {
    ...{
      cluster: large,
      nodes,
      planProgress,
      rendering: () => undefined,
      schedulerUrl: "http://s",
      loadBalancer: null,
    },
    ranges: { pods: "10.1.0.0/16", services: "10.2.0.0/16" },
  };
  expect(listItem(input).status_reason).toBe(
    "w0: not launched yet; w1: not launched yet; w2: not launched yet; w3: its plan has failed (it is refused), not launched yet; w4: not launched yet; and 995 more",
  );
  expect([asked, worded]).toEqual([1_000, 5]);
});
