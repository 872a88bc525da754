import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import {
  type LaunchRecord,
  newTaskRecord,
  newUnitRecord,
  type TaskRecord,
  type UnitRecord,
} from "../../workload/records/records.ts";
import type { ClusterSpec, NodeSpec } from "../cluster/cluster-spec.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { networkPilot } from "./network-pilot.ts";

const names = ["w", "m0", "m1"];
const node = (name: string): NodeSpec => ({
  name,
  type: name === "w" ? "node" : "master",
  host: "*",
  ip: "10.0.0.1",
  ingresses: [],
  attributes: [],
  reservation: false,
  stateful: name !== "w",
  pod: false,
  expect: "RUN",
});
const spec: ClusterSpec = {
  name: "c",
  version: "1.36",
  network: "net",
  units: names.map(node),
  ingresses: [],
  attributes: [],
  role: "",
  pod: false,
  expect: "RUN",
};
const record = (name: string, more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", name, "a1"),
  ...more,
});
const report = (step: string) =>
  Buffer.from(TaskReport.encode({ report: { kind: "unit", value: { launchStep: step } } })).toString("base64");
const launch = (more: Partial<TaskRecord>): LaunchRecord =>
  sampleLaunch({
    hostname: "a",
    tasks: [{ ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 0), ...more }],
  });
const records = (of: Readonly<Record<string, Partial<UnitRecord>>> = {}) => names.map((name) => record(name, of[name]));
const pilot = (of: readonly UnitRecord[], seen = false, mayGo: (one: UnitRecord) => boolean = () => true) =>
  networkPilot(spec, of, seen, mayGo);

test.each<readonly [string, ReturnType<typeof pilot>, string | undefined]>([
  ["nothing is launched: the first master goes", pilot(records()), "m0"],
  ["some agent has told of the network: all go", pilot(records(), true), undefined],
  ["the first master may not go: the next one", pilot(records(), false, ({ unit: name }) => name !== "m0"), "m1"],
  ["no master may go: any other node", pilot(records(), false, ({ unit: name }) => name === "w"), "w"],
  ["none may go: nobody is waited for", pilot(records(), false, () => false), undefined],
  ["one is on its way, whichever it is", pilot(records({ m1: { launch: launch({ state: "TASK_STAGING" }) } })), "m1"],
  [
    "it looks for its network",
    pilot(records({ m0: { launch: launch({ state: "TASK_STARTING", report: report("network") }) } })),
    "m0",
  ],
  [
    "it has found it",
    pilot(records({ m0: { launch: launch({ state: "TASK_STARTING", report: report("wrapper") }) } })),
    undefined,
  ],
  ["one ran before", pilot(records({ w: { home: "a" } })), undefined],
  ["an earlier one may still run", pilot(records({ w: { superseded: [launch({ startedAtMs: 5 })] } })), undefined],
  ["the last one has failed: the first master goes again", pilot(records({ m0: { failures: 1 } })), "m0"],
])("%s", (_title, found, expected) => {
  expect(found?.node).toBe(expected);
});

test("a cluster of one node waits for nobody", () => {
  expect(networkPilot(spec, [record("m0")], false, () => true)).toBeUndefined();
});

test("the words name node, network, agent, and why the last try failed", () => {
  const failure = { reason: "", cause: "network_missing", message: "x", output: "", atMs: 1 };
  expect(pilot(records({ m0: { launch: launch({ state: "TASK_STAGING" }) } }))?.words).toBe(
    "waits until m0 has shown that network net exists on a",
  );
  expect(pilot(records({ m0: { failures: 1, failure } }))?.words).toBe(
    "waits until m0 has shown that network net exists on an agent; its last launch failed (network_missing)",
  );
});
