// Which nodes of a cluster the load balancer sends traffic to. Pure.
import { type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { NodeSpec } from "../cluster/cluster-spec.ts";
import { exposesByBalancer } from "./api-vip.ts";

/** The vpc is what follows the last "-" of the network's name; undefined when nothing does. */
export function vpcOf(network: string): string | undefined {
  const vpc = network.slice(network.lastIndexOf("-") + 1);
  return vpc === "" ? undefined : vpc;
}

/** Workers, nodes that list an ingress, and the masters of a cluster whose API server is exposed by the load balancer. */
function takesTraffic({ spec }: ClusterRecord, { type, ingresses }: NodeSpec): boolean {
  if (type === "node" || ingresses.length > 0) return true;
  return type === "master" && exposesByBalancer(spec);
}

/**
 * The addresses that are to be registered. A node comes in when it first runs, stays while it is launched again, and leaves
 * when it is not to run any more.
 */
export function wantedHosts(
  cluster: ClusterRecord,
  unit: (node: string) => UnitRecord | undefined,
  isRegistered: (address: string) => boolean,
): ReadonlySet<string> {
  const wanted = cluster.spec.units.filter((node) => {
    if (!takesTraffic(cluster, node) || wishOf(cluster, node.name) !== "run") return false;
    const launch = unit(node.name)?.launch;
    const task = launch === undefined || launch.cleanup ? undefined : unitTaskOf(launch);
    return task?.state === "TASK_RUNNING" || isRegistered(node.ip);
  });
  return new Set(wanted.map(({ ip }) => ip));
}
