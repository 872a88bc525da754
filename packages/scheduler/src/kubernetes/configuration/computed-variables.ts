// The variables that the scheduler computes for a node, and what `$native` means for an argument.
// Pure: everything comes from the cluster's specification and from the node's stored pod-block index.

import { isMaster, type NodeType } from "@cke/protocol";
import { blockOf, hostOf } from "../../workload/body/address-block.ts";
import { apiBalancerPort, apiserverPort, consolePort, etcdClientPort, etcdPeerPort } from "./ports.ts";

export const computedVariableNames = [
  "NODE_NAME",
  "NODE_IP",
  "NODE_TYPE",
  "CLUSTER_NAME",
  "MASTER_IP",
  "MASTER_IPS",
  "MASTER_NAMES",
  "LEADER_ELECT",
  "APISERVER_URL",
  "ETCD_NAME",
  "ETCD_SERVERS",
  "ETCD_INITIAL_CLUSTER",
  "ETCD_CLUSTER_TOKEN",
  "POD_CIDR",
  "PEER_ROUTES",
  "CLUSTER_DNS_IP",
  "KUBERNETES_SERVICE_IP",
  "NETWORK_POLICY",
  "DOCKER_REGISTRY",
  "NODE_CPUS",
  "NODE_MEMORY_MIB",
  "SYSTEM_RESERVED_CPU_MILLIS",
  "SYSTEM_RESERVED_MEMORY_MIB",
  "ALLOCATABLE_CPU_MILLIS",
  "ALLOCATABLE_MEMORY_KIB",
  "GOTTY_PORT",
] as const;
export type ComputedVariableName = (typeof computedVariableNames)[number];

/** Those that follow from the resources of a node's processes. */
export const computedResourceVariables: ReadonlySet<string> = new Set<ComputedVariableName>([
  "NODE_CPUS",
  "NODE_MEMORY_MIB",
  "SYSTEM_RESERVED_CPU_MILLIS",
  "SYSTEM_RESERVED_MEMORY_MIB",
  "ALLOCATABLE_CPU_MILLIS",
  "ALLOCATABLE_MEMORY_KIB",
]);

/** Used when a configuration does not set SERVICE_CIDR and CLUSTER_CIDR. */
export const defaultServiceCidr = "10.96.0.0/12";
export const defaultClusterCidr = "10.244.0.0/16";
/** Every worker gets one block of this prefix length from CLUSTER_CIDR. */
export const podBlockPrefix = 24;

export interface NodeFacts {
  readonly cluster: string;
  readonly name: string;
  readonly type: NodeType;
  readonly ip: string;
  /** The present ones. */
  readonly masters: readonly { readonly name: string; readonly ip: string }[];
  /** The members with which its etcd is started, and those that its API server uses. */
  readonly etcdMembers: readonly { readonly name: string; readonly ip: string }[];
  readonly etcdServers: readonly { readonly ip: string }[];
  /** Number of its block of pod addresses; undefined for a node without pods. */
  readonly podIndex: number | undefined;
  readonly serviceCidr: string;
  readonly clusterCidr: string;
  /** Of the node's own balancer for the API servers; 0 for none. */
  readonly balancerPort: number;
  readonly registryDomain: string;
  /** What enforces network policies, or "none". */
  readonly networkPolicy: string;
  readonly gottyPort: number | undefined;
  /** Of all processes, and of all except the kubelet: CPUs in thousandths and MiB. */
  readonly total: { readonly cpuMillis: number; readonly memoryMib: number };
  readonly system: { readonly cpuMillis: number; readonly memoryMib: number };
  /** What pods may take: the kubelet's resources. CPUs in thousandths and KiB. */
  readonly allocatable: { readonly cpuMillis: number; readonly memoryKib: number };
}

/** `--name` of a master's etcd. */
export const etcdMember = (cluster: string, node: string) => `${cluster}-${node}`;
/** Where the other members reach a master's etcd. */
export const etcdPeerUrl = (ip: string) => `https://${ip}:${etcdPeerPort}`;

/** `balancerPort`: of the node's balancer; 0 for a node without one, which knows the first master only. */
export function apiserverUrlFor(type: NodeFacts["type"], masterIp: string, balancerPort: number): string {
  if (isMaster(type)) return `https://127.0.0.1:${apiserverPort}`;
  return balancerPort === 0 ? `https://${masterIp}:${apiserverPort}` : `https://127.0.0.1:${balancerPort}`;
}

/** The port of nodes' balancers by the variable API_BALANCER_PORT; 0: they have none. Throws RangeError for anything else. */
export function balancerPortOf(text: string | undefined): number {
  if (text === undefined) return apiBalancerPort;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new RangeError(`API_BALANCER_PORT must be a port, or 0 for no balancer; given is "${text}"`);
}

/**
 * Of other nodes a node's programs need the masters only, so a worker that is added or removed changes no variable of
 * another node. Throws RangeError when CLUSTER_CIDR has no block left for the node.
 */
export function computeVariables(facts: NodeFacts): Readonly<Record<ComputedVariableName, string>> {
  const masterIp = facts.masters[0]?.ip ?? "";
  return {
    NODE_NAME: facts.name,
    NODE_IP: facts.ip,
    NODE_TYPE: facts.type,
    CLUSTER_NAME: facts.cluster,
    MASTER_IP: masterIp,
    MASTER_IPS: facts.masters.map(({ ip }) => ip).join(","),
    MASTER_NAMES: facts.masters.map(({ name }) => name).join(","),
    // A single master has no other one to lose an election to. On a starved host it would end itself for a lease that
    // came late.
    LEADER_ELECT: String(facts.masters.length > 1),
    APISERVER_URL: apiserverUrlFor(facts.type, masterIp, facts.balancerPort),
    ETCD_NAME: etcdMember(facts.cluster, facts.name),
    ETCD_SERVERS: facts.etcdServers.map(({ ip }) => `https://${ip}:${etcdClientPort}`).join(","),
    ETCD_INITIAL_CLUSTER: facts.etcdMembers
      .map(({ name, ip }) => `${etcdMember(facts.cluster, name)}=${etcdPeerUrl(ip)}`)
      .join(","),
    ETCD_CLUSTER_TOKEN: `cke-${facts.cluster}`,
    POD_CIDR: facts.podIndex === undefined ? "" : blockOf(facts.clusterCidr, podBlockPrefix, facts.podIndex),
    // Routes to other nodes' pods are not part of a node any more. The name stays, because operators' configuration
    // files use it.
    PEER_ROUTES: "",
    CLUSTER_DNS_IP: hostOf(facts.serviceCidr, 10),
    KUBERNETES_SERVICE_IP: hostOf(facts.serviceCidr, 1),
    NETWORK_POLICY: facts.networkPolicy,
    DOCKER_REGISTRY: facts.registryDomain,
    NODE_CPUS: String(facts.total.cpuMillis / 1000),
    NODE_MEMORY_MIB: String(facts.total.memoryMib),
    SYSTEM_RESERVED_CPU_MILLIS: String(facts.system.cpuMillis),
    SYSTEM_RESERVED_MEMORY_MIB: String(facts.system.memoryMib),
    ALLOCATABLE_CPU_MILLIS: String(facts.allocatable.cpuMillis),
    ALLOCATABLE_MEMORY_KIB: String(facts.allocatable.memoryKib),
    GOTTY_PORT: String(facts.gottyPort ?? consolePort),
  };
}

/** The meaning of `$native` for an argument, by its name without dashes, as text with variables. */
const nativeArguments: Readonly<Record<string, string>> = {
  name: "$ETCD_NAME",
  "initial-cluster": "$ETCD_INITIAL_CLUSTER",
  "initial-cluster-token": "$ETCD_CLUSTER_TOKEN",
  "etcd-servers": "$ETCD_SERVERS",
  "advertise-address": "$NODE_IP",
  "node-ip": "$NODE_IP",
  "hostname-override": "$NODE_NAME",
  "pod-cidr": "$POD_CIDR",
  "cluster-dns": "$CLUSTER_DNS_IP",
  "cluster-name": "$CLUSTER_NAME",
  "system-reserved": "cpu=$SYSTEM_RESERVED_CPU_MILLISm,memory=$SYSTEM_RESERVED_MEMORY_MIBMi",
  port: "$GOTTY_PORT",
};

const isComputed = (name: string): name is ComputedVariableName =>
  computedVariableNames.some((known) => known === name);

/** The text for `$native`; undefined when the scheduler has no value for this argument or environment variable. */
export function nativeText(kind: "argument" | "environment", key: string): string | undefined {
  if (kind === "environment") return isComputed(key) ? `\${${key}}` : undefined;
  return nativeArguments[key.replace(/^--?/, "")];
}
