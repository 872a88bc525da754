// `DELETE …/nodes/a,b`: nodes are drained and leave a cluster that runs.
import { planWith, withPlans } from "../../workload/plans/new-plan.ts";
import { PlanRefusedError } from "../../workload/plans/plan-control.ts";
import { retryPlans } from "../../workload/plans/unit-plan-retry.ts";
import { withPlan } from "../../workload/plans/workload-steps.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { NodeSpec } from "../cluster/cluster-spec.ts";
import type { Membership } from "../etcd/membership.ts";
import { withoutLabels } from "../nodes/node-change.ts";
import {
  forcedPlan,
  nodeStages,
  type RemovalOptions,
  removalGoal,
  removalPlan,
  removedHow,
} from "../nodes/removal-plan.ts";
import { aliveCluster, askedFor, checkRuns, isMaster, namesOf, nodesOf } from "../requests/known-nodes.ts";
import { nodeRules } from "../steps/node-rules.ts";
import { askedNow, membershipFor, type NodeRequestParts, runsKubelet } from "./node-request.ts";

/** Stores the plans and returns what happens now. Throws CkeErrors with their status. */
export async function removeNodes(
  parts: NodeRequestParts,
  name: string,
  nodes: readonly string[],
  options: RemovalOptions,
  by: string,
): Promise<string> {
  const { framework, clock } = parts;
  const alive = () => aliveCluster(framework.parts.ledger, name);
  const membership = await membershipFor(parts, name, staying(alive(), nodes));
  return await framework.change(async () => {
    const cluster = alive();
    const chosen = nodesOf(cluster, nodes);
    checkRemoval(cluster, chosen);
    const { logs, ledger, planActions } = framework.parts;
    const current = chosen.reduce((record, node) => withoutLabels(record, node.name), cluster);
    const forced = chosen.flatMap((node) => {
      const plan = forcedPlan(planWith(cluster, node.name), removalGoal, options);
      return plan === undefined ? [] : [{ node: node.name, plan }];
    });
    const begun = staying(cluster, nodes);
    const masters = begun.filter(isMaster);
    const plans = [
      ...begun
        .filter((node) => !isMaster(node))
        .map((node) =>
          removalPlan(node.name, runsKubelet(parts, cluster.spec, node.name), options, askedNow(parts, by)),
        ),
      ...(masters.length > 0 ? [leavingPlan(parts, cluster, membership, masters, options, by)] : []),
    ];
    // What is under way begins anew by force: its pods get their time to end.
    const now = clock.now();
    const changed = forced.reduce(
      (record, { node, plan }) => retryPlans(withPlan(record, plan.id, plan), node, now),
      withPlans(current, plans, nodeRules.words),
    );
    if (plans.length + forced.length > 0) await ledger.commit({ workload: changed });
    for (const { node } of forced) planActions.retry(name, node);
    for (const { name: unit } of begun) logs.line("info", name, `it is to be removed${askedFor(by)}`, { unit });
    const list = chosen.map((node) => `"${node.name}"`).join(", ");
    const how = removedHow(
      chosen.map(({ type }) => type),
      options,
    );
    return `${chosen.length === 1 ? "node" : "nodes"} ${list} of cluster "${name}": being ${how}; GET …/state shows how far it is`;
  });
}

/** Those of the nodes whose removal has not begun. */
function staying(cluster: ClusterRecord, nodes: readonly string[]): readonly NodeSpec[] {
  const chosen = nodesOf(cluster, nodes);
  checkRemoval(cluster, chosen);
  return chosen.filter(({ name }) => planWith(cluster, name)?.goal !== removalGoal);
}

/**
 * One plan for all masters, because they leave etcd one after the other. `membership`: undefined when none of these was a
 * master when etcd was asked.
 */
function leavingPlan(
  parts: NodeRequestParts,
  cluster: ClusterRecord,
  membership: Membership | undefined,
  leaving: readonly NodeSpec[],
  { even = false, force, drainSeconds }: RemovalOptions,
  by: string,
): WorkloadPlan {
  if (membership === undefined) {
    const words = `${namesOf(leaving).join(", ")}: the masters have changed since etcd was asked: ask again`;
    throw new PlanRefusedError(words, 409);
  }
  checkWayToApi(parts, cluster, leaving);
  const asked = { ...askedNow(parts, by), goal: removalGoal, options: { force, drainSeconds } };
  return parts.masters.left(cluster, membership, leaving, even, asked, ({ name }) =>
    nodeStages(name, runsKubelet(parts, cluster.spec, name)),
  );
}

/** Nodes without a balancer, which an earlier version made, know the address of the first master and no other. */
function checkWayToApi({ kind }: NodeRequestParts, { spec }: ClusterRecord, leaving: readonly NodeSpec[]): void {
  const first = spec.units.find(isMaster);
  if (first === undefined || !leaving.includes(first)) return;
  const tied = spec.units.filter(
    (node) => !isMaster(node) && kind.renderings.node(spec, node.name)?.kubeNode.apiBalancer === undefined,
  );
  if (tied.length === 0) return;
  const words = `"${first.name}": ${namesOf(tied).join(", ")} reach the API server at its address and at no other, for an earlier version of CKE made them (or API_BALANCER_PORT is 0): remove those nodes and add them anew first, or keep "${first.name}"`;
  throw new PlanRefusedError(words, 409);
}

function checkRemoval(cluster: ClusterRecord, chosen: readonly NodeSpec[]): void {
  const { spec } = cluster;
  const masters = spec.units.filter(isMaster);
  const gone = masters.filter((node) => chosen.includes(node)).map((node) => `"${node.name}"`);
  if (gone.length > 0 && gone.length === masters.length) {
    const words = `${gone.join(", ")}: a cluster keeps at least one master, for its data is there; to remove all of it: DELETE /k8s/v1/clusters/${spec.name}`;
    throw new PlanRefusedError(words, 409);
  }
  checkRuns(cluster, "a node is drained before it is removed");
}
