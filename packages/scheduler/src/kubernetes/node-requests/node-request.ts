// What every request that concerns single nodes of a cluster needs.
import type { Clock } from "@cke/foundation";
import type { FrameworkOptions } from "../../framework/interfaces/dependencies.ts";
import type { Framework } from "../../framework/loop/framework.ts";
import type { ClusterSpec, NodeSpec } from "../cluster/cluster-spec.ts";
import type { Membership } from "../etcd/membership.ts";
import type { KubernetesKind } from "../kubernetes-kind.ts";
import type { KubernetesOptions } from "../kubernetes-options.ts";
import type { AskedPlan, MasterRequests } from "../masters/master-requests.ts";
import { aliveCluster, checkRuns, isMaster } from "../requests/known-nodes.ts";

export interface NodeRequestParts {
  readonly framework: Framework;
  readonly kind: KubernetesKind;
  readonly clock: Clock;
  readonly options: FrameworkOptions & KubernetesOptions;
  readonly masters: MasterRequests;
  /** Makes a unique, sortable id: for instances of nodes, and for plans. */
  readonly incarnation: (now: number) => string;
}

/** Of a plan that begins now. */
export function askedNow({ clock, incarnation }: NodeRequestParts, by: string): AskedPlan {
  const now = clock.now();
  return { id: incarnation(now), sinceMs: now, by };
}

/**
 * What etcd says, for a change that concerns masters; undefined for another one. It is asked before the request enters the
 * serial queue.
 */
export async function membershipFor(
  { framework, masters }: NodeRequestParts,
  name: string,
  nodes: readonly NodeSpec[],
): Promise<Membership | undefined> {
  if (!nodes.some(isMaster)) return undefined;
  const cluster = aliveCluster(framework.parts.ledger, name);
  checkRuns(cluster, "etcd is asked before masters are changed");
  return await masters.observe(cluster.spec);
}

/** True for a node that runs a kubelet, and so has a Node object. */
export function runsKubelet({ kind }: Pick<NodeRequestParts, "kind">, spec: ClusterSpec, node: string): boolean {
  return kind.renderings.outline(spec, node)?.processes.some(({ type }) => type === "kubelet") === true;
}
