// A drain against an API server that has more pods than one round looks at.
import { expect, test } from "vitest";
import type { PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import { sampleCluster } from "../load-balancer/testing/sample-cluster.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { nodeActions } from "./node-actions.ts";
import { removalPlan } from "./removal-plan.ts";

const options = { force: false, drainSeconds: 600 };
const request: PlanActionRequest = {
  action: "drain",
  plan: removalPlan("w", true, options, { id: "p", sinceMs: 0, by: "" }),
  begunAtMs: 0,
  workload: sampleCluster({ nodes: [{ name: "w", type: "node", ip: "10.0.0.2" }] }),
  unit: "w",
  record: { ...newUnitRecord("c", "w", ""), launch: sampleLaunch({}) },
  report: () => {},
  signal: new AbortController().signal,
};
const daemon = { ownerReferences: [{ kind: "DaemonSet", controller: true }] };

/** Each page has one pod of a DaemonSet; the last page is that with this number. */
function pages(last: number) {
  const asked: string[] = [];
  const client: KubernetesClient = {
    request: async (_cluster, { path }) => {
      asked.push(path);
      const token = asked.length < last ? String(asked.length) : "";
      return { metadata: { continue: token }, items: [{ metadata: { name: `d${asked.length}`, ...daemon } }] };
    },
  };
  const drain = nodeActions(client, () => 1_000).get("drain");
  if (drain === undefined) throw new Error("there is no drain");
  return { asked, drain };
}

test("all pages are read, and pods that stay hold up nothing", async () => {
  const { asked, drain } = pages(3);
  expect(await drain(request)).toEqual({ state: "done" });
  expect(asked.map((path) => /continue=(\d+)$/.exec(path)?.[1])).toEqual([undefined, "1", "2"]);
});

test("a list without an end ends the round, and the node is not called drained", async () => {
  const { asked, drain } = pages(Number.POSITIVE_INFINITY);
  expect(await drain(request)).toEqual({
    state: "waits",
    reason: "more pods of it are listed than one round looks at (10000)",
  });
  expect(asked).toHaveLength(20);
  // It fails in its time like any other drain.
  const late = await drain({ ...request, begunAtMs: -600_000 });
  expect(late).toMatchObject({ state: "failed", reason: expect.stringContaining("plan/skip") });
});
