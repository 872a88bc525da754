// The configuration of the BIRD in a KubeNode: it announces the node's own block, and takes what CKE knows of others. Pure.
import { clusterSecret } from "@cke/protocol";
import {
  type AnnouncingNode,
  address,
  announced,
  type BgpSpeaker,
  commonPart,
  isOneOf,
  limited,
  type OwnSide,
  ofCluster,
  range,
  serviceTable,
  signed,
  symbol,
  systemNumber,
} from "./bird-text.ts";

export interface NodeBird extends OwnSide {
  /** Blocks of its pods. */
  readonly blocks: readonly string[];
  /** Addresses of Services that it announces to routers and gateways: packets to them are its kube-proxy's. Absent: none. */
  readonly addresses?: readonly string[];
  /** The address of the cluster's API server, and whether this node announces it. Absent: there is none. */
  readonly api?: { readonly address: string; readonly announces: boolean };
  /** False for a node that ends: its sessions stay, and it announces nothing. Absent: true. */
  readonly announces?: boolean;
  /** Ranges of the cluster: of its pods, and of its Services. Nobody announces a part of them that is not known. */
  readonly pods: string;
  readonly services: string;
  /** Ranges of such addresses; absent: none, and no address either. */
  readonly pools?: readonly string[];
  /** The other nodes of the cluster. */
  readonly others: readonly AnnouncingNode[];
  /** Route reflectors of the cluster, with the same number as its nodes. Without any, the nodes have sessions with each other. */
  readonly gateways: readonly Pick<BgpSpeaker, "name" | "address">[];
  /** NAT gateways of the cluster: what its pods send outside goes to one of them. */
  readonly natGateways?: readonly Pick<BgpSpeaker, "name" | "address">[];
  /** Routers outside of the cluster. */
  readonly routers: readonly BgpSpeaker[];
}

/**
 * Realm of the kernel's routes to what routers outside have announced. They know the way back to pods: the image's cke-network leaves
 * the address of a pod as it is there.
 */
export const routersRealm = 179;

/** Kernel table with the default route of pods: cke-network of the image lets what comes from pods look there, behind the main one. */
export const egressTable = 179;

/**
 * Sessions with NAT gateways, in a table of their own: what the node itself sends outside keeps the default route of its Docker network.
 */
function natSessions(node: NodeBird, gateways: readonly Pick<BgpSpeaker, "name" | "address">[]): string {
  if (gateways.length === 0 || node.blocks.length === 0) return "";
  const sessions = gateways.map(
    (gateway) => `protocol bgp ${symbol("natgw", gateway.name)} from session {
  neighbor ${address(gateway.address)} as ${systemNumber(node.asn)};${ofCluster}
  ipv4 { table egress; igp table master4; import keep filtered;${limited} import where net = 0.0.0.0/0 && bgp_next_hop = from; export where proto = "pods"; next hop self; };
}
`,
  );
  return `ipv4 table egress;
protocol pipe blocks { table master4; peer table egress; import none; export where proto = "pods"; }
protocol kernel outside { kernel table ${egressTable}; ipv4 { table egress; import none; export filter { if source != RTS_BGP then reject; krt_realm = ${routersRealm}; accept; }; }; graceful restart on; }
${sessions.join("")}`;
}

/** A session with another node. Two nodes without blocks have nothing to tell each other. */
function peerSession(node: NodeBird, other: AnnouncingNode): string {
  if (node.blocks.length === 0 && other.blocks.length === 0) return "";
  // No other way leads to a node's pods: a failure that BFD notices has no cure.
  return `protocol bgp ${symbol("node", other.name)} from session {
  neighbor ${address(other.address)} as ${systemNumber(node.asn)};${ofCluster} bfd off;
  ipv4 { import keep filtered;${limited} import where ${isOneOf(other.blocks)} && bgp_next_hop = from; export where proto = "pods"; next hop self; };
}
`;
}

function upSession(node: NodeBird, kind: string, { name, address: to, asn, secret }: BgpSpeaker): string {
  // Routes of other nodes that come through a router of another system have the cluster's own number in their paths.
  return `protocol bgp ${symbol(kind, name)} from session {
  neighbor ${address(to)} as ${systemNumber(asn)};${signed(secret)}${asn === node.asn ? "" : " allow local as 1;"}
  ipv4 { import keep filtered;${limited} import filter from_others; export where proto = "pods" || proto = "services" || proto = "api"; next hop self; };
}
`;
}

/**
 * The text of bird.conf. A change of other nodes changes filters and their own sessions only, so that `birdc configure` keeps
 * all others. Throws RangeError for values that BIRD could read as something else.
 */
export function nodeBird(node: NodeBird): string {
  const { others, gateways, natGateways = [], routers, blocks } = node;
  const { addresses = [], pools = [], api, announces = true } = node;
  const apiNet = api === undefined ? [] : [`${address(api.address)}/32`];
  const known = others.flatMap((other) =>
    other.blocks.map(
      (block) =>
        `  if net = ${range(block)} then { if bgp_next_hop = ${address(other.address)} then accept; reject; }\n`,
    ),
  );
  const sessions = [
    ...(gateways.length === 0 ? others.map((other) => peerSession(node, other)) : []),
    ...gateways.map((gateway) => upSession(node, "gateway", { ...gateway, asn: node.asn, secret: clusterSecret })),
    ...routers.map((router) => upSession(node, "router", router)),
  ];
  return `${commonPart(node, 'source = RTS_BGP || proto = "pods"', `if proto ~ "router.*" && net !~ [ ${range(node.pods)}+ ] then krt_realm = ${routersRealm}; `)}# The own block leads nowhere where no pod has the address: it must not follow the default route and come back.
${announced("pods", announces ? blocks : [])}${pools.length === 0 ? "" : serviceTable(announces ? addresses : [])}${api === undefined ? "" : announced("api", announces && api.announces ? apiNet : [])}filter from_others {
  # Blocks of the other nodes, from their owners only.
${known.join("")}  if net ~ [ ${[node.pods, node.services, ...pools, ...apiNet].map((one) => `${range(one)}+`).join(", ")} ] then reject;
  accept;
}
${sessions.join("")}${natSessions(node, natGateways)}`;
}
