// The lines of `make status` about a cluster. Pure.
import type { ClusterState } from "./api.ts";
import { isUp } from "./bring-up-view.ts";

const behind = (text: string, before: string, after = "") => (text === "" ? "" : `${before}${text}${after}`);

/** One line for the cluster, for each node and for each process. */
export function clusterLines(name: string, cluster: ClusterState): string[] {
  const nodes = cluster.nodes.flatMap((node) => [
    `  ${node.name}${behind(node.reason, ": ")}`,
    ...node.processes.map(
      ({ name: process, status, pid, restarts, reason }) =>
        `    ${process.padEnd(14)} ${status.padEnd(9)} pid ${String(pid).padEnd(6)} restarts ${restarts}${behind(reason, "  ")}`,
    ),
  ]);
  const how = `${cluster.status}${isUp(cluster) ? ", up" : ""}${behind(cluster.status_reason, " (", ")")}`;
  return [`cluster ${name}: ${how}`, ...nodes];
}
