import { expect, test } from "vitest";
import { newWorkloadPlan, type UnitProgress } from "../../workload/plans/workload-plan.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { context } from "../testing/read-bodies.ts";
import { smallBody } from "../testing/user-bodies.ts";
import { ClusterListItems } from "./cluster-list-items.ts";

const { spec } = readCluster(smallBody(), context());
const plan = newWorkloadPlan("x", [{ name: "x", action: "x", units: ["m"] }], { sinceMs: 1, by: "" }, { id: "p" });
const cluster: ClusterRecord = {
  ...{ kind: "kubernetes", spec, createdAtMs: 0, deleting: false },
  plans: [{ ...plan, begun: ["m:x"] }],
};
const input = {
  ...{ cluster, nodes: [newUnitRecord("small", "m", "1")], rendering: () => undefined, loadBalancer: null },
  ...{ schedulerUrl: "http://s:1", ranges: { pods: "10.1.0.0/16", services: "10.2.0.0/16" } },
};

test("a cluster with plans is kept too, until one of them fails or goes on", () => {
  const items = new ClusterListItems();
  let state: UnitProgress = { state: "open", reason: "1" };
  const next = (now: UnitProgress) => {
    state = now;
    return items.of({ ...input, planProgress: () => state });
  };
  const first = next({ state: "open", reason: "1" });
  expect(next({ state: "open", reason: "2" })).toBe(first);
  const failed = next({ state: "failed", reason: "no quorum" });
  expect(failed.status_reason).toBe("m: its plan has failed (no quorum), not launched yet");
  expect(next({ state: "failed", reason: "no quorum" })).toBe(failed);
  expect(next({ state: "failed", reason: "no answer" }).status_reason).toContain("no answer");
  expect(next({ state: "open", reason: "3" })).toEqual(first);
});

test("another address of the scheduler makes it anew", () => {
  const items = new ClusterListItems();
  const at = (schedulerUrl: string) => items.of({ ...input, schedulerUrl, planProgress: () => ({ state: "reached" }) });
  expect(at("http://s:2").apiserver).not.toBe(at("http://s:1").apiserver);
});
