// A drain against an API server that has more pods than one round looks at, and one whose time is over.
import { expect, test } from "vitest";
import type { PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import { newTaskRecord, newUnitRecord } from "../../workload/records/records.ts";
import { KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import { sampleCluster } from "../load-balancer/testing/sample-cluster.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { nodeActions } from "./node-actions.ts";
import { removalPlan, replacementGoal } from "./removal-plan.ts";

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

/** One pod that a budget keeps. */
function keptPod() {
  const asked: string[] = [];
  const client: KubernetesClient = {
    request: async (_cluster, { method, path }) => {
      asked.push(`${method} ${path.split("?")[0]}`);
      if (path.endsWith("/eviction"))
        throw new KubernetesApiError("c", { status: 429, reason: "TooManyRequests", message: "not now" });
      if (path.includes("poddisruptionbudgets")) return { items: [{ metadata: { name: "keep" }, spec: {} }] };
      return { items: [{ metadata: { name: "web", namespace: "shop" } }] };
    },
  };
  return { asked, client };
}

const running = {
  ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 0),
  state: "TASK_RUNNING",
} as const;
const removal = removalPlan("w", true, { force: false, drainSeconds: 30 }, { id: "p", sinceMs: 0, by: "" });

test.each([
  { plan: removal, way: "DELETE …?force=true" },
  { plan: { ...removal, goal: replacementGoal }, way: "POST …/replace?force=true" },
])(
  "the drain of a $plan.goal waits for as long as it was asked to; then it fails, names the pod and has done nothing",
  async ({ plan, way }) => {
    const { asked, client } = keptPod();
    const record = { ...newUnitRecord("c", "w", ""), launch: sampleLaunch({ tasks: [running] }) };
    const drainAt = async (now: number) =>
      await nodeActions(client, () => now).get("drain")?.({ ...request, plan, record, begunAtMs: 5_000 });
    const reason = "waits for the eviction of pod shop/web: PodDisruptionBudget keep does not allow it now";
    expect(await drainAt(34_999)).toEqual({ state: "waits", reason });
    expect(await drainAt(35_000)).toEqual({
      state: "failed",
      reason: expect.stringContaining(`not drained in 30 s: ${reason}; plan/retry drains for as long again, ${way}`),
    });
    expect(new Set(asked)).toEqual(
      new Set([
        "GET /api/v1/pods",
        "POST /api/v1/namespaces/shop/pods/web/eviction",
        "GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets",
      ]),
    );
  },
);
