import { NodeReport, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { newTaskRecord, newUnitRecord, type RecordedState } from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { bgpReportOf, bgpView, networkView } from "./bgp-view.ts";

const session = (name: string, established: boolean) => ({
  ...{
    name,
    neighbour: "10.0.0.9",
    established,
    since: "2026-12-01 01:00:00",
    info: established ? "Established" : "Active",
  },
  ...{ imported: 1, filtered: 0, exported: 1 },
});
const said = (routerUp: boolean) => ({
  ...{ problem: "", sessions: 2, established: routerUp ? 2 : 1, imported: 2, flaps: 3 },
  shown: [session("router.10.0.0.9", routerUp), session("node.m", true)],
});
function unit(name: string, kindReport: Uint8Array, state: RecordedState = "TASK_RUNNING") {
  const data = TaskReport.encode({ report: { kind: "unit", value: { launchStep: "ready", kindReport } } });
  const task = newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 1);
  const tasks = [{ ...task, state, report: Buffer.from(data).toString("base64") }];
  return { ...newUnitRecord("c", name, ""), launch: sampleLaunch({ tasks }) };
}
const report = (routerUp: boolean) => NodeReport.encode({ bgp: said(routerUp) });

test("what a node says of its sessions is shown while it runs", () => {
  expect(bgpView(unit("w", report(true)))).toMatchObject({ sessions: 2, established: 2, routes: 2, flaps: 3 });
  for (const record of [
    undefined,
    newUnitRecord("c", "w", ""),
    unit("w", report(true), "TASK_FAILED"),
    unit("w", new Uint8Array(0)),
    unit("w", new Uint8Array([255, 255])),
  ])
    expect([bgpReportOf(record), bgpView(record)]).toEqual([undefined, null]);
});

const units = [
  { name: "m", type: "master", ip: "10.0.0.1" },
  { name: "w0", type: "node", ip: "10.0.0.2" },
  { name: "w1", type: "node", ip: "10.0.0.3" },
];
const blocks = new Map([
  ["w0", "10.244.0.0/24"],
  ["w1", "10.244.1.0/24"],
]);
const input = {
  ranges: { pods: "10.244.0.0/16", services: "10.96.0.0/16" },
  services: {
    announced: [
      { address: "10.99.2.1", nodes: [] },
      { address: "10.99.2.2", nodes: ["w1"] },
    ],
    problem: "no master answers",
  },
  block: (name: string) => blocks.get(name) ?? "",
  record: (name: string) => (name === "m" ? undefined : unit(name, report(name === "w0"))),
};

test("the network of a cluster: blocks, what is announced, and how many nodes have a session with each router", () => {
  const routers = [{ address: "10.0.0.9", asn: 65_001, password: true as const }];
  const bgp = { asn: 64_512, routers, pool: ["10.99.2.0/24"] };
  const view = networkView({ ...input, apiAddress: "10.99.3.1", spec: { network: "net", units, bgp } });
  expect(view).toMatchObject({ network: "net", provider: "bgp", asn: 64_512, pod_cidr: "10.244.0.0/16" });
  expect(view).toMatchObject({ loadbalancer_pool: ["10.99.2.0/24"], services_problem: "no master answers" });
  expect(view.routers).toEqual([{ address: "10.0.0.9", asn: 65_001, password: true, nodes: 3, established: 1 }]);
  expect(view.nodes.map(({ block, announced, bgp: told }) => [block, announced, told?.established])).toEqual([
    ["", ["10.99.3.1"], undefined],
    ["10.244.0.0/24", ["10.244.0.0/24", "10.99.2.1"], 2],
    ["10.244.1.0/24", ["10.244.1.0/24", "10.99.2.1", "10.99.2.2"], 1],
  ]);
});

test("with static routes nothing is announced", () => {
  const view = networkView({ ...input, record: () => undefined, spec: { network: "net", units } });
  expect(view).toMatchObject({ provider: "static", asn: 0, routers: [] });
  expect(view.nodes.map(({ announced, block }) => [announced.length, block])).toEqual([
    [0, ""],
    [0, "10.244.0.0/24"],
    [0, "10.244.1.0/24"],
  ]);
});
