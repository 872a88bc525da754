// What a node is claimed on an agent, case by case.
import { expect, test } from "vitest";
import { readCluster } from "../../kubernetes/cluster/cluster-reader.ts";
import { anyImages } from "../../kubernetes/configuration/version-images.ts";
import { outlineOf, renderNode } from "../../kubernetes/rendering/node-renderer.ts";
import { sampleConfiguration } from "../../kubernetes/testing/sample-configuration.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { newTaskRecord, newUnitRecord, type RecordedState, type UnitRecord } from "../../workload/records/records.ts";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import { claimsOf } from "./claims.ts";

const configuration = sampleConfiguration();
const nodes = ["m", "n"].map((name, index) => ({
  name,
  type: name === "m" ? "master" : "node",
  node_ip: `10.0.0.${index + 1}`,
}));
const context = { existing: [], claimedPorts: [], images: anyImages, loadBalancer: false, roles: ["cke"] };
const { spec } = readCluster(smallBody({ name: "c", nodes }), {
  ...context,
  configurations: new Map([["1.36", configuration]]),
});
const options = {
  imagePath: "",
  registry: undefined,
  registryCertificate: undefined,
  cfsQuota: false,
  lxcfsPath: undefined,
  dockerPath: undefined,
};
const outlineFor = (name: string) => {
  const node = spec.units.find((one) => one.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return outlineOf(renderNode(spec, node, configuration, options));
};

const now = 1_000_000;
const place = { agentId: "S-a", hostname: "a" };
const workload = { kind: "kubernetes", spec, createdAtMs: 0, deleting: false };

/** A worker's launch on `a` by the states of its tasks; those that are not named run. */
function launched(states: Readonly<Record<string, RecordedState>>, more: Parameters<typeof sampleLaunch>[0] = {}) {
  const names = ["", ...outlineFor("n").processes.map(({ name }) => name)];
  const tasks = names.map((process) => ({
    ...newTaskRecord({ taskId: `t.${process}`, process, configHash: "", failures: 0 }, 0),
    state: states[process] ?? ("TASK_RUNNING" as const),
  }));
  return sampleLaunch({ oneShotsHeldByUnit: true, tasks, ...more });
}
const all = (state: RecordedState) =>
  Object.fromEntries(["", ...outlineFor("n").processes.map(({ name }) => name)].map((name) => [name, state]));
const record = (node: string, more: Partial<UnitRecord>): UnitRecord => ({ ...newUnitRecord("c", node, "i"), ...more });
const atHome = { home: "A", homeSinceMs: 1 };
const reserved: ReservationRecord = {
  ...place,
  role: "cke",
  state: "reserved",
  amounts: { cpus: 1.91, mem: 1_568, ports: [] },
  operationId: "",
  releasing: { cpus: 0, mem: 0, ports: [] },
  reserving: { cpus: 0, mem: 0, ports: [] },
  problem: "",
  changedAtMs: 0,
};

test("of a launch whose executor the agent does not list any more the whole capacity is claimed, once it would be listed", () => {
  const launch = launched({}, { createdAtMs: 0, executorId: "e" });
  const claimed = (executorIds: ReadonlySet<string> | undefined, at: number) =>
    claimsOf({
      ...{ workload, record: record("n", { ...atHome, launch }), outline: outlineFor("n"), now: at },
      place: { ...place, executorIds },
    }).map(({ mem }) => mem);
  expect(claimed(new Set(), 60_000)).toEqual([1_568]);
  expect(claimed(new Set(["e"]), 60_000)).toEqual([]);
  expect(claimed(undefined, 60_000)).toEqual([]);
  expect(claimed(new Set(), 5_000)).toEqual([]);
});

test.each<[string, UnitRecord, readonly (readonly [number, number, number])[]]>([
  ["never ran: nothing", record("n", {}), []],
  ["runs: nothing", record("n", { ...atHome, launch: launched({}) }), []],
  [
    "its process ended: that",
    record("n", { ...atHome, launch: launched({ kubelet: "TASK_FAILED" }) }),
    [[1, 1, 1_024]],
  ],
  [
    "its one-shot ended: its token",
    record("n", { ...atHome, launch: launched({ "load-images": "TASK_FINISHED" }) }),
    [[2, 0.001, 0]],
  ],
  [
    "its one-shot ended, and gave its capacity back",
    record("n", { ...atHome, launch: launched({ "load-images": "TASK_FINISHED" }, { oneShotsHeldByUnit: undefined }) }),
    [[2, 0.1, 64]],
  ],
  [
    "a process and a one-shot ended",
    record("n", {
      ...atHome,
      launch: launched({ kubelet: "TASK_LOST", "load-images": "TASK_FINISHED" }, { oneShotsHeldByUnit: undefined }),
    }),
    [
      [1, 1, 1_024],
      [2, 0.1, 64],
    ],
  ],
  ["all of it ended: all of it", record("n", { ...atHome, launch: launched(all("TASK_FAILED")) }), [[2, 1.91, 1_568]]],
  ["all of it ended before it ever ran: nothing", record("n", { launch: launched(all("TASK_FAILED")) }), []],
  ["out of reach: it holds all of it", record("n", { ...atHome, launch: launched(all("TASK_UNREACHABLE")) }), []],
  ["to go elsewhere", record("n", { ...atHome, launch: launched(all("TASK_KILLED"), { evicted: "why" }) }), []],
  ["a clean-up", record("n", { ...atHome, launch: launched(all("TASK_FAILED"), { cleanup: true }) }), []],
  ["on another agent", record("n", { ...atHome, launch: launched(all("TASK_FAILED"), { agentId: "S-b" }) }), []],
  ["it returns: all of it", record("n", { ...atHome, retryAtMs: now }), [[2, 1.91, 1_568]]],
  ["it has waited for two minutes", record("n", { ...atHome, retryAtMs: now - 120_000 }), []],
  ["a master returns, however long it takes", record("m", { ...atHome }), [[0, 1.41, 2_144]]],
  ["to another host", record("m", { ...atHome, home: "b" }), []],
  ["it returns to what is reserved for it", record("n", { ...atHome, retryAtMs: now, reservations: [reserved] }), []],
  [
    "its process ended, whose part is reserved",
    record("n", { ...atHome, launch: launched({ kubelet: "TASK_FAILED" }), reservations: [reserved] }),
    [],
  ],
])("%s", (_what, node, claims) => {
  const found = claimsOf({ workload, record: node, outline: outlineFor(node.unit), place, now });
  expect(found.map(({ urgency, cpus, mem }) => [urgency, cpus, mem])).toEqual(claims);
});

test("nothing is kept for what is deleted or stopped", () => {
  const node = record("m", atHome);
  const of = (changed: typeof workload) =>
    claimsOf({ workload: changed, record: node, outline: outlineFor("m"), place, now });
  expect(of(workload)).toHaveLength(1);
  expect(of({ ...workload, deleting: true })).toEqual([]);
  expect(of({ ...workload, spec: { ...spec, expect: "STOP" } })).toEqual([]);
});
