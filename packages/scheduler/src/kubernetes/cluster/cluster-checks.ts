// Checks the parts of a cluster against each other: duplicates, references, counts, resources, and conflicts with other
// clusters. Pure. It reports every problem and stops at none.

import { knownFor } from "../../workload/agents/host-facts.ts";
import { blockOf, parseBlock, withoutHostBits } from "../../workload/body/address-block.ts";
import { type BodyProblem, type Located, roleProblems } from "../../workload/body/findings.ts";
import { type ClaimedPort, isSamePort } from "../../workload/kinds/claimed-ports.ts";
import { resourceBounds } from "../../workload/outline/resource-bounds.ts";
import { checkOptions } from "../configuration/arguments.ts";
import { podBlockPrefix } from "../configuration/computed-variables.ts";
import type { ClusterConfiguration, ProcessConfiguration } from "../configuration/configuration.ts";
import { clusterTextProblem, programTextProblems } from "../configuration/program-texts.ts";
import { type ImageSources, imageProblem } from "../configuration/version-images.ts";
import { routerAddresses } from "../network/network-spec.ts";
import { nodesAtRouters, routersAtOthers, routersInRanges } from "../network/router-checks.ts";
import { takenByOthers, uplinkInRanges, uplinkProblems } from "../network/uplink-checks.ts";
import { rangeNames, rangesOf } from "../ranges/cluster-ranges.ts";
import { announcedSpans, nodesInPools } from "../ranges/pool-checks.ts";
import { nodesInRanges } from "../ranges/range-checks.ts";
import { apiserverProblems } from "./apiserver-checks.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import {
  type ClusterSpec,
  hasNodeObject,
  listedProcesses,
  type NodeSpec,
  outsideOf,
  type ProcessSpecification,
  publishedApiserver,
} from "./cluster-spec.ts";
import { networkProblems, uplinkNetworkProblems } from "./network-checks.ts";

const input = (path: string, message: string): BodyProblem => ({ path, message, kind: "input" });
const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

function* repeats<T>(
  items: readonly (Located<T> & { readonly present?: true })[],
  keyOf: (value: T) => string,
  what: string,
  field: string,
): Generator<BodyProblem> {
  const seen = new Map<string, (typeof items)[number]>();
  for (const item of items) {
    const key = keyOf(item.value);
    if (key === "") continue; // it could not be read
    const first = seen.get(key);
    if (first === undefined) seen.set(key, item);
    else {
      const problem = input(`${item.path}.${field}`, `the ${what} "${key}" is used by ${first.path} already`);
      yield first.present === true ? { ...problem, kind: "taken" } : problem;
    }
  }
}

function* processProblems(
  node: ClusterParts["nodes"][number],
  configuration: ClusterConfiguration,
): Generator<BodyProblem> {
  const known = configuration.nodes[node.value.type].processes;
  const processes = node.processes ?? [];
  yield* repeats(processes, ({ name }) => name, "process name", "name");
  yield* repeats(processes, ({ type }) => type, "process type", "type");
  const added =
    node.processes === undefined
      ? []
      : known.filter(({ required, type }) => required && !processes.some(({ value }) => value.type === type));
  for (const { name, type } of added) {
    const clash = processes.find(({ value }) => value.name === name);
    if (clash !== undefined)
      yield input(`${clash.path}.name`, `"${name}" is the name of the required process of type ${type}`);
  }
  for (const { value, path } of processes) {
    const conf = known.find(({ type }) => type === value.type);
    if (conf === undefined) {
      const types = known.map(({ type }) => type).join(", ");
      yield input(
        `${path}.type`,
        `"${value.type}" is not a type of process for a ${node.value.type}; known are: ${types}`,
      );
    }
    yield* processValueProblems(value, `${path}.`, conf);
  }
}

/** Values of one process. Of its resources what is given is checked. */
export interface ProcessValues extends Pick<ProcessSpecification, "options" | "envs"> {
  readonly cmd?: string | undefined;
  readonly res?: { readonly cpu?: number | undefined; readonly mem?: number | undefined } | undefined;
}

/** Problems of one process's own values. `prefix`: of their paths. `conf`: of its type, where that is known. */
export function* processValueProblems(
  { cmd, options, envs, res = {} }: ProcessValues,
  prefix: string,
  conf: ProcessConfiguration | undefined,
): Generator<BodyProblem> {
  for (const { field, message } of programTextProblems({ cmd, options, envs }))
    yield input(field === "" ? prefix.replace(/\.$/, "") : `${prefix}${field}`, message);
  for (const { index, message } of checkOptions(conf?.args ?? [], options))
    yield input(`${prefix}options[${index}]`, message);
  for (const [index, { key }] of envs.entries()) {
    const fixed = conf?.envs.find((env) => env.key === key && !env.modify);
    if (fixed !== undefined)
      yield input(`${prefix}envs[${index}]`, `${key} is set by the configuration and cannot be changed`);
  }
  const { cpu, mem } = res;
  const { minCpu, maxCpu, minMemoryMib, maxMemoryMib } = resourceBounds;
  if (cpu !== undefined && !(cpu >= minCpu && cpu <= maxCpu))
    yield impossible(`${prefix}res.cpu`, `${cpu} CPUs is not from ${minCpu} to ${maxCpu}`);
  if (mem !== undefined && !(mem >= minMemoryMib && mem <= maxMemoryMib))
    yield impossible(`${prefix}res.memory`, `${mem} MiB is not from ${minMemoryMib} to ${maxMemoryMib}`);
}

function* nodeProblems(parts: ClusterParts): Generator<BodyProblem> {
  yield* repeats(parts.nodes, ({ name }) => name, "node name", "name");
  yield* repeats(parts.nodes, ({ ip }) => ip, "address", "node_ip");
  const taken = new Map<string, string>();
  for (const { value: node, path } of parts.nodes) {
    for (const field of ["labels", "taints"] as const) {
      if (node[field] === undefined || hasNodeObject(node)) continue;
      yield impossible(
        `${path}.${field}`,
        `a ${node.type} without a kubelet has no Node object, so that it can have none`,
      );
    }
    const claims = node.ingresses.flatMap((name, index) => {
      const ingress = parts.ingresses.find(({ value }) => value.name === name);
      return [{ name, place: `${path}.ingresses[${index}]`, ingress: ingress?.value }];
    });
    for (const { name, place, ingress } of claims) {
      if (ingress === undefined) yield input(place, `there is no ingress "${name}"`);
    }
    for (const { place, number, protocol, what } of portClaims(parts, node, path)) {
      // It is not known where "*" puts a node, so only ports of one node and of equal hosts certainly conflict.
      const key = `${node.host === "*" ? path : node.host}:${number}/${protocol}`;
      const first = taken.get(key);
      if (first === undefined) taken.set(key, `${what}${path === "" ? "" : ` of ${path}`}`);
      else yield impossible(place, `port ${number}/${protocol} of host ${node.host} is used by ${first} already`);
    }
  }
}

interface PortClaim {
  /** Path in the body. */
  readonly place: string;
  readonly number: number;
  readonly protocol: "tcp" | "udp";
  readonly what: string;
}

/** Ports that a node publishes on its agent's host; those that every request may change come last. */
function portClaims(parts: ClusterParts, node: NodeSpec, path: string): readonly PortClaim[] {
  const { gottyPort, ingresses, type } = node;
  const apiserver = type === "master" ? publishedApiserver(parts) : undefined;
  const own = (place: string, number: number, what: string): PortClaim => ({ place, number, protocol: "tcp", what });
  return [
    ...(apiserver === undefined ? [] : [own(path, apiserver, "the API server")]),
    ...(gottyPort === undefined ? [] : [own(`${path}.gottyport`, gottyPort, "the web terminal (gottyport)")]),
    ...ingresses.flatMap((name, index) => {
      const port = parts.ingresses.find(({ value }) => value.name === name)?.value.port;
      return port === undefined ? [] : [{ place: `${path}.ingresses[${index}]`, ...port, what: `ingress "${name}"` }];
    }),
  ];
}

/** Ports of hosts that are named: of other workloads that are to run there. */
function* portsOfOthers(parts: ClusterParts, claimed: readonly ClaimedPort[]): Generator<BodyProblem> {
  const others = claimed.filter(({ workload }) => workload !== parts.name);
  if (others.length === 0) return;
  for (const { value: node, path, present } of parts.nodes) {
    if (present === true) continue;
    for (const { place, number: port, protocol } of portClaims(parts, node, path)) {
      const other = others.find((one) => isSamePort(one, { host: node.host, port, protocol }));
      if (other === undefined) continue;
      yield impossible(place, `port ${port}/${protocol} of host ${node.host} is used by ${other.owner}`);
    }
  }
}

function* ingressProblems(parts: ClusterParts, loadBalancer: boolean): Generator<BodyProblem> {
  yield* repeats(parts.ingresses, ({ name }) => name, "ingress name", "name");
  const withPort = parts.ingresses.filter(({ value }) => value.port !== undefined);
  yield* repeats(withPort, ({ port }) => `${port?.number}/${port?.protocol}`, "port", "port");
  if (loadBalancer) return;
  for (const { value, path } of parts.ingresses) {
    if (value.port === undefined)
      yield input(`${path}.port`, "is missing: without a load balancer an ingress needs a port");
  }
}

function* otherClusterProblems(parts: ClusterParts, existing: readonly ClusterSpec[]): Generator<BodyProblem> {
  for (const other of existing) {
    if (other.name === parts.name) continue;
    // Names of containers can be equal only when one cluster's name begins with the other's.
    if (!other.name.startsWith(`${parts.name}-`) && !parts.name.startsWith(`${other.name}-`)) continue;
    for (const { value: node, path } of parts.nodes) {
      for (const theirs of other.units) {
        if (`${parts.name}-${node.name}` === `${other.name}-${theirs.name}`) {
          yield impossible(
            `${path}.name`,
            `its container would be named like that of node "${theirs.name}" of cluster "${other.name}"`,
          );
        }
      }
    }
  }
  const taken = takenByOthers(parts.network, parts.name, existing);
  for (const { value, path, present } of parts.nodes) {
    const holder = present === true ? undefined : taken.get(value.ip);
    if (holder !== undefined)
      yield impossible(`${path}.node_ip`, `${value.ip} in network ${parts.network} belongs to ${holder}`);
  }
}

/** `whole`: no entity was left out because of its shape, so that counts can be checked. */
export function* checkCluster(
  parts: ClusterParts,
  context: {
    readonly existing: readonly ClusterSpec[];
    readonly claimedPorts: readonly ClaimedPort[];
    readonly loadBalancer: boolean;
    readonly roles: readonly string[];
    readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
    readonly images: ImageSources;
  },
  configuration: ClusterConfiguration | undefined,
  whole: boolean,
): Generator<BodyProblem> {
  const masters = parts.nodes.filter(({ value }) => value.type === "master");
  if (whole && ![1, 3, 5].includes(masters.length)) {
    yield impossible(parts.nodesPath, `a cluster has 1, 3 or 5 masters, not ${masters.length}`);
  }
  yield* nodeProblems(parts);
  const others = context.existing.map((other) => ({ ...other, routers: routerAddresses(other.bgp) }));
  yield* nodesInRanges(parts, others);
  // A new cluster is not among them: its pool is checked against its nodes.
  const announced = announcedSpans(context.existing.map((other) => ({ name: other.name, pool: outsideOf(other) })));
  yield* nodesInPools(parts.nodes, announced);
  yield* nodesAtRouters(parts);
  yield* routersAtOthers(parts, context.existing, announced);
  yield* uplinkProblems(parts, context.existing);
  yield* ingressProblems(parts, context.loadBalancer);
  yield* apiserverProblems(parts, context.loadBalancer);
  yield* portsOfOthers(parts, context.claimedPorts);
  yield* otherClusterProblems(parts, context.existing);
  const reserved = parts.nodes.flatMap(({ value, path }) =>
    value.reservation ? [{ path: `${path}.reservation`, what: `node "${value.name}"`, owner: "cluster" }] : [],
  );
  yield* roleProblems(parts.role, context.roles, reserved);
  const known = knownFor(
    context.images.known,
    parts.nodes.map(({ value }) => value.host),
  );
  yield* networkProblems(parts, known);
  yield* uplinkNetworkProblems(parts, known);
  if (configuration === undefined) return;
  yield* routersInRanges(parts, rangesOf(parts.ranges, configuration));
  yield* uplinkInRanges(parts, rangesOf(parts.ranges, configuration));
  const types = new Set(parts.nodes.filter(({ present }) => present !== true).map(({ value }) => value.type));
  const imageless = imageProblem(configuration, types, context.configurations, { ...context.images, known });
  if (imageless !== undefined) yield { ...impossible("k8s_ver", imageless), ofHosts: true };
  for (const node of parts.nodes) if (node.present !== true) yield* processProblems(node, configuration);
  const units = parts.nodes.map(({ value }) => value);
  const present = parts.nodes.flatMap((node) => (node.present === true ? [node.value] : []));
  const texts = clusterTextProblem(listedProcesses({ units }), listedProcesses({ units: present }));
  if (texts !== undefined) yield impossible(parts.nodesPath, texts);
  const lastBlock = Math.max(-1, ...parts.nodes.map(({ value }) => value.podIndex ?? -1));
  const { pods } = rangesOf(parts.ranges, configuration);
  if (lastBlock >= 0 && parseBlock(pods) === undefined) {
    const zero = withoutHostBits(pods);
    const remedy = zero === pods ? "" : `: write ${zero} there, or name a pod_cidr in the body`;
    const what = `${rangeNames.pods.variable} of cke.conf-${configuration.version}.yaml is ${JSON.stringify(pods)}`;
    yield impossible(
      "pod_cidr",
      `${what}, which is no IPv4 range like 10.244.0.0/16 whose host bits are zero${remedy}`,
    );
    return;
  }
  try {
    if (lastBlock >= 0) blockOf(pods, podBlockPrefix, lastBlock);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield impossible(parts.nodesPath, `too many nodes: ${error.message}`);
  }
}
