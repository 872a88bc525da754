// The configuration of a node's BIRD, from the nodes of its cluster. Pure.
import { routerSecret } from "@cke/protocol";
import { type BirdText, secretsPath } from "../bird/bird-control.ts";
import { nodeBird } from "../bird/node-bird.ts";
import type { BgpSetting, Peer, Peers } from "./peers.ts";

/** Addresses of Services that a node announces to routers and gateways, and to nobody else. */
export const announcedBy = (
  { announcements }: Pick<BgpSetting, "announcements">,
  { name, podCidr }: Pick<Peer, "name" | "podCidr">,
): readonly string[] =>
  podCidr === ""
    ? []
    : announcements.filter(({ nodes }) => nodes.length === 0 || nodes.includes(name)).map(({ address }) => address);

/**
 * What makes the text of bird.conf; undefined for a cluster whose pods static routes lead to, and for a node that is none of the cluster's any
 * more. Only nodes with pods have sessions with routers: the others have nothing to announce.
 */
export function nodeBgp({ peers, bgp }: Peers, ownName: string): BirdText | undefined {
  const own = peers.find(({ name }) => name === ownName);
  if (bgp === undefined || own === undefined) return undefined;
  const blocksOf = ({ podCidr }: { readonly podCidr: string }) => (podCidr === "" ? [] : [podCidr]);
  const blocks = blocksOf(own);
  const addresses = announcedBy(bgp, own);
  return (announces) =>
    nodeBird({
      ...{ address: own.ip, asn: bgp.asn, secretsFile: secretsPath, blocks, announces: announces.any },
      addresses: announces.services ? addresses : [],
      ...{ pods: bgp.podRange, services: bgp.serviceRange, pools: bgp.pools, gateways: [] },
      others: peers
        .filter(({ name }) => name !== ownName)
        .map((peer) => ({ name: peer.name, address: peer.ip, blocks: blocksOf(peer) })),
      routers: (blocks.length === 0 ? [] : bgp.routers).map(({ address, asn, password }) => ({
        ...{ name: address, address, asn },
        ...(password ? { secret: routerSecret(address) } : {}),
      })),
    });
}
