// The status of a cluster and its one-line reason, from records in every condition.
import { TaskReport } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import {
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type TaskRecord,
  type UnitRecord,
} from "../../workload/records/records.ts";
import { type ClusterRecord, clusterRecordSchema } from "../cluster/cluster-record.ts";
import { joinStages } from "../masters/master-plans.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { clusterStatus, clusterStatusReason } from "./cluster-status.ts";

const nodeSpec = (name: string, type: string, expect = "RUN") => ({
  name,
  type,
  host: "*",
  ip: "10.0.0.1",
  ingresses: [],
  attributes: [],
  reservation: false,
  expect,
});
/** Masters m1, m2, m3 and a worker w. */
const cluster = (more: { deleting?: boolean; expect?: string; worker?: string } = {}): ClusterRecord =>
  clusterRecordSchema.parse({
    kind: "kubernetes",
    spec: {
      name: "c",
      version: "1",
      network: "n",
      units: [...["m1", "m2", "m3"].map((name) => nodeSpec(name, "master")), nodeSpec("w", "node", more.worker)],
      ingresses: [],
      attributes: [],
      expect: more.expect ?? "RUN",
    },
    createdAtMs: 1,
    deleting: more.deleting ?? false,
  });

const task = (process: string, state: RecordedState, more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ taskId: process, process, configHash: "", failures: 0 }, 0),
  state,
  healthy: state === "TASK_RUNNING",
  ...more,
});
const report = (value: Parameters<typeof TaskReport.encode>[0]) =>
  ({ report: Buffer.from(TaskReport.encode(value)).toString("base64") }) as const;
const frozen = report({
  report: {
    kind: "unit",
    value: { launchStep: "ready", detail: "unresponsive since then: paused", unresponsiveSinceMs: 9 },
  },
});
const halted = report({ report: { kind: "process", value: { phase: "stopped" } } });
const crashing = report({ report: { kind: "process", value: { phase: "backoff", reason: "exit code 1" } } });
const container = task("", "TASK_RUNNING");

/** A master needs `etcd`; `addons` is a one-shot. */
const launched = (name: string, tasks: readonly TaskRecord[], more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", name, "a1"),
  launch: sampleLaunch({ hostname: `host-${name}`, tasks }),
  ...more,
});
const up = (name: string, more: Partial<UnitRecord> = {}) =>
  launched(name, [container, task("etcd", "TASK_RUNNING"), task("addons", "TASK_FINISHED")], more);
const served = { servedAtMs: 5 };
const fresh = (name: string, more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", name, "a1"),
  ...more,
});
const refused = (name: string) => fresh(name, { blocked: true, failures: 1, lastFailure: "TASK_ERROR: no such field" });
const noImage = (name: string) =>
  fresh(name, { needsHelp: true, failures: 1, lastFailure: "TASK_FAILED: image x\n is missing" });
const joining = (of: ClusterRecord, ...masters: readonly string[]): ClusterRecord => {
  const stages = joinStages(["m1"], masters);
  return { ...of, plans: [newWorkloadPlan("grow", stages, { sinceMs: 1, by: "" }, { id: "p" })] };
};
const restarting = (record: UnitRecord): UnitRecord =>
  record.launch === undefined ? record : { ...record, launch: { ...record.launch, stopBegan: true } };
const all = [up("m1"), up("m2"), up("m3"), up("w")];
const etcd = { name: "etcd", mayFinish: false };
const addons = { name: "addons", mayFinish: true };
const required = (node: string) => (node === "w" ? [] : [etcd, addons]);

test.each<readonly [string, ClusterRecord, readonly UnitRecord[], string, string]>([
  [
    "nothing launched",
    cluster(),
    ["m1", "m2", "m3", "w"].map((name) => fresh(name)),
    "starting",
    "m1: not launched yet; m2: not launched yet; m3: not launched yet; w: not launched yet",
  ],
  [
    "the containers are there, etcd is on its way",
    cluster(),
    [up("m1"), ...["m2", "m3"].map((name) => launched(name, [container, task("etcd", "TASK_STARTING")])), fresh("w")],
    "starting",
    "m2: etcd starting; m3: etcd starting; w: not launched yet",
  ],
  ["everything runs, and one-shots have finished", cluster(), all, "running", ""],
  [
    "a worker that is not to run does not count",
    cluster({ worker: "STOP" }),
    [...all.slice(0, 3), fresh("w")],
    "running",
    "",
  ],
  ["a worker is on its way to a stop", cluster({ worker: "STOP" }), all, "running", "w: stopping on host-w"],
  [
    "a quorum serves, the first bring-up goes on",
    cluster(),
    [up("m1"), up("m2"), fresh("m3"), fresh("w")],
    "degraded",
    "m3: not launched yet; w: not launched yet",
  ],
  [
    "one worker was refused",
    cluster(),
    [...all.slice(0, 3), refused("w")],
    "degraded",
    "w: not running; its last launch ended: TASK_ERROR: no such field",
  ],
  [
    "a worker's kubelet fails again and again",
    cluster(),
    [...all.slice(0, 3), launched("w", [container, task("proxy", "TASK_STARTING"), task("kubelet", "TASK_FAILED")])],
    "degraded",
    "w: kubelet failed (TASK_FAILED), proxy starting",
  ],
  [
    "a worker's agent is out of reach",
    cluster(),
    [...all.slice(0, 3), launched("w", [task("", "TASK_UNREACHABLE")])],
    "degraded",
    "w: its agent host-w is out of reach",
  ],
  [
    "a worker is frozen",
    cluster(),
    [...all.slice(0, 3), launched("w", [task("", "TASK_RUNNING", { healthy: false, ...frozen })])],
    "degraded",
    "w: unresponsive since then: paused",
  ],
  [
    "the quorum was lost later",
    cluster(),
    [
      up("m1"),
      launched("m2", [task("", "TASK_UNREACHABLE")], served),
      fresh("m3", { ...served, failures: 5, lastFailure: "TASK_FAILED: x" }),
      up("w"),
    ],
    "degraded",
    "m2: its agent host-m2 is out of reach; m3: not running; its last launch ended: TASK_FAILED: x",
  ],
  [
    "one master of three cannot come up: two can",
    cluster(),
    [fresh("m1"), fresh("m2"), refused("m3"), fresh("w")],
    "starting",
    "m1: not launched yet; m2: not launched yet; m3: not running; its last launch ended: TASK_ERROR: no such field; w: not launched yet",
  ],
  [
    "two masters of three have no image",
    cluster(),
    [up("m1"), noImage("m2"), noImage("m3"), up("w")],
    "failed",
    "m2: not running; its last launch ended: TASK_FAILED: image x is missing; m3: not running; its last launch ended: TASK_FAILED: image x is missing",
  ],
  [
    "failed once, and is tried again",
    cluster(),
    [
      up("m1"),
      fresh("m2", { failures: 1, lastFailure: "TASK_LOST" }),
      fresh("m3", { failures: 2, lastFailure: "TASK_LOST" }),
      up("w"),
    ],
    "starting",
    "m2: not running; its last launch ended: TASK_LOST; m3: not running; its last launch ended: TASK_LOST",
  ],
  [
    "two etcds that ended three times",
    cluster(),
    [
      up("m1"),
      ...["m2", "m3"].map((name) => launched(name, [container, task("etcd", "TASK_FAILED", { failures: 3 })])),
      up("w"),
    ],
    "failed",
    "m2: etcd failed (TASK_FAILED); m3: etcd failed (TASK_FAILED)",
  ],
  [
    "two masters are added to one, and have not joined etcd",
    joining(cluster(), "m2", "m3"),
    [up("m1", served), fresh("m2"), launched("m3", [container, task("etcd", "TASK_STARTING")]), up("w")],
    "degraded",
    "m2: not launched yet, it joins etcd in its turn; m3: etcd starting",
  ],
  [
    "two masters are added, and both cannot come up",
    joining(cluster(), "m2", "m3"),
    [up("m1", served), noImage("m2"), noImage("m3"), up("w")],
    "degraded",
    "m2: not running; its last launch ended: TASK_FAILED: image x is missing; m3: not running; its last launch ended: TASK_FAILED: image x is missing",
  ],
  [
    "a worker was stopped and started before it had ended",
    cluster(),
    [...all.slice(0, 3), restarting(launched("w", [task("", "TASK_KILLING")]))],
    "degraded",
    "w: stops on host-w, and is started again after that",
  ],
  [
    "a process fails beside one that is stopped by order: why the first one does",
    cluster(),
    [
      ...all.slice(0, 3),
      launched("w", [container, task("proxy", "TASK_RUNNING", halted), task("kubelet", "TASK_RUNNING", crashing)]),
    ],
    "degraded",
    "w: kubelet failed (exit code 1)",
  ],
  [
    "it stops",
    cluster({ expect: "STOP" }),
    [up("m1"), up("m2"), fresh("m3"), fresh("w")],
    "stopping",
    "m1: still on host-m1; m2: still on host-m2",
  ],
  [
    "it is stopped",
    cluster({ expect: "STOP" }),
    ["m1", "m2", "m3", "w"].map((name) => fresh(name, served)),
    "stopped",
    "",
  ],
  [
    "it is being deleted",
    cluster({ deleting: true }),
    [up("m1"), fresh("m2"), fresh("m3"), fresh("w")],
    "killing",
    "m1: still on host-m1",
  ],
  [
    "it is gone but for the record",
    cluster({ deleting: true }),
    ["m1", "m2", "m3", "w"].map((name) => fresh(name)),
    "killed",
    "",
  ],
])("%s", (_title, of, nodes, status, reason) => {
  const records = { cluster: of, nodes, required };
  expect([clusterStatus(records), clusterStatusReason(records)]).toEqual([status, reason]);
});

describe("the reason", () => {
  const stop = newWorkloadPlan("stop", [], { sinceMs: 2_000, by: "ann" });
  const words = "the plan is paused since 1970-01-01T00:00:03.000Z by bob";
  test.each<[string, ClusterRecord, string]>([
    ["a pause of a stop", { ...cluster({ expect: "STOP" }), plan: stop }, `${words}; m1: still on host-m1`],
    [
      "a stop that was asked for during a pause, and is not held by it",
      { ...cluster({ expect: "STOP" }), plan: { ...stop, sinceMs: 4_000 } },
      "m1: still on host-m1",
    ],
    ["a pause of launches", cluster(), `${words}; m2: not launched yet; m3: not launched yet; w: not launched yet`],
    ["a pause, and a removal", cluster({ deleting: true }), "m1: still on host-m1"],
  ])("tells of %s", (_title, of, expected) => {
    const paused = { sinceMs: 3_000, by: "bob" };
    const nodes = [up("m1"), fresh("m2"), fresh("m3"), fresh("w")];
    expect(clusterStatusReason({ cluster: { ...of, paused }, nodes, required })).toBe(expected);
  });

  test("names five nodes, counts the others, and stays one short line without secrets", () => {
    const long = `password=hunter2 ${"word\n".repeat(10_000)}`;
    const nodes = Array.from({ length: 12 }, (_, index) => fresh(`m${index}`, { failures: 1, lastFailure: long }));
    const { spec, ...rest } = cluster();
    const wide = { ...rest, spec: { ...spec, units: nodes.map(({ unit }) => ({ ...spec.units[0], name: unit })) } };
    const reason = clusterStatusReason({ cluster: clusterRecordSchema.parse(wide), nodes, required });
    expect(reason).toMatch(/^m0: not running; .*; m4: not running; .*; and 7 more$/);
    expect(reason).not.toMatch(/\n|hunter2/);
    expect(reason.length).toBeLessThan(2_000);
  });
});
