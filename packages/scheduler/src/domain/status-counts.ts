// How many clusters, nodes and processes have each status: for metrics, so without the views of a thousand clusters.
import type { Status } from "./cluster-views.ts";
import { processTaskOf } from "./records.ts";
import { clusterStatus, nodeStatus, taskStatus } from "./statuses.ts";
import { recordOf, type ViewInput } from "./views.ts";

export type Counts = Readonly<Record<Status, number>>;

export interface StatusCounts {
  readonly clusters: Counts;
  readonly nodes: Counts;
  readonly processes: Counts;
}

const none = () => ({ init: 0, staging: 0, starting: 0, running: 0, failed: 0, killing: 0, killed: 0 });

/** The same statuses that the views of these clusters show. */
export function countStatuses(inputs: Iterable<ViewInput>): StatusCounts {
  const counts = { clusters: none(), nodes: none(), processes: none() };
  for (const input of inputs) {
    const { deleting, spec } = input.cluster;
    counts.clusters[clusterStatus(input.cluster, input.nodes)] += 1;
    for (const node of spec.nodes) {
      const record = recordOf(input, node);
      counts.nodes[record === undefined ? "init" : nodeStatus(record, deleting)] += 1;
      for (const { name } of input.rendering(node.name)?.outline.processes ?? [])
        counts.processes[taskStatus(processTaskOf(record?.launch, name), deleting)] += 1;
    }
  }
  return counts;
}
