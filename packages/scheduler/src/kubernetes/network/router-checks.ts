// Checks the routers of a cluster against the cluster's own addresses. A node that had a router's address, or a router with the address of
// a pod, would have sessions with somebody else. Pure.
import type { BodyProblem, Located } from "../../workload/body/findings.ts";
import { type ClusterRanges, rangeKinds } from "../ranges/cluster-ranges.ts";
import { common } from "../ranges/range-checks.ts";

export interface RoutersOfCluster {
  /** Their addresses. */
  readonly routers: readonly string[];
  readonly nodes: readonly (Located<{ readonly name: string; readonly ip: string }> & { readonly present?: true })[];
}

const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

/** Nodes that are to get the address of a router. */
export function* nodesAtRouters({ routers, nodes }: RoutersOfCluster): Generator<BodyProblem> {
  for (const { value, path, present } of nodes) {
    const at = present === true ? -1 : routers.indexOf(value.ip);
    if (at >= 0)
      yield impossible(
        `${path}.node_ip`,
        `${value.ip} of node "${value.name}" is the address of a router of the cluster (routers[${at}]): each needs one of its own`,
      );
  }
}

/** Routers with an address of the cluster's pods or Services. Those of a cluster that is there were checked when it came. */
export function* routersInRanges({ routers, nodes }: RoutersOfCluster, ranges: ClusterRanges): Generator<BodyProblem> {
  if (nodes.some(({ present }) => present === true)) return;
  for (const [index, router] of routers.entries())
    for (const kind of rangeKinds)
      if (common(ranges[kind], `${router}/32`))
        yield impossible(
          `routers[${index}].address`,
          `${router} is in ${ranges[kind]}, the range of the cluster's ${kind}: a router has an address of its own network`,
        );
}
