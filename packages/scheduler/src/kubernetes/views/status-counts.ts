// Counts clusters, nodes and processes by status, for metrics: it does so without making the views of a thousand
// clusters.

import { processTaskOf } from "../../workload/records/records.ts";
import {
  type ProcessStatus,
  processStatus,
  type UnitStatus,
  unitStatus,
  wishOf,
} from "../../workload/tasks/statuses.ts";
import { bgpReportOf } from "../network/bgp-view.ts";
import { policyStatus } from "../network/network-policy.ts";
import { clusterStatus } from "./cluster-status.ts";
import type { ClusterStatus } from "./cluster-views.ts";
import { clusterRecords, recordOf, type ViewInput } from "./views.ts";

export interface StatusCounts {
  readonly clusters: Readonly<Record<ClusterStatus, number>>;
  readonly nodes: Readonly<Record<UnitStatus, number>>;
  readonly processes: Readonly<Record<ProcessStatus, number>>;
  /** Sessions of BGP of all nodes by state, the routes that came by them, and how often one has ended. */
  readonly bgp: Readonly<Record<"established" | "down" | "routes" | "flaps", number>>;
  /** Nodes that run pods and are to enforce network policies. */
  readonly policies: Readonly<Record<"enforced" | "unenforced", number>>;
}

const ofTasks = () => ({ init: 0, staging: 0, starting: 0, running: 0, failed: 0, killing: 0, killed: 0 });

export const noCounts = () => ({
  clusters: { starting: 0, running: 0, degraded: 0, failed: 0, stopping: 0, stopped: 0, killing: 0, killed: 0 },
  nodes: { ...ofTasks(), unresponsive: 0 },
  processes: { ...ofTasks(), finished: 0 },
  bgp: { established: 0, down: 0, routes: 0, flaps: 0 },
  policies: { enforced: 0, unenforced: 0 },
});

/** The same statuses that the views of these clusters show. */
export function countStatuses(inputs: Iterable<ViewInput>): StatusCounts {
  const counts = noCounts();
  for (const input of inputs) {
    counts.clusters[clusterStatus(clusterRecords(input))] += 1;
    const routed = input.cluster.spec.bgp !== undefined;
    for (const node of input.cluster.spec.units) {
      const record = recordOf(input, node);
      const wish = wishOf(input.cluster, node.name);
      counts.nodes[record === undefined ? "init" : unitStatus(record, wish)] += 1;
      const {
        sessions = 0,
        established = 0,
        imported = 0,
        flaps = 0,
      } = (routed ? bgpReportOf(record) : undefined) ?? {};
      const isSubject = input.cluster.spec.policy !== undefined && node.podIndex !== undefined;
      const policies = isSubject ? policyStatus(record, wish) : undefined;
      if (policies !== undefined) counts.policies[policies] += 1;
      counts.bgp.established += established;
      counts.bgp.down += sessions - established;
      counts.bgp.routes += imported;
      counts.bgp.flaps += flaps;
      for (const { name, mayFinish } of input.rendering(node.name)?.outline.processes ?? [])
        counts.processes[processStatus(processTaskOf(record?.launch, name), mayFinish, wish)] += 1;
    }
  }
  return counts;
}
