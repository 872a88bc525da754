// The configuration of a node's BIRD, from the nodes of its cluster. Pure.
import { routerSecret } from "@cke/protocol";
import { type BirdText, secretsPath } from "../bird/bird-control.ts";
import { nodeBird } from "../bird/node-bird.ts";
import type { Peers } from "./peers.ts";

/**
 * What makes the text of bird.conf; undefined for a cluster whose pods static routes lead to, and for a node that is none of the cluster's any
 * more. Only nodes with pods have sessions with routers: the others have nothing to announce.
 */
export function nodeBgp({ peers, bgp }: Peers, ownName: string): BirdText | undefined {
  const own = peers.find(({ name }) => name === ownName);
  if (bgp === undefined || own === undefined) return undefined;
  const blocksOf = ({ podCidr }: { readonly podCidr: string }) => (podCidr === "" ? [] : [podCidr]);
  const blocks = blocksOf(own);
  return (announces) =>
    nodeBird({
      ...{ address: own.ip, asn: bgp.asn, secretsFile: secretsPath, blocks, announces },
      ...{ pods: bgp.podRange, services: bgp.serviceRange, gateways: [] },
      others: peers
        .filter(({ name }) => name !== ownName)
        .map((peer) => ({ name: peer.name, address: peer.ip, blocks: blocksOf(peer) })),
      routers: (blocks.length === 0 ? [] : bgp.routers).map(({ address, asn, password }) => ({
        ...{ name: address, address, asn },
        ...(password ? { secret: routerSecret(address) } : {}),
      })),
    });
}
