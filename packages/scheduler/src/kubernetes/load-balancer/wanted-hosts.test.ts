import { describe, expect, it } from "vitest";
import { newTaskRecord, newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { sampleCluster } from "./testing/sample-cluster.ts";
import { vpcOf, wantedHosts } from "./wanted-hosts.ts";

it.each([
  ["spidernet-vpc56173cke", "vpc56173cke"],
  ["a-b-c", "c"],
  ["net", "net"],
  ["net-", undefined],
])("the vpc of the network %s is %s", (network, vpc) => {
  expect(vpcOf(network)).toBe(vpc);
});

describe("wantedHosts", () => {
  const task = (state: "TASK_RUNNING" | "TASK_STARTING") => ({
    ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 0),
    state,
  });
  const running = sampleLaunch({ tasks: [task("TASK_RUNNING")] });
  const unit = (more: Partial<UnitRecord>) => () => ({ ...newUnitRecord("c", "n", ""), ...more });
  const hosts = (cluster: object, more: Partial<UnitRecord> = { launch: running }, registered = false) => [
    ...wantedHosts(sampleCluster(cluster), unit(more), () => registered),
  ];

  it("has workers, nodes with an ingress, and masters when the API server is exposed", () => {
    const nodes = [
      { name: "m", type: "master", ip: "10.0.0.1" },
      { name: "n", type: "node", ip: "10.0.0.2" },
      { name: "c", type: "console", ip: "10.0.0.3" },
      { name: "i", type: "console", ip: "10.0.0.4", ingresses: ["web"] },
    ];
    expect(hosts({ nodes })).toEqual(["10.0.0.2", "10.0.0.4"]);
    expect(hosts({ nodes, apiserver: { expose: ["spider-lb"] } })).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.4"]);
  });

  it.each<[string, object, Partial<UnitRecord>, boolean, boolean]>([
    ["it runs", {}, { launch: running }, false, true],
    ["it starts", {}, { launch: sampleLaunch({ tasks: [task("TASK_STARTING")] }) }, false, false],
    ["it is launched again", {}, { launch: sampleLaunch({ tasks: [task("TASK_STARTING")] }) }, true, true],
    ["it waits for an offer", {}, {}, true, true],
    ["it was never launched", {}, {}, false, false],
    ["only a clean-up runs", {}, { launch: { ...running, cleanup: true } }, false, false],
    ["it is to stop", { expect: "STOP" }, { launch: running }, true, false],
    ["its cluster is deleted", { deleting: true }, { launch: running }, true, false],
  ])("a worker of which %s", (_, cluster, record, registered, expected) => {
    const nodes = [{ name: "n", type: "node", ip: "10.0.0.2" }];
    expect(hosts({ nodes, ...cluster }, record, registered)).toEqual(expected ? ["10.0.0.2"] : []);
  });
});
