// From a cluster's specification and its configuration to the messages for a node's executor. Pure and deterministic:
// the same input gives the same bytes, and so the same configuration hash.
import { KubeNodeTask, nodeTypeOf, ProcessSpec } from "@cke/protocol";
import { type ResourceAmount, sumResources, toMillis } from "../../workload/outline/unit-outline.ts";
import { type ClusterSpec, type NodeSpec, publishedPorts } from "../cluster/cluster-spec.ts";
import {
  balancerPortOf,
  computeVariables,
  defaultClusterCidr,
  defaultServiceCidr,
} from "../configuration/computed-variables.ts";
import type { ClusterConfiguration, NodeConfiguration } from "../configuration/configuration.ts";
import { apiserverPort } from "../configuration/ports.ts";
import { VariableScope } from "../configuration/variables.ts";
import { imageOf } from "../configuration/version-images.ts";
import { etcdTopology, joining, mastersOf } from "./etcd-topology.ts";
import { type NodeOutline, outlineOfSpec } from "./node-outline.ts";
import { type NodeProcess, processesOf } from "./node-processes.ts";
import { hashOf, mebibyte, type RenderedProcess, renderProcess } from "./process-renderer.ts";

/**
 * Resources of the executor, outside of the container: measured, with a reserve. They never change, because Mesos
 * compares them.
 */
export const executorResources = { cpu: 0.1, mem: 64 } as const;
/**
 * Resources of the container beside its processes: its init and the wrapper. The node's own task holds them, with the
 * overhead of processes whose `res` is for what they run.
 */
export const nodeTaskResources = { cpu: 0.01, mem: 32 } as const;

export interface RenderOptions {
  readonly imagePath: string;
  readonly registry: { readonly domain: string; readonly ip: string } | undefined;
  readonly registryCertificate: Uint8Array | undefined;
  readonly cfsQuota: boolean;
  readonly lxcfsPath: string | undefined;
  readonly dockerPath: string | undefined;
  /** The port of its balancer that a node which runs has already; 0: it has none. Absent: as the configuration says. */
  readonly balancerPort?: number | undefined;
}

export interface RenderedNode {
  /** Without incarnation and framework id, which a launch adds. */
  readonly kubeNode: KubeNodeTask;
  readonly processes: readonly RenderedProcess[];
  /** sha256 (first 16 hex digits) over everything whose change needs a restart. */
  readonly configHash: string;
  /** Processes, container and executor together. */
  readonly total: ResourceAmount;
  /** Names of the bring-up phases, in order. */
  readonly phases: readonly string[];
  readonly serviceCidr: string;
  /** The block of its pods; "" for a node without pods. Absent in renderings of earlier versions. */
  readonly podCidr?: string | undefined;
  readonly executor: ResourceAmount;
  readonly unitTask: ResourceAmount;
}

export function outlineOf(rendered: RenderedNode): NodeOutline {
  const { kubeNode, phases, serviceCidr, executor, unitTask } = rendered;
  return {
    nodeType: nodeTypeOf(kubeNode.nodeType),
    phases: [...phases],
    serviceCidr,
    hostPorts: kubeNode.ports.map(({ hostPort }) => hostPort),
    executor,
    unitTask,
    processes: rendered.processes.map(({ res, cmd, required, spec }) => ({
      ...outlineOfSpec(spec),
      res,
      cmd,
      required,
    })),
  };
}

/** Of the container and of everything in it. */
export const nodeHash = ({ kubeNode, processes }: Pick<RenderedNode, "kubeNode" | "processes">) =>
  hashOf([KubeNodeTask.encode(kubeNode), ...processes.map(({ spec }) => ProcessSpec.encode(spec))]);

interface ScopedVariables {
  readonly scope: VariableScope;
  readonly serviceCidr: string;
  readonly podCidr: string;
  /** 0 for a node without a balancer. */
  readonly balancerPort: number;
}

function scopeOf(
  cluster: ClusterSpec,
  node: NodeSpec,
  configuration: ClusterConfiguration,
  conf: NodeConfiguration,
  processes: readonly NodeProcess[],
  options: RenderOptions,
): ScopedVariables {
  const own = {
    ...(cluster.podCidr === undefined ? {} : { CLUSTER_CIDR: cluster.podCidr }),
    ...(cluster.serviceCidr === undefined ? {} : { SERVICE_CIDR: cluster.serviceCidr }),
  };
  const plain = new VariableScope([configuration.variables, conf.variables], own);
  const serviceCidr = plain.get("SERVICE_CIDR") ?? defaultServiceCidr;
  // A master's programs use its own API server.
  const wantedPort = options.balancerPort ?? balancerPortOf(plain.get("API_BALANCER_PORT"));
  const balancerPort = node.type === "master" ? 0 : wantedPort;
  const total = sumResources(processes.map(({ res }) => res));
  const system = sumResources(processes.filter(({ type }) => type !== "kubelet").map(({ res }) => res));
  const allocatable = sumResources(processes.filter(({ type }) => type === "kubelet").map(({ res }) => res));
  const computed = computeVariables({
    cluster: cluster.name,
    name: node.name,
    type: node.type,
    ip: node.ip,
    masters: mastersOf(cluster),
    ...etcdTopology(cluster, node),
    podIndex: node.podIndex,
    serviceCidr,
    clusterCidr: plain.get("CLUSTER_CIDR") ?? defaultClusterCidr,
    balancerPort,
    registryDomain: options.registry?.domain ?? "",
    networkPolicy: cluster.policy ?? "none",
    gottyPort: node.gottyPort,
    total: { cpuMillis: toMillis(total.cpu), memoryMib: Math.round(total.mem) },
    system: { cpuMillis: toMillis(system.cpu), memoryMib: Math.round(system.mem) },
    allocatable: { cpuMillis: toMillis(allocatable.cpu), memoryKib: Math.round(allocatable.mem * 1024) },
  });
  const scope = new VariableScope([configuration.variables, conf.variables], { ...computed, ...own });
  return { scope, serviceCidr, podCidr: computed.POD_CIDR, balancerPort };
}

/** Renders one node. Throws VariableError or RangeError for a configuration that fails for this node only. */
export function renderNode(
  cluster: ClusterSpec,
  node: NodeSpec,
  configuration: ClusterConfiguration,
  options: RenderOptions,
): RenderedNode {
  const conf = configuration.nodes[node.type];
  const all = processesOf(node, conf);
  const chosen = node.joins === undefined ? all : all.map(joining);
  const { scope, serviceCidr, podCidr, balancerPort } = scopeOf(cluster, node, configuration, conf, chosen, options);
  const expand = (text: string) => scope.expand(text);
  const processes = chosen.map((process) => renderProcess(process, expand, options.cfsQuota));
  const overheads = chosen.flatMap(({ conf }) => conf.workload?.overhead ?? []);
  const unitTask = sumResources([nodeTaskResources, ...overheads]);
  const inside = sumResources([...processes.map(({ res }) => res), unitTask]);
  const { registry, registryCertificate, imagePath } = options;
  const imageName = expand(conf.imageName);
  const kubeNode = KubeNodeTask.create({
    cluster: cluster.name,
    node: node.name,
    nodeType: node.type,
    image: imageOf(imagePath, imageName),
    hostname: node.name,
    network: cluster.network,
    ip: node.ip,
    ...(node.uplinkIp === undefined ? {} : { uplinkNetwork: cluster.uplink?.network, uplinkIp: node.uplinkIp }),
    hosts: registry === undefined ? [] : [{ name: registry.domain, ip: registry.ip }],
    environment: registry === undefined ? [] : [{ name: "DOCKER_REGISTRY", value: registry.domain }],
    volumes: conf.volumes.map(({ name, path }) => ({
      path: expand(path),
      dockerVolume: `cke-${cluster.name}-${node.name}-${name}`,
    })),
    tmpfs: conf.tmpfs.map(expand),
    ports: publishedPorts(cluster, node).map(({ port, containerPort, protocol, ingress }) => ({
      hostPort: port,
      containerPort,
      protocol,
      ingress,
    })),
    cpuMillis: toMillis(inside.cpu),
    memoryBytes: Math.round(inside.mem * mebibyte),
    cfsQuota: options.cfsQuota,
    files: conf.files.map(({ path, mode, content }) => ({
      path: expand(path),
      mode,
      content: new TextEncoder().encode(expand(content)),
    })),
    secrets: conf.secrets
      .filter(({ name }) => name !== "registry.crt" || registryCertificate !== undefined)
      .map(({ name, path }) => ({ name, path: expand(path) })),
    lxcfsPath: options.lxcfsPath ?? "",
    dockerPath: options.dockerPath ?? "",
    registryDomain: registry?.domain ?? "",
    ...(balancerPort === 0 ? {} : { apiBalancer: { port: balancerPort, masterPort: apiserverPort } }),
    registryCertificate: registryCertificate ?? new Uint8Array(0),
    labels: { "cke.node-type": node.type, "cke.kubernetes": configuration.kubernetes },
  });
  return {
    kubeNode,
    processes,
    configHash: nodeHash({ kubeNode, processes }),
    total: sumResources([inside, executorResources]),
    phases: configuration.phases[node.type],
    serviceCidr,
    podCidr,
    executor: executorResources,
    unitTask,
  };
}
