// The configuration of the BIRD of a gateway: the route reflector of its cluster. Each node is a neighbour of its own,
// with a filter that lets its own blocks pass and nothing else. Pure.
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

export interface GatewayBird extends OwnSide {
  /** All nodes of the cluster. */
  readonly nodes: readonly AnnouncingNode[];
  /** What it announces itself: ranges of Services, pools of addresses, the default route. */
  readonly announced: readonly string[];
  /** Of what it announces: of two gateways the one with the larger number is used. */
  readonly preference: number;
  /** Routers outside of the cluster. They get all routes but the default one, and none is taken from them. */
  readonly routers: readonly BgpSpeaker[];
}

/**
 * The text of bird.conf. Nodes that come and go change no session of others. Throws RangeError for values that BIRD
 * could read as something else.
 */
export function gatewayBird(gateway: GatewayBird): string {
  const { nodes, routers, preference } = gateway;
  if (!Number.isInteger(preference) || preference < 0 || preference > 4_294_967_295)
    throw new RangeError(`${preference} is no local preference of BGP`);
  const clients = nodes.map(
    (node) => `protocol bgp ${symbol("node", node.name)} from session {
  neighbor ${address(node.address)} as ${systemNumber(gateway.asn)};${ofCluster}
  rr client; rr cluster id ${address(gateway.address)};
  ipv4 { import keep filtered;${limited} import where ${isOneOf(node.blocks)} && bgp_next_hop = from; export filter to_all; };
}
`,
  );
  const outside = routers.map(
    (router) => `protocol bgp ${symbol("router", router.name)} from session {
  neighbor ${address(router.address)} as ${systemNumber(router.asn)};${signed(router.secret)}
  ipv4 { import none; export filter to_outside; };
}
`,
  );
  const exportFilter = (name: string, first: string) => `filter ${name} {
${first}  if proto = "own" then { bgp_local_pref = ${preference}; accept; }
  if source = RTS_BGP then accept;
  reject;
}
`;
  // What a gateway sends anywhere may leave by a router outside. With the gateway's default route that would send it back.
  return `${commonPart(gateway, "source = RTS_BGP")}${announced("own", gateway.announced)}${exportFilter("to_all", "")}${exportFilter("to_outside", "  if net = 0.0.0.0/0 then reject;\n")}${clients.join("")}${outside.join("")}`;
}
