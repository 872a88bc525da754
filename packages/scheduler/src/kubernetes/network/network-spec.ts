// The part of a cluster's specification that says how its pods are routed, and what a body may say of it. Pure.
import { z } from "zod";
import type { poolField } from "../ranges/pool-body.ts";
import {
  type AskedRouters,
  networkName,
  passwordsOf,
  routerSpecSchema,
  storedRouters,
  systemNumber,
} from "./router-spec.ts";
import { type UplinkSpec, type uplinkBody, uplinkSpec } from "./uplink-spec.ts";

export const networkProviders = ["static", "bgp"] as const;
/** What enforces network policies. As it is stored, "none" is absent. */
export const networkPolicies = ["none", "calico"] as const;
export const policySchema = z.enum(networkPolicies).exclude(["none"]);
export type NetworkPolicy = z.infer<typeof policySchema>;
export type NetworkProviderName = (typeof networkProviders)[number];

/** As it is stored. */
export const bgpSpecSchema = z.object({
  asn: z.number(),
  routers: z.array(routerSpecSchema),
  /** Addresses of its Services of type LoadBalancer, as ranges; absent: none. */
  pool: z.array(z.string()).optional(),
});
export type BgpSpec = Readonly<z.infer<typeof bgpSpecSchema>>;

/** The first of the numbers that anybody may use (RFC 6996). */
export const defaultAsn = 64_512;

export const networkBody = z.object({
  name: networkName,
  provider: z.enum(networkProviders, '"static" or "bgp"').optional(),
  policy: z.enum(networkPolicies, '"none" or "calico"').optional(),
  asn: systemNumber.optional(),
});

/** The Docker network's name alone, or with more. */
export const networkField = z.union([networkName, networkBody], {
  error: (issue) =>
    typeof issue.input === "object" && issue.input !== null
      ? undefined
      : 'the name of a Docker network that was made for nodes, or an object like {"name": "nodes", "provider": "bgp"}',
});

export const routerAddresses = (bgp: BgpSpec | undefined) => bgp?.routers.map(({ address }) => address) ?? [];
export const poolOf = ({ bgp }: { readonly bgp?: BgpSpec | undefined }) => bgp?.pool ?? [];

export interface AskedNetwork {
  readonly network: string;
  /** Absent: static routes. */
  readonly bgp: BgpSpec | undefined;
  /** Absent: nothing enforces network policies. */
  readonly policy: NetworkPolicy | undefined;
  /** Absent: the cluster has no gateways. */
  readonly uplink: UplinkSpec | undefined;
  /** Of the routers' sessions, by address. */
  readonly passwords: Readonly<Record<string, string>>;
  /** What contradicts the provider. */
  readonly conflict: { readonly path: string; readonly message: string } | undefined;
}

/** The part of a body that says it. */
export interface NetworkFields {
  readonly network?: z.infer<typeof networkField> | undefined;
  readonly routers?: AskedRouters | undefined;
  readonly pool?: z.infer<typeof poolField> | undefined;
  readonly uplink?: z.infer<typeof uplinkBody> | undefined;
}

const needsBgp = 'need the provider "bgp", and network.provider is "static"';

/** What a body says of the network, with the defaults: BGP where there is a router to speak it with, or a gateway. */
export function askedNetwork({ network: field, routers = [], pool, uplink }: NetworkFields): AskedNetwork {
  const { name, provider, policy, asn } = typeof field === "string" ? { name: field } : (field ?? { name: "" });
  const chosen = provider ?? (routers.length > 0 || uplink !== undefined ? "bgp" : "static");
  const conflict =
    chosen === "bgp"
      ? undefined
      : routers.length > 0
        ? { path: "routers", message: needsBgp }
        : uplink !== undefined
          ? { path: "uplink", message: `its gateways ${needsBgp}` }
          : asn !== undefined
            ? { path: "network.asn", message: 'is of BGP only: network.provider must be "bgp"' }
            : pool !== undefined
              ? { path: "loadbalancer_pool", message: 'needs BGP: name routers, or let network.provider be "bgp"' }
              : undefined;
  return {
    network: name,
    bgp:
      chosen === "static"
        ? undefined
        : {
            ...{ asn: asn ?? defaultAsn, routers: storedRouters(routers) },
            ...(pool === undefined ? {} : { pool }),
          },
    policy: policy === "none" ? undefined : policy,
    uplink: uplink === undefined ? undefined : uplinkSpec(uplink),
    passwords: { ...passwordsOf(routers), ...passwordsOf(uplink?.routers ?? []) },
    conflict,
  };
}
