// The plan that removes one node of a running cluster. Pure.
import type { NodeType } from "@cke/protocol";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import type { PlanStage, WorkloadPlan } from "../../workload/records/plan-record.ts";

export const removalGoal = "remove";
export const replacementGoal = "replace";
/** A drain that takes longer waits for an operator. */
export const defaultDrainSeconds = 600;

export interface RemovalOptions {
  /** Pods go without regard to PodDisruptionBudgets, and a cluster whose API does not answer is not waited for. */
  readonly force: boolean;
  readonly drainSeconds: number;
  /** Also when an even number of masters is left. */
  readonly even?: boolean | undefined;
}

const drainStages = (node: string): readonly PlanStage[] => [
  { name: "cordon", action: "cordon", units: [node] },
  { name: "drain", action: "drain", units: [node] },
];

/** What comes before a node ends, through its cluster's API: nothing for one without a Node object. */
export function nodeStages(node: string, isNode: boolean): readonly PlanStage[] {
  if (!isNode) return [];
  return [...drainStages(node), { name: "delete its Node object", action: "delete-node-object", units: [node] }];
}

/** How every node ends for good, whatever its type. */
export function endStages(node: string): readonly PlanStage[] {
  const units = [node];
  return [
    { name: "end it and remove its data", action: "remove", units },
    { name: "give back its name, its address and a worker's pod block", action: "forget", units },
  ];
}

/**
 * What comes before and after the replacement of a node that runs and has a Node object: the object stays, with its labels, and
 * takes pods again when the other instance runs.
 */
export const replacedNodeStages = (
  node: string,
): { readonly before: readonly PlanStage[]; readonly after: readonly PlanStage[] } => ({
  before: drainStages(node),
  after: [{ name: "let pods come again", action: "uncordon", units: [node] }],
});

/** What a skip of these actions leaves to the operator. */
export const undoneActions: ReadonlyMap<string, string> = new Map([
  [
    "uncordon",
    "the node stays cordoned, and no pod comes until you let it (kubectl uncordon), or until it is replaced again while it runs",
  ],
  ["delete-node-object", "its Node object stays in the cluster until you delete it (kubectl delete node)"],
]);

/** `isNode`: it has a Node object, for it runs a kubelet. `id`: unique among all plans. */
export function removalPlan(
  node: string,
  isNode: boolean,
  { force, drainSeconds }: RemovalOptions,
  { id, sinceMs, by }: { readonly id: string; readonly sinceMs: number; readonly by: string },
): WorkloadPlan {
  const stages = [...nodeStages(node, isNode), ...endStages(node)];
  return newWorkloadPlan(removalGoal, stages, { sinceMs, by }, { id, options: { force, drainSeconds } });
}

export function removalOptions({ options }: Pick<WorkloadPlan, "options">): RemovalOptions {
  const { force, drainSeconds } = options;
  return {
    force: force === true,
    drainSeconds: typeof drainSeconds === "number" ? drainSeconds : defaultDrainSeconds,
  };
}

/** The request that goes on without regard to budgets, and without an API server that does not answer. */
export const forcingRequest = ({ goal }: Pick<WorkloadPlan, "goal">) =>
  goal === replacementGoal ? "POST …/replace?force=true" : "DELETE …?force=true";

/** A removal, or a replacement, that goes on and is now to go on by force; none when it does already, or is not asked to. */
export function forcedPlan(
  plan: WorkloadPlan | undefined,
  goal: string,
  { force }: Pick<RemovalOptions, "force">,
): WorkloadPlan | undefined {
  if (plan?.goal !== goal || !force || removalOptions(plan).force) return undefined;
  return { ...plan, options: { ...plan.options, force: true } };
}

/** What a request to remove these types of nodes does, in words. Only workers have pods to drain. */
export function removedHow(types: readonly NodeType[], { force }: Pick<RemovalOptions, "force">): string {
  if (!types.includes("node")) return "removed";
  return `drained${force ? " without regard to PodDisruptionBudgets" : ""} and removed`;
}

/** Why a node of such a plan takes no changes. */
export const beingRemoved = (node: string) =>
  `node "${node}" is being removed, and nothing of it changes any more: add it again when it is gone (POST …/nodes); GET …/state shows how far it is`;
