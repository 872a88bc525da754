// The part of a cluster's specification that says how its pods are routed, and what a body may say of it. Pure.
import { isBgpSecret, longestBgpSecret } from "@cke/protocol";
import { z } from "zod";
import { nodeAddress } from "../ranges/node-address.ts";
import type { poolField } from "../ranges/pool-body.ts";

export const networkProviders = ["static", "bgp"] as const;
export type NetworkProviderName = (typeof networkProviders)[number];

/** As it is stored. `password`: there is one, which is kept with the cluster's keys. */
export const bgpSpecSchema = z.object({
  asn: z.number(),
  routers: z.array(z.object({ address: z.string(), asn: z.number(), password: z.literal(true).optional() })),
  /** Addresses of its Services of type LoadBalancer, as ranges; absent: none. */
  pool: z.array(z.string()).optional(),
});
export type BgpSpec = Readonly<z.infer<typeof bgpSpecSchema>>;

/** The first of the numbers that anybody may use (RFC 6996). */
export const defaultAsn = 64_512;
/** Most routers of a cluster: each node has a session with each of them. */
const mostRouters = 16;

/** Docker's own networks: no network at all, the host's, and the default one, which has no fixed addresses. */
const unusable = new Set(["host", "none", "bridge", "default"]);
const networkName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "the name of a Docker network")
  // In the host's network a node would change the host's addresses and firewall.
  .refine((name) => !unusable.has(name), "the name of a Docker network that was made for nodes");

const asnWords = "the number of an autonomous system, from 1 to 4294967294";
const systemNumber = z.int(asnWords).min(1, asnWords).max(4_294_967_294, asnWords);

export const networkBody = z.object({
  name: networkName,
  provider: z.enum(networkProviders, '"static" or "bgp"').optional(),
  asn: systemNumber.optional(),
});

/** The Docker network's name alone, or with more. */
export const networkField = z.union([networkName, networkBody], {
  error: (issue) =>
    typeof issue.input === "object" && issue.input !== null
      ? undefined
      : 'the name of a Docker network that was made for nodes, or an object like {"name": "nodes", "provider": "bgp"}',
});

const secretWords = `1 to ${longestBgpSecret} printable letters without spaces and quotes`;
export const routerBody = z.object({
  address: nodeAddress,
  asn: systemNumber,
  password: z.string(secretWords).refine(isBgpSecret, secretWords).optional(),
});

export const routersField = z
  .array(routerBody)
  .max(mostRouters, `at most ${mostRouters} routers`)
  .refine(
    (routers) => new Set(routers.map(({ address }) => address)).size === routers.length,
    "routers with different addresses",
  );

export const routerAddresses = (bgp: BgpSpec | undefined) => bgp?.routers.map(({ address }) => address) ?? [];
export const poolOf = ({ bgp }: { readonly bgp?: BgpSpec | undefined }) => bgp?.pool ?? [];

export interface AskedNetwork {
  readonly network: string;
  /** Absent: static routes. */
  readonly bgp: BgpSpec | undefined;
  /** Of the routers' sessions, by address. */
  readonly passwords: Readonly<Record<string, string>>;
  /** Why `routers`, `asn` or `loadbalancer_pool` cannot be; undefined for nothing. */
  readonly conflict: { readonly path: string; readonly message: string } | undefined;
}

/** What a body says of the network, with the defaults: BGP where there is a router to speak it with. */
export function askedNetwork(
  field: z.infer<typeof networkField> | undefined,
  routers: z.infer<typeof routersField> = [],
  pool: z.infer<typeof poolField> | undefined = undefined,
): AskedNetwork {
  const { name, provider, asn } = typeof field === "string" ? { name: field } : (field ?? { name: "" });
  const chosen = provider ?? (routers.length > 0 ? "bgp" : "static");
  const conflict =
    chosen === "bgp"
      ? undefined
      : routers.length > 0
        ? { path: "routers", message: 'need the provider "bgp", and network.provider is "static"' }
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
            asn: asn ?? defaultAsn,
            routers: routers.map(({ address, asn: of, password }) => ({
              ...{ address, asn: of },
              ...(password === undefined ? {} : { password: true as const }),
            })),
            ...(pool === undefined ? {} : { pool }),
          },
    passwords: Object.fromEntries(
      routers.flatMap(({ address, password }) => (password === undefined ? [] : [[address, password] as const])),
    ),
    conflict,
  };
}
