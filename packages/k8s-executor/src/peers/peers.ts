// The nodes of a cluster as a node's hosts file and routes are made of. What the scheduler sends is checked here, before a
// word of it gets into a file or a command of the node. Pure.
import { CkeError } from "@cke/foundation";
import { type ClusterPeers, type GatewayType, gatewayTypes } from "@cke/protocol";
import * as z from "zod";

/** More than any cluster has; each takes some 45 bytes of a message. */
export const maxPeers = 10_000;
const maxRouters = 64;
/** Each is a route of every node. */
const maxAnnouncements = 5_000;
/** A pool has at most 16 parts with 65,536 addresses in all, and each part becomes a few ranges. */
const maxPools = 1_024;
/** A /20 of them. */
const maxFloating = 4_096;

const peerSchema = z.object({
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i, "must be a host name"),
  ip: z.ipv4("must be an IPv4 address"),
  master: z.boolean(),
  podCidr: z.union([z.literal(""), z.cidrv4("must be empty or an IPv4 block")]),
  gateway: z
    .object({
      type: z.enum(gatewayTypes, `must be one of ${gatewayTypes.join(", ")}`),
      uplinkIp: z.ipv4("must be an IPv4 address"),
    })
    .optional(),
});
const systemNumber = z.int().min(1).max(4_294_967_294, "must be the number of an autonomous system");
const routersSchema = z
  .array(z.object({ address: z.ipv4("must be an IPv4 address"), asn: systemNumber, password: z.boolean() }))
  .max(maxRouters, `must have at most ${maxRouters} entries`);
const bgpSchema = z.object({
  asn: systemNumber,
  podRange: z.cidrv4("must be an IPv4 range"),
  serviceRange: z.cidrv4("must be an IPv4 range"),
  routers: routersSchema,
  uplink: z
    .object({
      routers: routersSchema,
      snat: z.union([z.literal(""), z.ipv4("must be empty or an IPv4 address")]),
      floating: z
        .array(z.object({ address: z.ipv4("must be an IPv4 address"), target: z.ipv4("must be an IPv4 address") }))
        .max(maxFloating, `must have at most ${maxFloating} entries`),
    })
    .optional(),
  announcements: z
    .array(
      z.object({
        address: z.ipv4("must be an IPv4 address"),
        nodes: z.array(z.string()).max(maxPeers, `must have at most ${maxPeers} entries`),
      }),
    )
    .max(maxAnnouncements, `must have at most ${maxAnnouncements} entries`),
  apiAddress: z.union([z.literal(""), z.ipv4("must be empty or an IPv4 address")]),
  pools: z.array(z.cidrv4("must be an IPv4 range")).max(maxPools, `must have at most ${maxPools} entries`),
});
const peersSchema = z.object({
  version: z.string().regex(/^[0-9a-f]{1,64}$/, "must be a hexadecimal hash"),
  peers: z.array(peerSchema).max(maxPeers, `must have at most ${maxPeers} entries`),
  bgp: bgpSchema.optional(),
});

export interface Peer {
  readonly name: string;
  readonly ip: string;
  /** It runs an API server. */
  readonly master: boolean;
  /** The block of its pods; "" for a node that runs none. */
  readonly podCidr: string;
  /** Absent: it is no gateway. */
  readonly gateway?: { readonly type: GatewayType; readonly uplinkIp: string } | undefined;
}

/** What the BIRD of a node must know beside the peers. */
export type BgpSetting = Readonly<z.infer<typeof bgpSchema>>;

export interface Peers {
  /** The same peers have the same version. */
  readonly version: string;
  readonly peers: readonly Peer[];
  /** Absent: static routes lead to the pods of the other nodes. */
  readonly bgp?: BgpSetting | undefined;
}

/** Throws CkeError `peers_invalid` that names the field and what is allowed there. */
export function readPeers(message: ClusterPeers): Peers {
  const { data, error } = peersSchema.safeParse(message);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new CkeError("peers_invalid", `the nodes of the cluster: ${issue?.path.join(".")} ${issue?.message}`);
}

/** For scripts of the image (cke-addons): one node a line, as "name ip block"; without a block the line ends there. */
export function peersFile({ peers }: Peers): string {
  return peers.map(({ name, ip, podCidr }) => `${name} ${ip} ${podCidr}`.trimEnd().concat("\n")).join("");
}
