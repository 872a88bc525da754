// `POST …/nodes/:node/replace`: another instance of a node begins, under its name and address.
import { planWith, withPlans } from "../../workload/plans/new-plan.ts";
import { PlanRefusedError } from "../../workload/plans/plan-control.ts";
import { retryPlans } from "../../workload/plans/unit-plan-retry.ts";
import { stoppedWords } from "../../workload/plans/unit-progress.ts";
import { withPlan } from "../../workload/plans/workload-steps.ts";
import { isOutOfReach, isTerminal, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { remainsToReplace } from "../../workload/records/removal-state.ts";
import { silentHostMs } from "../../workload/steps/orphaned-resources.ts";
import { elsewhereMs } from "../../workload/steps/replacement.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { NodeSpec } from "../cluster/cluster-spec.ts";
import { withJoins } from "../masters/etcd-actions.ts";
import { withoutLabels } from "../nodes/node-change.ts";
import { forcedPlan, type RemovalOptions, replacedNodeStages, replacementGoal } from "../nodes/removal-plan.ts";
import { aliveCluster, askedFor, checkRuns, isMaster, nodeOf } from "../requests/known-nodes.ts";
import { nodeRules } from "../steps/node-rules.ts";
import { askedNow, membershipFor, type NodeRequestParts, runsKubelet } from "./node-request.ts";

export type ReplacementOptions = Pick<RemovalOptions, "force" | "drainSeconds">;

/** Stores the plan and returns what happens now. Throws CkeErrors with their status. */
export async function replaceNode(
  parts: NodeRequestParts,
  name: string,
  node: string,
  options: ReplacementOptions,
  by: string,
): Promise<string> {
  const { framework, masters, clock, incarnation } = parts;
  const { ledger, logs, planActions, agentNames } = framework.parts;
  const alive = () => {
    const cluster = aliveCluster(ledger, name);
    checkRuns(cluster, "a node is replaced in a cluster that runs");
    return { cluster, found: nodeOf(cluster, node) };
  };
  const toForce = (cluster: ClusterRecord) => forcedPlan(planWith(cluster, node), replacementGoal, options);
  const { cluster: before, found } = alive();
  const membership = toForce(before) === undefined ? await membershipFor(parts, name, [found]) : undefined;
  await agentNames.refresh();
  return await framework.change(async () => {
    const { cluster, found: present } = alive();
    const forced = toForce(cluster);
    if (forced !== undefined) {
      // What is under way begins anew by force: its pods get their time to end.
      await ledger.commit({ workload: retryPlans(withPlan(cluster, forced.id, forced), node, clock.now()) });
      planActions.retry(name, node);
      return `node "${node}" of cluster "${name}": its replacement goes on without regard to PodDisruptionBudgets; GET …/state shows how far it is`;
    }
    if (isMaster(present) && membership === undefined)
      throw new PlanRefusedError(`"${node}" has changed since etcd was to be asked: ask again`, 409);
    const record = ledger.unit(name, node);
    const drained = runsKubelet(parts, cluster.spec, node) && isInReach(record);
    const asked = { ...askedNow(parts, by), instance: incarnation(clock.now()), options: { ...options } };
    const around = drained ? replacedNodeStages(node) : undefined;
    const plan = masters.replaced(cluster, membership, present, asked, around);
    // The other instance founds nothing, also when nobody waits for its join: two of them could found another etcd.
    const founder = isMaster(present) && present.joins === undefined;
    const spec = founder ? withJoins(cluster.spec, node, []) : cluster.spec;
    const current = { ...withoutLabels(cluster, node), spec };
    await ledger.commit({ workload: withPlans(current, [plan], nodeRules.words) });
    logs.line("info", name, `it is to be replaced${askedFor(by)}`, { unit: node });
    const how = [
      ...endWords(record, drained, options),
      beginWords(present, record, (hostname) => agentNames.hasOther(hostname)),
    ].join("; ");
    return `node "${node}" of cluster "${name}" is being replaced: ${how}; GET …/state shows how far it is`;
  });
}

/** True while its pods can be ended in order: it runs, and its agent is in reach. */
function isInReach(record: UnitRecord | undefined): boolean {
  const task = record?.launch === undefined ? undefined : unitTaskOf(record.launch);
  return task !== undefined && !isTerminal(task) && !isOutOfReach(task);
}

/** What becomes of the present instance. */
function endWords(record: UnitRecord | undefined, drained: boolean, options: ReplacementOptions): readonly string[] {
  const launch = record?.launch;
  if (record === undefined) return [];
  if (launch === undefined) {
    const hosts = remainsToReplace(record).map(({ hostname }) => hostname);
    if (hosts.length === 0) return [];
    return [
      `what it has left on ${hosts.join(", ")} is removed first, unless there is no room for an executor there within ${silentHostMs / 1000} s`,
    ];
  }
  if (!isInReach(record))
    return [
      `nothing is waited for on ${launch.hostname}, which is out of reach: what runs there is removed when it is back`,
    ];
  if (!drained) return [`it ends on ${launch.hostname}, and its data goes`];
  const how = options.force
    ? "without regard to PodDisruptionBudgets"
    : `for ${options.drainSeconds} s at most, as PodDisruptionBudgets allow`;
  return [`it is cordoned and drained ${how}, then it ends on ${launch.hostname}, and its data goes`];
}

/** Where the other instance begins. */
function beginWords(
  { host, expect }: NodeSpec,
  record: UnitRecord | undefined,
  elsewhere: (hostname: string) => boolean,
): string {
  const start = expect === "RUN" ? "" : `${stoppedWords}, and then `;
  const what = `${start}another instance begins under its name and address`;
  if (host !== "*") return `${what}, on ${host}, to which it is bound (host)`;
  const hostname = record?.launch?.hostname ?? record?.home ?? "";
  if (hostname === "") return what;
  if (!elsewhere(hostname)) return `${what}, on ${hostname}, for there is no other agent`;
  return `${what}, on another agent than ${hostname} where one has room within ${elsewhereMs / 1000} s, else on any`;
}
