// The specification of a cluster: what a user asked for, checked and normalised. It is stored, and everything else
// follows from it.
import { nodeTypes } from "@cke/protocol";
import { z } from "zod";
import {
  attributeConstraintSchema,
  expectationSchema,
  unitSpecShape,
  workloadSpecShape,
} from "../../workload/records/workload-spec.ts";

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

const storedNode = z.object({
  ...unitSpecShape,
  type: z.enum(nodeTypes),
  ip: z.string(),
  /** Names of the cluster's ingresses that are published here. */
  ingresses: z.array(z.string()),
  gottyPort: z.number().optional(),
  /** Absent: all processes of the configuration for this type of node. */
  processes: z.array(processSpec).optional(),
  /** Number of the worker's block in CLUSTER_CIDR. It is given once and never changes. Workers only. */
  podIndex: z.number().optional(),
});

/** The data of a master belongs to its cluster, so a master is never begun anew elsewhere. */
const nodeSpec = storedNode.transform((node) => ({ ...node, stateful: node.type === "master" }));

const ingressSpec = z.object({
  name: z.string(),
  port: z.object({ number: z.number(), protocol: z.enum(["tcp", "udp"]) }).optional(),
});

export const clusterSpecSchema = z.object({
  ...workloadSpecShape,
  /** Version of the configuration, as in its file name. */
  version: z.string(),
  network: z.string(),
  units: z.array(nodeSpec),
  ingresses: z.array(ingressSpec),
  /** The default for nodes that do not say it themselves. */
  pod: z.boolean().default(false),
});

export type ClusterSpec = Readonly<z.infer<typeof clusterSpecSchema>>;
export type NodeSpec = Readonly<z.infer<typeof nodeSpec>>;
export type ProcessSpecification = Readonly<z.infer<typeof processSpec>>;
export type IngressSpec = Readonly<z.infer<typeof ingressSpec>>;

/** Ports that a node publishes on its agent: its ingresses and its web terminal. */
export function publishedPorts(
  cluster: ClusterSpec,
  node: NodeSpec,
): readonly { readonly port: number; readonly protocol: "tcp" | "udp"; readonly ingress: string }[] {
  const ingresses = node.ingresses.flatMap((name) => {
    const port = cluster.ingresses.find((ingress) => ingress.name === name)?.port;
    return port === undefined ? [] : [{ port: port.number, protocol: port.protocol, ingress: name }];
  });
  if (node.gottyPort === undefined) return ingresses;
  return [...ingresses, { port: node.gottyPort, protocol: "tcp" as const, ingress: "" }];
}
