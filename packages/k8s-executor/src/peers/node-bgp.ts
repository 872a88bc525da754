// The configuration of a node's BIRD, and the rules of a NAT gateway, from the nodes of its cluster. Pure.
import { BlockList } from "node:net";
import { routerSecret } from "@cke/protocol";
import { type BirdText, secretsPath } from "../bird/bird-control.ts";
import { natGatewayBird } from "../bird/nat-gateway-bird.ts";
import { nodeBird } from "../bird/node-bird.ts";
import type { NatSetting } from "../nat/nat-control.ts";
import type { BgpSetting, Peer, Peers } from "./peers.ts";

/** The address of the API server that a node has beside its own one; "" for none. */
export const apiAddressOf = ({ bgp }: Pick<Peers, "bgp">, { master }: Pick<Peer, "master">): string =>
  master ? (bgp?.apiAddress ?? "") : "";

/** Addresses of Services that a node announces to routers and gateways, and to nobody else. */
export const announcedBy = (
  { announcements }: Pick<BgpSetting, "announcements">,
  { name, podCidr }: Pick<Peer, "name" | "podCidr">,
): readonly string[] =>
  podCidr === ""
    ? []
    : announcements.filter(({ nodes }) => nodes.length === 0 || nodes.includes(name)).map(({ address }) => address);

const blocksOf = ({ podCidr }: { readonly podCidr: string }) => (podCidr === "" ? [] : [podCidr]);
const announcing = (peer: Peer) => ({ name: peer.name, address: peer.ip, blocks: blocksOf(peer) });
const speakers = (routers: BgpSetting["routers"]) =>
  routers.map(({ address, asn, password }) => ({
    ...{ name: address, address, asn },
    ...(password ? { secret: routerSecret(address) } : {}),
  }));
const isNatGateway = ({ gateway }: Peer) => gateway?.type === "natgw";
const noUplink = { routers: [], snat: "", floating: [] };

/** The uplink, with floating addresses that lead to a pod and to nothing else: no packet to a node or to the gateway itself is translated. */
function uplinkOf({ uplink = noUplink, podRange }: BgpSetting): typeof uplink {
  const [address = "", prefix = ""] = podRange.split("/");
  const pods = new BlockList();
  pods.addSubnet(address, Number(prefix));
  return { ...uplink, floating: uplink.floating.filter(({ target }) => pods.check(target)) };
}

/**
 * What makes the text of bird.conf; undefined for a cluster whose pods static routes lead to, and for a node that is none of the cluster's any
 * more. Only nodes with pods have sessions with NAT gateways, and with routers only they and masters whose API server has an address of its own:
 * the others have nothing to announce.
 */
export function nodeBgp(known: Peers, ownName: string): BirdText | undefined {
  const { peers, bgp } = known;
  const own = peers.find(({ name }) => name === ownName);
  if (bgp === undefined || own === undefined) return undefined;
  if (own.gateway !== undefined) return gatewayBgp(known, bgp, own, own.gateway.uplinkIp);
  const blocks = blocksOf(own);
  const addresses = announcedBy(bgp, own);
  const isSilent = blocks.length === 0 && apiAddressOf({ bgp }, own) === "";
  return (announces) =>
    nodeBird({
      ...{ address: own.ip, asn: bgp.asn, secretsFile: secretsPath, blocks, announces: announces.any },
      addresses: announces.services ? addresses : [],
      ...(bgp.apiAddress === "" ? {} : { api: { address: bgp.apiAddress, announces: own.master && announces.api } }),
      ...{ pods: bgp.podRange, services: bgp.serviceRange, pools: bgp.pools, gateways: [] },
      others: peers.filter((peer) => peer !== own && peer.gateway === undefined).map(announcing),
      natGateways: peers.filter(isNatGateway).map(announcing),
      routers: isSilent ? [] : speakers(bgp.routers),
    });
}

function gatewayBgp({ peers }: Peers, bgp: BgpSetting, own: Peer, uplink: string): BirdText {
  const { routers, snat, floating } = uplinkOf(bgp);
  const places = peers.filter(isNatGateway).map(({ name }) => name);
  return (announces) =>
    natGatewayBird({
      ...{ address: own.ip, uplink, asn: bgp.asn, secretsFile: secretsPath, announces: announces.any },
      place: places.toSorted().indexOf(own.name),
      nodes: peers.map(announcing).filter(({ blocks }) => blocks.length > 0),
      routers: speakers(routers),
      outside: [...(snat === "" ? [] : [snat]), ...floating.map(({ address }) => address)].map((one) => `${one}/32`),
    });
}

/** What a NAT gateway must do; undefined for any other node. `way`: of the uplink's Docker network. */
export function nodeNat({ peers, bgp }: Peers, ownName: string, way: string): NatSetting | undefined {
  const uplink = peers.find(({ name }) => name === ownName)?.gateway?.uplinkIp;
  if (uplink === undefined || bgp === undefined) return undefined;
  const { routers, snat, floating } = uplinkOf(bgp);
  return {
    ...{ uplink, way, pods: bgp.podRange, snat: snat === "" ? uplink : snat, floating },
    routers: routers.map(({ address }) => address),
  };
}
