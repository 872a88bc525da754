// The configuration of the BIRD in a KubeNode: it announces the node's own block, and takes what CKE knows of others. Pure.
import {
  type AnnouncingNode,
  address,
  announced,
  type BgpSpeaker,
  commonPart,
  type OwnSide,
  range,
  symbol,
  systemNumber,
} from "./bird-text.ts";

export interface NodeBird extends OwnSide {
  /** Blocks of its pods. */
  readonly blocks: readonly string[];
  /** Ranges of the cluster: of its pods, and of its Services. Nobody announces a part of them that is not known. */
  readonly pods: string;
  readonly services: string;
  /** The other nodes of the cluster. */
  readonly others: readonly AnnouncingNode[];
  /** Route reflectors of the cluster, with the same number as its nodes. */
  readonly gateways: readonly Omit<BgpSpeaker, "asn">[];
  /** Routers outside of the cluster. */
  readonly routers: readonly BgpSpeaker[];
}

/**
 * The text of bird.conf. A change of other nodes changes filters and no session, so that `birdc configure` keeps all of
 * them. Throws RangeError for values that BIRD could read as something else.
 */
export function nodeBird(node: NodeBird): string {
  const { others, gateways, routers, blocks } = node;
  const known = others.flatMap((other) =>
    other.blocks.map(
      (block) =>
        `  if net = ${range(block)} then { if bgp_next_hop = ${address(other.address)} then accept; reject; }\n`,
    ),
  );
  // Routes of other nodes that come through a router of another system have the cluster's own number in their paths.
  const session = (kind: string, { name, address: to, asn }: BgpSpeaker) =>
    `protocol bgp ${symbol(kind, name)} from session {
  neighbor ${address(to)} as ${systemNumber(asn)};${asn === node.asn ? "" : " allow local as 1;"}
  ipv4 { import filter from_others; export where proto = "pods"; next hop self; };
}
`;
  return `${commonPart(node, 'source = RTS_BGP || proto = "pods"')}# The own block leads nowhere where no pod has the address: it must not follow the default route and come back.
${announced("pods", blocks)}filter from_others {
  # Blocks of the other nodes, from their owners only.
${known.join("")}  if net ~ [ ${range(node.pods)}+, ${range(node.services)}+ ] then reject;
  accept;
}
${gateways.map((gateway) => session("gateway", { ...gateway, asn: node.asn })).join("")}${routers.map((router) => session("router", router)).join("")}`;
}
