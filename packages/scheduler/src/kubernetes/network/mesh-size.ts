// How many nodes may have sessions with each other. Pure.
import type { NodeType } from "@cke/protocol";
import type { Routed } from "./network-provider.ts";

/**
 * Most sessions of a node. The listening socket of a BIRD has a key for each signed one, in memory that net.core.optmem_max bounds. Where
 * that is 20480 bytes, which kernels before 6.7 have, 150 sessions come up and each further one stays down ("Kernel MD5 auth failed");
 * with 131072 bytes 963 do (measured with BIRD 2.0.12). A node that misses some has no route to the pods of these nodes.
 */
export const mostSessions = 140;

/** Why a cluster of these nodes is too large for a full mesh, in words; "" when it is not. */
export function meshProblem({ bgp }: Routed, nodes: readonly { readonly type: NodeType }[]): string {
  if (bgp === undefined || !nodes.some(({ type }) => type === "node")) return "";
  const sessions = nodes.length - 1 + bgp.routers.length;
  return sessions <= mostSessions
    ? ""
    : `each worker would have ${sessions} BGP sessions, one with each other node and router, and at most ${mostSessions} are sure to come up (net.core.optmem_max of hosts bounds their keys)`;
}
