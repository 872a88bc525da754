// The gateways of a cluster for the REST API: which of them carries what pods send outside, by what the nodes say of their sessions. Pure.
import { gatewayTypeOf } from "@cke/protocol";
import type { UplinkSpec } from "./uplink-spec.ts";

export interface GatewayView {
  readonly name: string;
  readonly type: string;
  readonly node_ip: string;
  readonly uplink_ip: string;
  /** Nodes with pods send what leaves the cluster through it. */
  readonly active: boolean;
  /** How many do. */
  readonly used_by: number;
  /** Addresses that pods have outside when they leave by it. */
  readonly addresses: readonly string[];
}

export interface UplinkView {
  /** The second Docker network of the gateways. */
  readonly network: string;
  /** "": pods have the address of the gateway that they leave by. */
  readonly snat: string;
  /** `gateways`: with how many they are to have a session; `established`: with how many they have one. */
  readonly routers: readonly {
    readonly address: string;
    readonly asn: number;
    readonly password: boolean;
    readonly gateways: number;
    readonly established: number;
  }[];
}

interface KnownNode {
  readonly name: string;
  readonly type: string;
  readonly ip: string;
  readonly uplinkIp?: string | undefined;
  /** What its BIRD says; null when it says nothing. */
  readonly bgp: {
    readonly shown: readonly { readonly name: string; readonly established: boolean; readonly imported: number }[];
  } | null;
}

const isGateway = ({ type }: KnownNode) => gatewayTypeOf(type) !== undefined;

/** The gateway that a node uses: of those that announce a way to it the first by name, which all of them prefer. */
function usedBy({ bgp }: KnownNode, gateways: readonly string[]): string | undefined {
  const offered = new Set(
    bgp?.shown.filter(({ established, imported }) => established && imported > 0).map(({ name }) => name),
  );
  return gateways.toSorted().find((gateway) => offered.has(`natgw.${gateway}`));
}

export function gatewayViews(uplink: UplinkSpec | undefined, nodes: readonly KnownNode[]): readonly GatewayView[] {
  const names = nodes.filter(({ type }) => type === "natgw").map(({ name }) => name);
  const used = nodes.flatMap((node) => (isGateway(node) ? [] : (usedBy(node, names) ?? [])));
  return nodes.filter(isGateway).map(({ name, type, ip, uplinkIp = "" }) => {
    const count = used.filter((one) => one === name).length;
    const addresses = [uplink?.snat ?? uplinkIp];
    return { name, type, node_ip: ip, uplink_ip: uplinkIp, active: count > 0, used_by: count, addresses };
  });
}

/** Null for a cluster without one. */
export function uplinkView(uplink: UplinkSpec | undefined, nodes: readonly KnownNode[]): UplinkView | null {
  if (uplink === undefined) return null;
  const gateways = nodes.filter(isGateway);
  const routers = uplink.routers.map(({ address, asn, password }) => {
    const sessions = gateways.flatMap(({ bgp }) => bgp?.shown.filter(({ name }) => name === `router.${address}`) ?? []);
    const established = sessions.filter((session) => session.established).length;
    return { address, asn, password: password === true, gateways: gateways.length, established };
  });
  return { network: uplink.network, snat: uplink.snat ?? "", routers };
}
