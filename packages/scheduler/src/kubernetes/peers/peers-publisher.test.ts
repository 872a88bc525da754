import { type Announcement, ClusterPeers, SchedulerMessage, TaskReport } from "@cke/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import {
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type UnitRecord,
  type WorkloadRecord,
} from "../../workload/records/records.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { PeersPublisher } from "./peers-publisher.ts";

const node = (name: string, index: number): ClusterSpec["units"][number] => ({
  name,
  type: "node",
  host: "*",
  ip: `10.0.${index >> 8}.${index & 255}`,
  ingresses: [],
  attributes: [],
  reservation: false,
  stateful: false,
  pod: false,
  expect: "RUN",
  podIndex: index,
});
const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

let now: number;
let spec: ClusterSpec;
let announced: readonly Announcement[];
let units: Map<string, UnitRecord>;
let sent: { readonly executorId: string; readonly version: string; readonly nodes: number }[];
let publisher: PeersPublisher;
let world: PresentWorkloads;

/** The cluster has these nodes from now on. */
function cluster(count: number) {
  const nodes = names(count).map(node);
  spec = {
    name: "c",
    version: "1.36",
    network: "net",
    units: nodes,
    ingresses: [],
    attributes: [],
    role: "",
    pod: false,
    expect: "RUN",
  };
}
function report(name: string, peersVersion: string, state: RecordedState = "TASK_RUNNING", peersProblem = "") {
  const data = TaskReport.encode({
    report: { kind: "unit", value: { launchStep: "ready", peersVersion, peersProblem } },
  });
  const task = newTaskRecord({ taskId: name, process: "", configHash: "", failures: 0 }, 1);
  const tasks = [{ ...task, state, report: Buffer.from(data).toString("base64") }];
  units.set(name, { ...newUnitRecord("c", name, ""), launch: sampleLaunch({ executorId: name, tasks }) });
}
const present = () => publisher.current(spec)?.version ?? "";
async function seconds(count: number) {
  for (let at = 0; at < count; at += 1) {
    await publisher.tick(world);
    now += 1_000;
  }
}
const told = () => sent.splice(0).map(({ executorId }) => executorId);

beforeEach(() => {
  now = 1_000_000;
  announced = [];
  units = new Map();
  sent = [];
  cluster(3);
  const workloads = (): readonly WorkloadRecord[] => [{ kind: "kubernetes", spec, createdAtMs: 1, deleting: false }];
  publisher = new PeersPublisher({
    clock: { now: () => now },
    renderings: { podCidr: (_spec, name) => `10.244.${name.slice(1)}.0/24` },
    ranges: () => ({ pods: "10.244.0.0/16", services: "10.96.0.0/16" }),
    announcements: () => announced,
  });
  world = {
    workloads,
    unitsOf: () => [...units.values()],
    send: async (_agentId, executorId, bytes) => {
      const { message } = SchedulerMessage.decode(bytes);
      if (message?.kind !== "workloadState") throw new Error("another message");
      const { version, peers } = ClusterPeers.decode(message.value.state);
      sent.push({ executorId, version, nodes: peers.length });
    },
  };
});

describe("a node of the cluster", () => {
  test("that has the present ones is sent nothing", async () => {
    for (const name of names(3)) report(name, present());
    await seconds(120);
    expect(told()).toEqual([]);
  });

  test("is sent a change until it reports it, less and less often", async () => {
    const before = present();
    for (const name of names(3)) report(name, before);
    await seconds(3);
    cluster(4);
    await seconds(1);
    expect(sent.map(({ executorId, version, nodes }) => [executorId, version === present(), nodes])).toEqual([
      ["n0", true, 4],
      ["n1", true, 4],
      ["n2", true, 4],
    ]);
    told();
    report("n0", present());
    report("n1", present());
    await seconds(60);
    expect([...new Set(told())]).toEqual(["n2"]);
    report("n2", present());
    await seconds(60);
    expect(told()).toEqual([]);
    cluster(3);
    await seconds(1);
    expect([sent.at(-1)?.version, told()]).toEqual([before, ["n0", "n1", "n2"]]);
  });

  test("is sent what it is to announce when that changes, also while nothing else does", async () => {
    spec = { ...spec, bgp: { asn: 64_512, routers: [], pool: ["10.99.2.0/24"] } };
    for (const name of names(3)) report(name, present());
    await seconds(3);
    expect(told()).toEqual([]);
    announced = [{ address: "10.99.2.1", nodes: [] }];
    await seconds(1);
    expect(told()).toEqual(["n0", "n1", "n2"]);
    expect(publisher.current(spec)?.bgp).toMatchObject({ announcements: announced, pools: ["10.99.2.0/24"] });
  });

  test("that runs an executor of an earlier version is sent nothing that it does not know", async () => {
    report("n0", "");
    await seconds(120);
    expect(told()).toEqual([]);
  });

  test("that could not take what it was launched with is sent it again", async () => {
    report("n0", "", "TASK_RUNNING", "no ip");
    await seconds(1);
    expect(told()).toEqual(["n0"]);
  });

  test("that was launched before a change and runs after it is not forgotten", async () => {
    const before = present();
    report("n0", present());
    report("n1", "", "TASK_STARTING");
    cluster(4);
    await seconds(1);
    report("n0", present());
    await seconds(30);
    told();
    report("n1", before);
    await seconds(1);
    expect(told()).toEqual(["n1"]);
  });
});

test("a thousand nodes are told in portions, each once, and within a minute", async () => {
  cluster(1_000);
  for (const name of names(1_000)) report(name, "00");
  await publisher.tick(world);
  const first = sent.length;
  expect(first).toBeGreaterThan(20);
  expect(first).toBeLessThan(100);
  const seen = new Set(told());
  for (let second = 1; second < 60; second += 1) {
    for (const name of seen) report(name, present());
    now += 1_000;
    await publisher.tick(world);
    for (const name of told()) seen.add(name);
  }
  expect(seen.size).toBe(1_000);
});
