// The specification of a cluster: what a user asked for, checked and normalised. It is stored, and everything else
// follows from it.
import { nodeTypes } from "@cke/protocol";
import { z } from "zod";
import type { ClaimedPort } from "../../workload/kinds/claimed-ports.ts";
import {
  attributeConstraintSchema,
  expectationSchema,
  unitSpecShape,
  workloadSpecShape,
} from "../../workload/records/workload-spec.ts";
import { apiserverPort } from "../configuration/ports.ts";
import { floatingSchema } from "../network/floating-spec.ts";
import { bgpSpecSchema, policySchema, poolOf } from "../network/network-spec.ts";
import { uplinkSpecSchema } from "../network/uplink-spec.ts";
import { taintSchema } from "./node-labels.ts";

const keyValue = z.object({ key: z.string(), value: z.string() });

const processSpec = z.object({
  name: z.string(),
  type: z.string(),
  /** CPUs and MiB; absent: the configuration's. */
  res: z.object({ cpu: z.number(), mem: z.number() }).optional(),
  /** "" for the configuration's. */
  cmd: z.string(),
  options: z.array(z.string()),
  envs: z.array(keyValue),
  attributes: z.array(attributeConstraintSchema),
  expect: expectationSchema,
});

const masterPlace = z.object({ name: z.string(), ip: z.string() });

const storedNode = z.object({
  ...unitSpecShape,
  type: z.enum(nodeTypes),
  ip: z.string(),
  /** Of a gateway, in the network of the cluster's uplink. */
  uplinkIp: z.string().optional(),
  /** Names of the cluster's ingresses that are published here. */
  ingresses: z.array(z.string()),
  gottyPort: z.number().optional(),
  /** Absent: all processes of the configuration for this type of node. */
  processes: z.array(processSpec).optional(),
  /** Of its Node object; absent: none beside those that the kubelet sets. */
  labels: z.record(z.string(), z.string()).optional(),
  taints: z.array(taintSchema).optional(),
  /** Number of the worker's block in CLUSTER_CIDR. It is given once and never changes. Workers only. */
  podIndex: z.number().optional(),
  /**
   * For a master that came to a cluster that ran already: the masters that etcd had then, without this one. Its etcd is
   * started with them. Absent: it was there when the cluster was created.
   */
  joins: z.array(masterPlace).optional(),
});

/** The data of a master belongs to its cluster, so a master is never begun anew elsewhere. */
const nodeSpec = storedNode.transform((node) => ({
  ...node,
  stateful: node.type === "master",
  ...(node.joins === undefined ? {} : { late: true }),
}));

const ingressSpec = z.object({
  name: z.string(),
  port: z.object({ number: z.number(), protocol: z.enum(["tcp", "udp"]) }).optional(),
});

/** Ways to a cluster's API server from outside of its network. */
export const exposures = ["scheduler", "port", "spider-lb", "bgp"] as const;

const apiserverSpec = z.object({
  /** The preferred one first. */
  expose: z.array(z.enum(exposures)),
  /** Published by each master on its agent's host. */
  port: z.object({ number: z.number(), protocol: z.enum(["tcp", "udp"]) }).optional(),
  /** Of the API server alone: masters that are ready announce it to routers outside. Absent: none. */
  address: z.string().optional(),
});

export const clusterSpecSchema = z.object({
  ...workloadSpecShape,
  /** Version of the configuration, as in its file name. */
  version: z.string(),
  network: z.string(),
  /** Of its pods and of its services; absent: as its configuration says. They never change. */
  podCidr: z.string().optional(),
  serviceCidr: z.string().optional(),
  /** Its pods are routed over BGP; absent: by static routes. */
  bgp: bgpSpecSchema.optional(),
  /** What enforces network policies; absent: nothing does. */
  policy: policySchema.optional(),
  /** The way outside of its gateways; absent: it can have none. */
  uplink: uplinkSpecSchema.optional(),
  /** Absent: none. */
  floatingIps: z.array(floatingSchema).optional(),
  units: z.array(nodeSpec),
  ingresses: z.array(ingressSpec),
  /** Absent: it is asked through the scheduler. */
  apiserver: apiserverSpec.optional(),
  /** The default for nodes that do not say it themselves. */
  pod: z.boolean().default(false),
  /**
   * The masters with which the cluster was created, from the first change of its masters on. Absent: the present ones.
   * Their etcd is started with them, whatever became of the others.
   */
  founders: z.array(masterPlace).optional(),
});

export type MasterPlace = Readonly<z.infer<typeof masterPlace>>;
export type ClusterSpec = Readonly<z.infer<typeof clusterSpecSchema>>;
export type NodeSpec = Readonly<z.infer<typeof nodeSpec>>;
export type ProcessSpecification = Readonly<z.infer<typeof processSpec>>;
export type ApiserverSpec = Readonly<z.infer<typeof apiserverSpec>>;
export type IngressSpec = Readonly<z.infer<typeof ingressSpec>>;

/** Port on which each master's host answers for the API server; undefined when it is not published. */
export function publishedApiserver({ apiserver }: Pick<ClusterSpec, "apiserver">): number | undefined {
  return apiserver?.expose.includes("port") === true ? apiserver.port?.number : undefined;
}

/** The address that the masters of a cluster announce for its API server; undefined for none. */
export const announcedApi = ({ apiserver }: Pick<ClusterSpec, "apiserver">) =>
  apiserver?.expose.includes("bgp") === true ? apiserver.address : undefined;

/** The addresses of a cluster that routers outside are told of, as ranges: of its Services, of its API server, and of its gateways. */
export function outsideOf(cluster: Pick<ClusterSpec, "apiserver" | "bgp" | "uplink">): readonly string[] {
  const single = [announcedApi(cluster), cluster.uplink?.snat, cluster.uplink?.floatingPool];
  return [...poolOf(cluster), ...single.flatMap((text) => text ?? [])];
}

/** True for a node that runs a kubelet, and so has a Node object. */
export function hasNodeObject({ type, processes }: Pick<NodeSpec, "type" | "processes">): boolean {
  return type === "node" || processes?.some((process) => process.type === "kubelet") === true;
}

export interface HostPort {
  /** On the agent's host. */
  readonly port: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
  /** Name of the ingress; "" for none. */
  readonly ingress: string;
}

/** Ports that a node publishes on its agent: its ingresses, its web terminal, a master's API server. */
export function publishedPorts(cluster: ClusterSpec, node: NodeSpec): readonly HostPort[] {
  const own = (port: number, containerPort = port): HostPort => ({ port, containerPort, protocol: "tcp", ingress: "" });
  const ingresses = node.ingresses.flatMap((name): readonly HostPort[] => {
    const port = cluster.ingresses.find((ingress) => ingress.name === name)?.port;
    if (port === undefined) return [];
    return [{ port: port.number, containerPort: port.number, protocol: port.protocol, ingress: name }];
  });
  const apiserver = node.type === "master" ? publishedApiserver(cluster) : undefined;
  return [
    ...ingresses,
    ...(node.gottyPort === undefined ? [] : [own(node.gottyPort)]),
    ...(apiserver === undefined ? [] : [own(apiserver, apiserverPort)]),
  ];
}

/** Ports of hosts that its nodes publish which are to run, each with the node that does. */
export function claimedPortsOf(cluster: ClusterSpec): readonly ClaimedPort[] {
  const { name, units } = cluster;
  return units.flatMap((node) => {
    if (node.expect !== "RUN") return [];
    const own = { host: node.host, workload: name, owner: `node "${node.name}" of cluster "${name}"` };
    return publishedPorts(cluster, node).map(({ port, protocol }) => ({ ...own, port, protocol }));
  });
}

/** The processes that users have listed, of all nodes. */
export const listedProcesses = ({ units }: Pick<ClusterSpec, "units">): readonly ProcessSpecification[] =>
  units.flatMap(({ processes = [] }) => processes);
