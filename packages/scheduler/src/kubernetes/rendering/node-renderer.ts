// From a cluster's specification and its configuration to the messages for a node's executor. Pure and deterministic:
// the same input gives the same bytes, and so the same configuration hash.
import { createHash } from "node:crypto";
import { KubeNodeTask, nodeTypeOf, type ProbeInit, ProcessSpec } from "@cke/protocol";
import { type ResourceAmount, sumResources, toMillis } from "../../workload/outline/unit-outline.ts";
import { type ClusterSpec, type NodeSpec, publishedPorts } from "../cluster/cluster-spec.ts";
import { mergeArguments } from "../configuration/arguments.ts";
import {
  computeVariables,
  defaultClusterCidr,
  defaultServiceCidr,
  nativeText,
} from "../configuration/computed-variables.ts";
import type {
  ClusterConfiguration,
  NodeConfiguration,
  ProbeConfiguration,
  ProcessConfiguration,
} from "../configuration/configuration.ts";
import { VariableScope } from "../configuration/variables.ts";
import { imageOf } from "../configuration/version-images.ts";
import { type NodeOutline, outlineOfSpec } from "./node-outline.ts";
import { type NodeProcess, processesOf } from "./node-processes.ts";

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
const mebibyte = 1024 * 1024;

export interface RenderOptions {
  readonly imagePath: string;
  readonly registry: { readonly domain: string; readonly ip: string } | undefined;
  readonly registryCertificate: Uint8Array | undefined;
  readonly cfsQuota: boolean;
  readonly lxcfsPath: string | undefined;
  readonly dockerPath: string | undefined;
}

export interface RenderedProcess {
  readonly name: string;
  readonly type: string;
  readonly res: ResourceAmount;
  /** As the configuration or the user wrote it, with its variables. */
  readonly cmd: string;
  /** Other processes of the node need it. */
  readonly required: boolean;
  readonly spec: ProcessSpec;
  readonly configHash: string;
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
  readonly nodeTask: ResourceAmount;
}

export function outlineOf(rendered: RenderedNode): NodeOutline {
  const { kubeNode, phases, serviceCidr, executor, nodeTask } = rendered;
  return {
    nodeType: nodeTypeOf(kubeNode.nodeType),
    phases: [...phases],
    serviceCidr,
    hostPorts: kubeNode.ports.map(({ hostPort }) => hostPort),
    executor,
    nodeTask,
    processes: rendered.processes.map(({ res, cmd, required, spec }) => ({
      ...outlineOfSpec(spec),
      res,
      cmd,
      required,
    })),
  };
}

const hashOf = (parts: readonly Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(String(part.length)).update("\n").update(part);
  return hash.digest("hex").slice(0, 16);
};

function renderProbe(probe: ProbeConfiguration, expand: (text: string) => string): ProbeInit {
  const { check, ...times } = probe;
  const base = { ...times, name: probe.name, phase: probe.phase };
  switch (check.kind) {
    case "tcp":
      return { ...base, check: { kind: "tcp", value: { address: expand(check.address) } } };
    case "exec":
      return {
        ...base,
        check: { kind: "exec", value: { command: check.command.map(expand), description: check.description } },
      };
    case "http":
      return {
        ...base,
        check: {
          kind: "http",
          value: {
            url: expand(check.url),
            caFile: expand(check.ca),
            certificateFile: expand(check.cert),
            keyFile: expand(check.key),
            bearerFile: expand(check.bearerFile),
            insecure: check.insecure,
            unixSocket: expand(check.unixSocket),
            expectBody: check.expectBody,
            expectStatus: check.expectStatus,
          },
        },
      };
  }
}

const limitsOf = ({ cpu, mem }: ResourceAmount, cfsQuota: boolean) => ({
  cpuMillis: toMillis(cpu),
  memoryBytes: Math.round(mem * mebibyte),
  cfsQuota,
});

/** The program itself has no quota: it has its weight, and the container's quota bounds all of it. */
function workloadOf({ workload }: ProcessConfiguration) {
  if (workload === undefined) return {};
  return { workloadCgroup: workload.cgroup, overhead: limitsOf(workload.overhead, false) };
}

function renderProcess(process: NodeProcess, expand: (text: string) => string, cfsQuota: boolean): RenderedProcess {
  const { conf, asked } = process;
  const value = (kind: "argument" | "environment", key: string, text: string) =>
    expand(text === "$native" ? (nativeText(kind, key) ?? "") : text);
  const args = conf.args.map(({ key, value: text }) => ({
    key: expand(key),
    value: text === undefined ? undefined : value("argument", key, text),
  }));
  const environment = new Map(conf.envs.map(({ key, value: text }) => [key, value("environment", key, text)]));
  for (const { key, value: text } of asked?.envs ?? []) environment.set(key, text);
  const [command = "", ...fixed] = (asked?.cmd ? asked.cmd : expand(conf.cmd)).split(/\s+/);
  const spec = ProcessSpec.create({
    name: process.name,
    type: process.type,
    command: [command, ...fixed, ...mergeArguments(args, asked?.options ?? [])],
    environment: [...environment].map(([name, text]) => ({ name, value: text })),
    resources: limitsOf(process.res, cfsQuota),
    ...workloadOf(conf),
    startWhen: conf.startWhen.map((probe) => renderProbe(probe, expand)),
    health: conf.health.map((probe) => renderProbe(probe, expand)),
    restart: { mode: conf.restart },
    oneShot: conf.oneShot,
    keepDescendants: conf.keepDescendants,
    stopSignal: conf.stopSignal,
    stopGraceMs: Math.round(conf.stopGraceSeconds * 1000),
    phase: conf.phase,
  });
  return {
    name: process.name,
    type: process.type,
    res: process.res,
    cmd: asked?.cmd ? asked.cmd : conf.cmd,
    required: conf.required,
    spec,
    configHash: hashOf([ProcessSpec.encode(spec)]),
  };
}

function scopeOf(
  cluster: ClusterSpec,
  node: NodeSpec,
  configuration: ClusterConfiguration,
  conf: NodeConfiguration,
  processes: readonly NodeProcess[],
  options: RenderOptions,
): { readonly scope: VariableScope; readonly serviceCidr: string; readonly podCidr: string } {
  const plain = new VariableScope([configuration.variables, conf.variables], {});
  const serviceCidr = plain.get("SERVICE_CIDR") ?? defaultServiceCidr;
  const total = sumResources(processes.map(({ res }) => res));
  const system = sumResources(processes.filter(({ type }) => type !== "kubelet").map(({ res }) => res));
  const allocatable = sumResources(processes.filter(({ type }) => type === "kubelet").map(({ res }) => res));
  const computed = computeVariables({
    cluster: cluster.name,
    name: node.name,
    type: node.type,
    ip: node.ip,
    masters: cluster.units.filter(({ type }) => type === "master"),
    podIndex: node.podIndex,
    serviceCidr,
    clusterCidr: plain.get("CLUSTER_CIDR") ?? defaultClusterCidr,
    registryDomain: options.registry?.domain ?? "",
    gottyPort: node.gottyPort,
    total: { cpuMillis: toMillis(total.cpu), memoryMib: Math.round(total.mem) },
    system: { cpuMillis: toMillis(system.cpu), memoryMib: Math.round(system.mem) },
    allocatable: { cpuMillis: toMillis(allocatable.cpu), memoryKib: Math.round(allocatable.mem * 1024) },
  });
  const scope = new VariableScope([configuration.variables, conf.variables], computed);
  return { scope, serviceCidr, podCidr: computed.POD_CIDR };
}

/** Renders one node. Throws VariableError or RangeError for a configuration that fails for this node only. */
export function renderNode(
  cluster: ClusterSpec,
  node: NodeSpec,
  configuration: ClusterConfiguration,
  options: RenderOptions,
): RenderedNode {
  const conf = configuration.nodes[node.type];
  const chosen = processesOf(node, conf);
  const { scope, serviceCidr, podCidr } = scopeOf(cluster, node, configuration, conf, chosen, options);
  const expand = (text: string) => scope.expand(text);
  const processes = chosen.map((process) => renderProcess(process, expand, options.cfsQuota));
  const overheads = chosen.flatMap(({ conf }) => conf.workload?.overhead ?? []);
  const nodeTask = sumResources([nodeTaskResources, ...overheads]);
  const inside = sumResources([...processes.map(({ res }) => res), nodeTask]);
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
    hosts: registry === undefined ? [] : [{ name: registry.domain, ip: registry.ip }],
    environment: registry === undefined ? [] : [{ name: "DOCKER_REGISTRY", value: registry.domain }],
    volumes: conf.volumes.map(({ name, path }) => ({
      path: expand(path),
      dockerVolume: `cke-${cluster.name}-${node.name}-${name}`,
    })),
    tmpfs: conf.tmpfs.map(expand),
    ports: publishedPorts(cluster, node).map(({ port, protocol, ingress }) => ({
      hostPort: port,
      containerPort: port,
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
    registryCertificate: registryCertificate ?? new Uint8Array(0),
    labels: { "cke.node-type": node.type, "cke.kubernetes": configuration.kubernetes },
  });
  const configHash = hashOf([KubeNodeTask.encode(kubeNode), ...processes.map(({ spec }) => ProcessSpec.encode(spec))]);
  return {
    kubeNode,
    processes,
    configHash,
    total: sumResources([inside, executorResources]),
    phases: configuration.phases[node.type],
    serviceCidr,
    podCidr,
    executor: executorResources,
    nodeTask,
  };
}
