// What enforces network policies in a cluster: which processes and secrets of `cke.conf` its nodes have for it, and what its nodes tell. Pure.
import { type NodeType, nodeTypes, type ProcessState } from "@cke/protocol";
import { reportOf, type UnitRecord } from "../../workload/records/records.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import type { Wish } from "../../workload/tasks/statuses.ts";
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
  const check = running.filter((type) => has(nodes[type], felixType) && !isChecked(nodes[type])).join(", ");
  const secret = running.filter((type) => nodes[type].secrets.every(({ name }) => name !== felixSecret)).join(", ");
  const untold = types.has("master") && !nodes.master.processes.some(({ envs }) => envs.some(isTold));
  return [
    ...(felix === "" ? [] : [`no process of type "${felixType}" for nodes of type ${felix}`]),
    ...(check === "" ? [] : [`no health probe of it with the command ${checkCommand} for nodes of type ${check}`]),
    ...(secret === "" ? [] : [`no secret "${felixSecret}" for nodes of type ${secret}`]),
    ...(untold ? ["no environment variable NETWORK_POLICY of addons for nodes of type master"] : []),
  ].join(", and ");
}
/** What sees that policies are enforced, and gives a node its pod network then. */
const checkCommand = "/usr/local/bin/cke-policies";
const isChecked = ({ processes }: NodeConfiguration) =>
  processes.some(
    ({ type, health }) =>
      type === felixType && health.some(({ check }) => check.kind === "exec" && check.command[0] === checkCommand),
  );
const isTold = ({ key }: { readonly key: string }) => key === "NETWORK_POLICY";
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
  // A probe that failed a moment ago has a message before it counts as failing.
  const told = state.health.map(({ message }) => message).filter((message) => message !== "");
  if (state.healthy && told.length === 0) return { enforced: true, problem: "" };
  const words = told.join("; ") || state.reason;
  return { enforced: false, problem: withoutSecrets(words) || "its Felix does not work" };
}

/** What a node adds to the counts of a cluster whose policies are enforced; undefined for one that is not to run. */
export const policyStatus = (record: UnitRecord | undefined, wish: Wish): "enforced" | "unenforced" | undefined =>
  wish !== "run" ? undefined : policyView(record).enforced ? "enforced" : "unenforced";

function felixOf(record: UnitRecord | undefined): ProcessState | undefined {
  if (record?.launch === undefined || record.launch.cleanup) return undefined;
  for (const task of record.launch.tasks) {
    const report = task.state === "TASK_RUNNING" ? reportOf(task) : undefined;
    if (report?.kind === "process" && report.value.type === felixType) return report.value;
  }
  return undefined;
}
