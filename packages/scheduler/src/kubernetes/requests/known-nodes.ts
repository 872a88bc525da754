// Nodes of clusters as requests name them, and what refuses a request before anything is looked at.
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { PlanRefusedError } from "../../workload/plans/plan-control.ts";
import { ClusterDeletingError } from "../cluster/cluster-errors.ts";
import { type ClusterRecord, knownCluster } from "../cluster/cluster-record.ts";
import type { NodeSpec } from "../cluster/cluster-spec.ts";

export const isMaster = ({ type }: NodeSpec) => type === "master";

export const namesOf = (nodes: readonly NodeSpec[]) => nodes.map(({ name }) => name);

/** To follow what was asked for. */
export const askedFor = (by: string) => (by === "" ? "" : ` (asked for by ${by})`);

/** Throws a ClusterNotFoundError, or a ClusterDeletingError. */
export function aliveCluster(ledger: Parameters<typeof knownCluster>[0], name: string): ClusterRecord {
  const cluster = knownCluster(ledger, name);
  if (cluster.deleting) throw new ClusterDeletingError(name);
  return cluster;
}

/** Throws a PartNotFoundError. */
export function nodeOf({ spec }: ClusterRecord, node: string): NodeSpec {
  const found = spec.units.find(({ name }) => name === node);
  if (found !== undefined) return found;
  throw new PartNotFoundError("node", `cluster "${spec.name}"`, node, namesOf(spec.units));
}

/** Throws a PlanRefusedError for a cluster that is stopped. `why`: why it must run, in one clause. */
export function checkRuns({ spec }: ClusterRecord, why: string): void {
  if (spec.expect === "RUN") return;
  const words = `cluster "${spec.name}" is stopped, and ${why}: start the cluster first (POST …/start)`;
  throw new PlanRefusedError(words, 409);
}

/** The names without repetition, as nodes. Throws PartNotFoundError. */
export const nodesOf = (cluster: ClusterRecord, names: readonly string[]): readonly NodeSpec[] =>
  [...new Set(names)].map((name) => nodeOf(cluster, name));
