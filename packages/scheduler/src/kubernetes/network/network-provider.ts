// How the pods of a cluster are routed: the port, and its two providers. A provider says which processes and secrets of `cke.conf`
// the nodes of its clusters have, and what running nodes must know beside the other nodes. Executors make files of that. Pure.
import { type Announcement, bgpSecretsName, type ClusterPeers, type NodeType, nodeTypes } from "@cke/protocol";
import { withoutHostBits } from "../../workload/body/address-block.ts";
import type { ClusterConfiguration, NodeConfiguration } from "../configuration/configuration.ts";
import { cidrsOf, spansOf } from "../ranges/address-pool.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";
import type { FloatingAddress } from "./floating-spec.ts";
import { withoutFelix } from "./network-policy.ts";
import type { BgpSpec, NetworkPolicy, NetworkProviderName } from "./network-spec.ts";
import type { RouterSpec } from "./router-spec.ts";
import type { UplinkSpec } from "./uplink-spec.ts";

/** What of a specification chooses the provider. */
export interface Routed {
  readonly bgp?: BgpSpec | undefined;
  readonly policy?: NetworkPolicy | undefined;
  readonly uplink?: UplinkSpec | undefined;
  readonly floatingIps?: readonly FloatingAddress[] | undefined;
}

export interface NetworkProvider {
  readonly name: NetworkProviderName;
  /** False for a type of process that its nodes do not have. */
  readonly hasProcess: (type: string) => boolean;
  /** False for a secret that its nodes do not have. */
  readonly hasSecret: (name: string) => boolean;
  /** What running nodes must know; it comes to them, and changes, with their peers. */
  readonly routing: (
    spec: Routed,
    ranges: ClusterRanges,
    announcements?: readonly Announcement[],
    apiAddress?: string,
  ) => Pick<ClusterPeers, "bgp">;
}

/** The type of process of `cke.conf` that is a node's BIRD. */
export const birdType = "bird";

const withPassword = (router: RouterSpec) => ({ ...router, password: router.password === true });
const noBgp: BgpSpec = { asn: 0, routers: [] };

/** Routes to the pods of each other node, set by the node's executor. */
const staticRoutes: NetworkProvider = {
  name: "static",
  hasProcess: (type) => type !== birdType,
  hasSecret: (name) => name !== bgpSecretsName,
  routing: () => ({ bgp: undefined }),
};

/** A BIRD in each node finds the routes. */
const bgpRoutes: NetworkProvider = {
  name: "bgp",
  hasProcess: () => true,
  hasSecret: () => true,
  routing: (
    { bgp: { asn, routers, pool = [] } = noBgp, uplink, floatingIps = [] },
    { pods, services },
    announcements = [],
    apiAddress = "",
  ) => ({
    bgp: {
      asn,
      // BIRD refuses host bits, which a cke.conf may have.
      podRange: withoutHostBits(pods),
      serviceRange: withoutHostBits(services),
      routers: routers.map(withPassword),
      uplink: uplink && {
        routers: uplink.routers.map(withPassword),
        snat: uplink.snat ?? "",
        floating: floatingIps.flatMap(({ address, target }) => (target === undefined ? [] : [{ address, target }])),
      },
      announcements: announcements.map(({ address, nodes }) => ({ address, nodes: [...nodes] })),
      pools: spansOf(pool).flatMap(cidrsOf),
      apiAddress,
    },
  }),
};

export const networkProviderOf = ({ bgp }: Routed): NetworkProvider => (bgp === undefined ? staticRoutes : bgpRoutes);

/** The configuration with what the nodes of such a cluster have. */
export function configurationFor(spec: Routed, configuration: ClusterConfiguration): ClusterConfiguration {
  const provider = networkProviderOf(spec);
  const routed = (node: NodeConfiguration): NodeConfiguration => ({
    ...node,
    processes: node.processes.filter(({ type }) => provider.hasProcess(type)),
    secrets: node.secrets.filter(({ name }) => provider.hasSecret(name)),
  });
  const of = (node: NodeConfiguration) => (spec.policy === undefined ? withoutFelix(routed(node)) : routed(node));
  const { master, node, console, natgw } = configuration.nodes;
  return { ...configuration, nodes: { master: of(master), node: of(node), console: of(console), natgw: of(natgw) } };
}

/**
 * What nodes of these types lack to speak BGP, in words that follow the name of a configuration; "" for nothing. A node without the secret
 * would not even be asked for its sessions, and one without a BIRD has no route at all.
 */
export function lackingForBgp({ nodes }: Pick<ClusterConfiguration, "nodes">, types: ReadonlySet<NodeType>): string {
  const lacking = (has: (node: NodeConfiguration) => boolean) =>
    nodeTypes.filter((type) => types.has(type) && !has(nodes[type])).join(", ");
  const birds = lacking(({ processes }) => processes.some(({ type }) => type === birdType));
  const secrets = lacking((node) => node.secrets.some(({ name }) => name === bgpSecretsName));
  return [
    ...(birds === "" ? [] : [`no process of type "${birdType}" for nodes of type ${birds}`]),
    ...(secrets === "" ? [] : [`no secret "${bgpSecretsName}" for nodes of type ${secrets}`]),
  ].join(", and ");
}
