// Parts of clusters as URLs name them.
import type { ClusterReads } from "../../kubernetes/views/cluster-service.ts";
import type { NodeView } from "../../kubernetes/views/cluster-views.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";

/** The part with this name. Throws a PartNotFoundError (404) that lists those that there are. */
export function named<T extends { readonly name: string }>(
  parts: readonly T[],
  name: string,
  what: string,
  whole: string,
): T {
  const found = parts.find((part) => part.name === name);
  if (found !== undefined) return found;
  throw new PartNotFoundError(
    what,
    whole,
    name,
    parts.map((part) => part.name),
  );
}

/** A node of a cluster with its processes. Throws ClusterNotFoundError or PartNotFoundError (404). */
export function nodeView(clusters: Pick<ClusterReads, "get">, cluster: string, node: string): NodeView {
  return named(clusters.get(cluster).nodes, node, "node", `cluster "${cluster}"`);
}
