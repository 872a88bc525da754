// The configuration of the BIRD of a NAT gateway: nodes get the default route of their pods from it, and routers in the uplink's network the
// addresses that pods have outside. Of two gateways the one that both prefer carries everything; nobody has to decide it. Pure.
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
  signed,
  symbol,
  systemNumber,
} from "./bird-text.ts";

export interface NatGatewayBird extends OwnSide {
  readonly uplink: string;
  /** Nodes of the cluster that have pods. */
  readonly nodes: readonly AnnouncingNode[];
  /** In the uplink's network. The default route comes from them; without any it is that of the uplink's Docker network. */
  readonly routers: readonly BgpSpeaker[];
  /** Addresses that pods have outside, as ranges. */
  readonly outside: readonly string[];
  /** Place among the NAT gateways of the cluster: 0 for the one that is used. */
  readonly place: number;
  /** False for a gateway that ends: its sessions stay, and it announces nothing. Absent: true. */
  readonly announces?: boolean;
}

/** Local preference of the default route by the gateway's place: 200 for the first one, 100 and less for the others. */
export const preferenceOf = (place: number) => (place === 0 ? 200 : Math.max(1, 101 - place));

/** The text of bird.conf. Throws RangeError for values that BIRD could read as something else. */
export function natGatewayBird(gateway: NatGatewayBird): string {
  const { nodes, routers, outside, place, uplink, announces = true } = gateway;
  if (!Number.isInteger(place) || place < 0 || place > 10_000)
    throw new RangeError(`${place} is no place of a gateway`);
  // A router that is out of reach leaves its default route behind as a stale one, and it goes to nodes as such: any other gateway is better.
  const origin = routers.length === 0 ? 'proto = "way"' : 'proto ~ "router.*"';
  const toNodes = announces
    ? `export filter { if net = 0.0.0.0/0 && ${origin} then { bgp_local_pref = ${preferenceOf(place)}; accept; } reject; }`
    : "export none";
  const clients = nodes.map(
    (node) => `protocol bgp ${symbol("node", node.name)} from session {
  neighbor ${address(node.address)} as ${systemNumber(gateway.asn)};${ofCluster}
  ipv4 { import keep filtered;${limited} import where ${isOneOf(node.blocks)} && bgp_next_hop = from; ${toNodes}; next hop self; };
}
`,
  );
  const outer = routers.map(
    (router) => `protocol bgp ${symbol("router", router.name)} from session {
  local ${address(uplink)} as ${systemNumber(gateway.asn)};
  neighbor ${address(router.address)} as ${systemNumber(router.asn)};${signed(router.secret)}
  ipv4 { import keep filtered;${limited} import where net = 0.0.0.0/0; export filter { if proto != "own" then reject; bgp_med = ${place * 100}; accept; }; next hop self; };
}
`,
  );
  // What comes for an address outside without a connection is dropped in silence: an answer would end one that another gateway knows.
  return `${commonPart(gateway, 'source = RTS_BGP || proto = "own"')}${announced("own", announces ? outside : [])}${announced("way", routers.length === 0 ? ["0.0.0.0/0"] : [])}${clients.join("")}${outer.join("")}`;
}
