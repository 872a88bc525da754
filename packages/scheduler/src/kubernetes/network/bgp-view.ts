// What is known of the network of a cluster, for the REST API: what its nodes say of their sessions, and what they announce. Pure.
import { type Announcement, type BgpReport, NodeReport } from "@cke/protocol";
import { reportOf, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";
import { type GatewayView, gatewayViews, type UplinkView, uplinkView } from "./gateway-view.ts";
import { type PolicyView, policyView } from "./network-policy.ts";
import { networkProviderOf, type Routed } from "./network-provider.ts";
import { type NetworkPolicy, poolOf } from "./network-spec.ts";

export interface BgpSessionView {
  /** "node.n1", "router.10.77.0.1" */
  readonly name: string;
  readonly neighbour: string;
  readonly established: boolean;
  readonly since: string;
  readonly info: string;
  /** Routes that are taken from the other end, those that are refused, and those that it gets. */
  readonly imported: number;
  readonly filtered: number;
  readonly exported: number;
}

/** What a node's BIRD says. */
export interface BgpView {
  /** Why it says nothing now; "" when it does. */
  readonly problem: string;
  readonly sessions: number;
  readonly established: number;
  readonly routes: number;
  /** Sessions that ended, since the node's executor began. */
  readonly flaps: number;
  /** Those that are not established first, and at most 32. */
  readonly shown: readonly BgpSessionView[];
}

/** Undefined for a node that has told nothing, or nothing that can be read. */
export function bgpReportOf(record: UnitRecord | undefined): BgpReport | undefined {
  const task = record?.launch && !record.launch.cleanup ? unitTaskOf(record.launch) : undefined;
  const report = task && task.state === "TASK_RUNNING" ? reportOf(task) : undefined;
  if (report?.kind !== "unit" || report.value.kindReport.length === 0) return undefined;
  try {
    return NodeReport.decode(report.value.kindReport).bgp;
  } catch {
    return undefined;
  }
}

export function bgpView(record: UnitRecord | undefined): BgpView | null {
  const report = bgpReportOf(record);
  if (report === undefined) return null;
  const { problem, sessions, established, imported, flaps, shown } = report;
  return {
    ...{ problem: withoutSecrets(problem), sessions, established, routes: imported, flaps },
    shown: shown.map((session) => ({ ...session, info: withoutSecrets(session.info) })),
  };
}

export interface NodeNetworkView {
  readonly name: string;
  readonly type: string;
  readonly node_ip: string;
  /** The block of its pods; "" for a node that runs none. */
  readonly block: string;
  /** What it announces: its block to all of its neighbours, addresses of Services to routers, while its kube-proxy works, the API server's while it is ready. */
  readonly announced: readonly string[];
  /** Null while it has told nothing, and for static routes. */
  readonly bgp: BgpView | null;
  /** Null for a node that runs no pods, and where nothing enforces policies. */
  readonly policy: PolicyView | null;
}

export interface NetworkView {
  /** The Docker network of the nodes. */
  readonly network: string;
  readonly provider: string;
  /** What enforces network policies. */
  readonly policy: NetworkPolicy | "none";
  readonly pod_cidr: string;
  readonly service_cidr: string;
  /** Addresses of its Services of type LoadBalancer, as ranges. */
  readonly loadbalancer_pool: readonly string[];
  /** Of them those that are announced: by these nodes, or where none is named by all workers. */
  readonly service_addresses: readonly Announcement[];
  /** Why Services cannot be looked after now; "" when they can. */
  readonly services_problem: string;
  /** Of the cluster; 0 for static routes. */
  readonly asn: number;
  /** Routers outside. `established`: with how many nodes they have a session; `nodes`: with how many they are to have one. */
  readonly routers: readonly {
    readonly address: string;
    readonly asn: number;
    readonly password: boolean;
    readonly nodes: number;
    readonly established: number;
  }[];
  readonly nodes: readonly NodeNetworkView[];
  /** Null for a cluster without a way outside of gateways. */
  readonly uplink: UplinkView | null;
  readonly gateways: readonly GatewayView[];
}

export interface NetworkInput {
  readonly spec: Routed & {
    readonly network: string;
    readonly units: readonly {
      readonly name: string;
      readonly type: string;
      readonly ip: string;
      readonly uplinkIp?: string | undefined;
    }[];
  };
  readonly ranges: ClusterRanges;
  /** "" for none; undefined when it is not known. */
  readonly block: (node: string) => string | undefined;
  readonly record: (node: string) => UnitRecord | undefined;
  /** What is known of Services of type LoadBalancer. */
  /** Of its API server alone; undefined for none. */
  readonly apiAddress?: string | undefined;
  readonly services: { readonly announced: readonly Announcement[]; readonly problem: string };
}

export function networkView({ spec, ranges, block, record, services, apiAddress }: NetworkInput): NetworkView {
  const provider = networkProviderOf(spec);
  const nodes = spec.units.map(({ name, type, ip }): NodeNetworkView => {
    const own = block(name) ?? "";
    const addresses = services.announced.filter(({ nodes: of }) => of.length === 0 || of.includes(name));
    const ofPods = own === "" ? [] : [own, ...addresses.map(({ address }) => address)];
    const ofApi = type === "master" && apiAddress !== undefined ? [apiAddress] : [];
    const announced = provider.name === "bgp" ? [...ofPods, ...ofApi] : [];
    const policy = spec.policy === undefined || own === "" ? null : policyView(record(name));
    return { name, type, node_ip: ip, block: own, announced, bgp: bgpView(record(name)), policy };
  });
  const withPods = nodes.filter(({ announced }) => announced.length > 0);
  const routers = (spec.bgp?.routers ?? []).map(({ address, asn, password }) => {
    const sessions = withPods.flatMap(({ bgp }) => bgp?.shown.filter(({ name }) => name === `router.${address}`) ?? []);
    const established = sessions.filter((session) => session.established).length;
    return { address, asn, password: password === true, nodes: withPods.length, established };
  });
  const known = spec.units.map((unit, index) => ({ ...unit, bgp: nodes[index]?.bgp ?? null }));
  return {
    ...{ network: spec.network, provider: provider.name, policy: spec.policy ?? "none", asn: spec.bgp?.asn ?? 0 },
    ...{ pod_cidr: ranges.pods, service_cidr: ranges.services },
    ...{ loadbalancer_pool: poolOf(spec), service_addresses: services.announced },
    ...{ services_problem: withoutSecrets(services.problem), routers, nodes },
    ...{ uplink: uplinkView(spec.uplink, known), gateways: gatewayViews(spec.uplink, known) },
  };
}
