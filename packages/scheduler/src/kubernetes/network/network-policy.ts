// What enforces network policies in a cluster: which processes and secrets of `cke.conf` its nodes have for it, and what its nodes tell. Pure.
import { type NodeType, nodeTypes, type ProcessState } from "@cke/protocol";
import { reportOf, type UnitRecord } from "../../workload/records/records.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import type { ClusterConfiguration, NodeConfiguration } from "../configuration/configuration.ts";

/** The type of process of `cke.conf` that is a node's Felix, and its credentials. */
export const felixType = "felix";
const felixSecret = "felix.kubeconfig";

/** A node's configuration without what enforces policies. */
export const withoutFelix = (node: NodeConfiguration): NodeConfiguration => ({
  ...node,
  processes: node.processes.filter(({ type }) => type !== felixType),
  secrets: node.secrets.filter(({ name }) => name !== felixSecret),
});

/**
 * What nodes of these types lack to enforce policies, in words that follow the name of a configuration; "" for nothing. All nodes that run
 * pods need it: a policy also says what may leave the pods of other nodes.
 */
export function lackingForPolicies(
  { nodes }: Pick<ClusterConfiguration, "nodes">,
  types: ReadonlySet<NodeType>,
): string {
  const running = nodeTypes.filter((type) => types.has(type) && has(nodes[type], "kubelet"));
  const felix = running.filter((type) => !has(nodes[type], felixType)).join(", ");
  const secret = running.filter((type) => nodes[type].secrets.every(({ name }) => name !== felixSecret)).join(", ");
  return [
    ...(felix === "" ? [] : [`no process of type "${felixType}" for nodes of type ${felix}`]),
    ...(secret === "" ? [] : [`no secret "${felixSecret}" for nodes of type ${secret}`]),
  ].join(", and ");
}
const has = ({ processes }: NodeConfiguration, wanted: string) => processes.some(({ type }) => type === wanted);

export interface PolicyView {
  readonly enforced: boolean;
  /** Why it is not known that the node enforces policies; "" when it is. */
  readonly problem: string;
}

/** What a node that runs pods tells of its policies. */
export function policyView(record: UnitRecord | undefined): PolicyView {
  const state = felixOf(record);
  if (state === undefined) return { enforced: false, problem: "its Felix does not run, or has told nothing yet" };
  if (state.healthy) return { enforced: true, problem: "" };
  const failing = state.health.filter(({ passing, message }) => !passing && message !== "");
  const words = failing.map(({ message }) => message).join("; ") || state.reason;
  return { enforced: false, problem: withoutSecrets(words) || "its Felix does not work" };
}

function felixOf(record: UnitRecord | undefined): ProcessState | undefined {
  if (record?.launch === undefined || record.launch.cleanup) return undefined;
  for (const task of record.launch.tasks) {
    const report = task.state === "TASK_RUNNING" ? reportOf(task) : undefined;
    if (report?.kind === "process" && report.value.type === felixType) return report.value;
  }
  return undefined;
}
