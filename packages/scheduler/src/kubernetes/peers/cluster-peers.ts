// The peers of a cluster: what every running node must know about all nodes. Names and addresses are for the hosts
// file, pod blocks for the routes; the masters are behind the balancer of each node. They are not part of any node's
// rendering, so that a node can be added and no other container changes. Pure.
import { createHash } from "node:crypto";
import { type Announcement, type ClusterPeers, gatewayTypeOf, isMaster } from "@cke/protocol";
import { announcedApi, type ClusterSpec } from "../cluster/cluster-spec.ts";
import { networkProviderOf } from "../network/network-provider.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";

/**
 * The cluster's peers, in the order of their names. Undefined when the pod block of a worker is not known, because the
 * executor would remove routes that the node has. `podCidrOf`: the pod block of one node; "" for a node without pods.
 * `ranges`: of the cluster. `announcements`: addresses of its Services.
 */
export function clusterPeers(
  spec: ClusterSpec,
  podCidrOf: (node: string) => string | undefined,
  ranges: ClusterRanges,
  announcements: readonly Announcement[] = [],
): ClusterPeers | undefined {
  const { units } = spec;
  const peers: ClusterPeers["peers"][number][] = [];
  for (const { name, type, ip, podIndex, uplinkIp = "" } of units) {
    const podCidr = podIndex === undefined ? "" : podCidrOf(name);
    if (podCidr === undefined) return undefined;
    const ofGateway = gatewayTypeOf(type);
    // Those of a cluster without gateways have the version that they always had: nothing is sent anew.
    const gateway = ofGateway === undefined ? undefined : { type: ofGateway, uplinkIp };
    if (ip !== "") peers.push({ name, ip, podCidr, master: isMaster(type), gateway });
  }
  peers.sort((left, right) => (left.name < right.name ? -1 : 1));
  const routing = networkProviderOf(spec).routing(spec, ranges, announcements, announcedApi(spec));
  // Without more to know the version is that of the peers alone, as it always was: nothing is sent anew.
  const known = routing.bgp === undefined ? peers : { peers, ...routing };
  const version = createHash("sha256").update(JSON.stringify(known)).digest("hex").slice(0, 16);
  return { version, peers, ...routing };
}
