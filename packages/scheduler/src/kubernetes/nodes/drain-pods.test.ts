import { expect, test } from "vitest";
import { blockingBudgets, budgetListSchema, describeDrain, mustGo, podListSchema } from "./drain-pods.ts";

const pod = (metadata: Readonly<Record<string, unknown>>, phase = "Running") => {
  const [read] = podListSchema.parse({ items: [{ metadata: { name: "p", ...metadata }, status: { phase } }] }).items;
  if (read === undefined) throw new Error("no pod");
  return read;
};
const owner = (kind: string, controller = true) => ({ ownerReferences: [{ kind, controller }] });

test.each([
  ["a plain one", pod({}), true],
  ["a ReplicaSet's", pod(owner("ReplicaSet")), true],
  ["a DaemonSet's, which would come back", pod(owner("DaemonSet")), false],
  ["one that only mentions a DaemonSet", pod(owner("DaemonSet", false)), true],
  ["a mirror of a file", pod({ annotations: { "kubernetes.io/config.mirror": "x" } }), false],
  ["one that has succeeded", pod({}, "Succeeded"), false],
  ["one that has failed", pod({}, "Failed"), false],
  ["one that waits", pod({}, "Pending"), true],
])("%s: must go %s", (_what, one, goes) => expect(mustGo(one)).toBe(goes));

test.each([
  ["its labels", { matchLabels: { app: "db" } }, 0, true],
  ["other labels", { matchLabels: { app: "web" } }, 0, false],
  ["its labels, and one may go", { matchLabels: { app: "db" } }, 1, false],
  ["every pod", {}, 0, true],
  ["In", { matchExpressions: [{ key: "app", operator: "In", values: ["db", "web"] }] }, 0, true],
  ["NotIn", { matchExpressions: [{ key: "app", operator: "NotIn", values: ["db"] }] }, 0, false],
  [
    "NotIn, for a label that it does not have",
    { matchExpressions: [{ key: "x", operator: "NotIn", values: ["y"] }] },
    0,
    true,
  ],
  ["Exists", { matchExpressions: [{ key: "app", operator: "Exists" }] }, 0, true],
  ["DoesNotExist", { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, 0, false],
])("a budget for %s", (_what, selector, disruptionsAllowed, blocks) => {
  const budget = { metadata: { name: "b" }, spec: { selector }, status: { disruptionsAllowed } };
  const { items } = budgetListSchema.parse({ items: [budget] });
  expect(blockingBudgets(pod({ labels: { app: "db" } }), items)).toEqual(blocks ? ["b"] : []);
});

const blocked = (name: string, ...budgets: readonly string[]) => ({ pod: `n/${name}`, budgets, message: "no" });
test.each([
  [[], [], ""],
  [[], ["n/a"], "pod n/a is ending"],
  [[], ["n/a", "n/b", "n/c", "n/d"], "4 pods: n/a, n/b, n/c, … are ending"],
  [[blocked("a")], [], "waits for the eviction of pod n/a: no"],
  [
    [blocked("a", "x", "y")],
    ["n/b"],
    "waits for the eviction of pod n/a: PodDisruptionBudget x, y does not allow it now; pod n/b is ending",
  ],
  [
    ["a", "b", "c", "d"].map((name) => blocked(name)),
    [],
    "waits for the eviction of pod n/a: no; waits for the eviction of pod n/b: no; waits for the eviction of pod n/c: no; and of 1 more",
  ],
])("%# a drain in words", (blockedPods, ending, words) => expect(describeDrain(blockedPods, ending)).toBe(words));
