// Which processes of a cluster run, by what the scheduler reports.
import type { ClusterState } from "../../../scripts/up/cluster/api.ts";

/**
 * Pid and number of restarts of every process of a cluster. When they are equal before and after, nothing was
 * restarted.
 */
export function processIdentities(state: ClusterState): Record<string, string> {
  return Object.fromEntries(
    state.nodes.flatMap((node) =>
      node.processes.map((process) => [
        `${node.name}/${process.name}`,
        `pid ${process.pid}, restarts ${process.restarts}`,
      ]),
    ),
  );
}
