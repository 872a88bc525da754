// Checks the parts of a cluster against each other: duplicates, references, counts, resources, and conflicts with other
// clusters. Pure. It reports every problem and stops at none.
import { knownFor } from "../../workload/agents/host-facts.ts";
import { resourceBounds } from "../../workload/outline/resource-bounds.ts";
import { blockOf } from "../configuration/address-block.ts";
import { checkOptions } from "../configuration/arguments.ts";
import { defaultClusterCidr, podBlockPrefix } from "../configuration/computed-variables.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { type ImageSources, imageProblem } from "../configuration/version-images.ts";
import type { ClusterParts, ClusterProblem, Located } from "./cluster-parts.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import { networkProblems } from "./network-checks.ts";

const input = (path: string, message: string): ClusterProblem => ({ path, message, kind: "input" });
const impossible = (path: string, message: string): ClusterProblem => ({ path, message, kind: "impossible" });

function* repeats<T>(
  items: readonly Located<T>[],
  keyOf: (value: T) => string,
  what: string,
  field: string,
): Generator<ClusterProblem> {
  const seen = new Map<string, string>();
  for (const { value, path } of items) {
    const key = keyOf(value);
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else yield input(`${path}.${field}`, `the ${what} "${key}" is used by ${first} already`);
  }
}

function* processProblems(
  node: ClusterParts["nodes"][number],
  configuration: ClusterConfiguration,
): Generator<ClusterProblem> {
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
    if (value.expect === "STOP") {
      const words = `"STOP" is for clusters and nodes: a process runs as long as its node does; leave it out of the list`;
      yield impossible(`${path}.expect`, words);
    }
    const conf = known.find(({ type }) => type === value.type);
    if (conf === undefined) {
      const types = known.map(({ type }) => type).join(", ");
      yield input(
        `${path}.type`,
        `"${value.type}" is not a type of process for a ${node.value.type}; known are: ${types}`,
      );
    } else {
      for (const { index, message } of checkOptions(conf.args, value.options))
        yield input(`${path}.options[${index}]`, message);
      for (const [index, { key }] of value.envs.entries()) {
        const fixed = conf.envs.find((env) => env.key === key && !env.modify);
        if (fixed !== undefined)
          yield input(`${path}.envs[${index}]`, `${key} is set by the configuration and cannot be changed`);
      }
    }
    if (value.res === undefined) continue;
    const { cpu, mem } = value.res;
    if (!(cpu >= resourceBounds.minCpu && cpu <= resourceBounds.maxCpu)) {
      yield impossible(
        `${path}.res.cpu`,
        `${cpu} CPUs is not from ${resourceBounds.minCpu} to ${resourceBounds.maxCpu}`,
      );
    }
    if (!(mem >= resourceBounds.minMemoryMib && mem <= resourceBounds.maxMemoryMib)) {
      yield impossible(
        `${path}.res.memory`,
        `${mem} MiB is not from ${resourceBounds.minMemoryMib} to ${resourceBounds.maxMemoryMib}`,
      );
    }
  }
}

function* nodeProblems(parts: ClusterParts): Generator<ClusterProblem> {
  yield* repeats(parts.nodes, ({ name }) => name, "node name", "name");
  yield* repeats(parts.nodes, ({ ip }) => ip, "address", "node_ip");
  const taken = new Map<string, string>();
  for (const { value: node, path } of parts.nodes) {
    const claims = node.ingresses.flatMap((name, index) => {
      const ingress = parts.ingresses.find(({ value }) => value.name === name);
      return [{ name, place: `${path}.ingresses[${index}]`, ingress: ingress?.value }];
    });
    for (const { name, place, ingress } of claims) {
      if (ingress === undefined) yield input(place, `there is no ingress "${name}"`);
    }
    const ports = claims.flatMap(({ place, ingress }) =>
      ingress?.port === undefined ? [] : [{ place, ...ingress.port }],
    );
    if (node.gottyPort !== undefined)
      ports.push({ place: `${path}.gottyport`, number: node.gottyPort, protocol: "tcp" });
    for (const { place, number, protocol } of ports) {
      // It is not known where "*" puts a node, so only ports of one node and of equal hosts certainly conflict.
      const key = `${node.host === "*" ? path : node.host}:${number}/${protocol}`;
      const first = taken.get(key);
      if (first === undefined) taken.set(key, place);
      else yield impossible(place, `port ${number}/${protocol} of host ${node.host} is used by ${first} already`);
    }
  }
}

function* ingressProblems(parts: ClusterParts, loadBalancer: boolean): Generator<ClusterProblem> {
  yield* repeats(parts.ingresses, ({ name }) => name, "ingress name", "name");
  const withPort = parts.ingresses.filter(({ value }) => value.port !== undefined);
  yield* repeats(withPort, ({ port }) => `${port?.number}/${port?.protocol}`, "port", "port");
  if (loadBalancer) return;
  for (const { value, path } of parts.ingresses) {
    if (value.port === undefined)
      yield input(`${path}.port`, "is missing: without a load balancer an ingress needs a port");
  }
}

function* otherClusterProblems(parts: ClusterParts, existing: readonly ClusterSpec[]): Generator<ClusterProblem> {
  for (const other of existing.filter(({ name }) => name !== parts.name)) {
    for (const { value: node, path } of parts.nodes) {
      for (const theirs of other.units) {
        if (`${parts.name}-${node.name}` === `${other.name}-${theirs.name}`) {
          yield impossible(
            `${path}.name`,
            `its container would be named like that of node "${theirs.name}" of cluster "${other.name}"`,
          );
        }
        if (other.network === parts.network && theirs.ip === node.ip) {
          yield impossible(
            `${path}.node_ip`,
            `${node.ip} in network ${parts.network} belongs to node "${theirs.name}" of cluster "${other.name}"`,
          );
        }
      }
    }
  }
}

function* roleProblems({ role, nodes }: ClusterParts, roles: readonly string[]): Generator<ClusterProblem> {
  if (role !== "" && !roles.includes(role)) {
    yield impossible("role", `"${role}" is not a role of this scheduler; its -roles are: ${roles.join(", ")}`);
    return;
  }
  if (role === "*" || (role === "" && roles.every((one) => one === "*"))) {
    for (const { value, path } of nodes.filter((node) => node.value.reservation)) {
      yield impossible(
        `${path}.reservation`,
        `nothing can be reserved for role "*"; node "${value.name}" needs a role of its own: start the scheduler with -roles, or name another of them as the cluster's role`,
      );
    }
  }
}

/** `whole`: no entity was left out because of its shape, so that counts can be checked. */
export function* checkCluster(
  parts: ClusterParts,
  context: {
    readonly existing: readonly ClusterSpec[];
    readonly loadBalancer: boolean;
    readonly roles: readonly string[];
    readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
    readonly images: ImageSources;
  },
  configuration: ClusterConfiguration | undefined,
  whole: boolean,
): Generator<ClusterProblem> {
  const masters = parts.nodes.filter(({ value }) => value.type === "master");
  if (whole && ![1, 3, 5].includes(masters.length)) {
    yield impossible(parts.nodesPath, `a cluster has 1, 3 or 5 masters, not ${masters.length}`);
  }
  yield* nodeProblems(parts);
  yield* ingressProblems(parts, context.loadBalancer);
  yield* otherClusterProblems(parts, context.existing);
  yield* roleProblems(parts, context.roles);
  const known = knownFor(
    context.images.known,
    parts.nodes.map(({ value }) => value.host),
  );
  yield* networkProblems(parts, known);
  if (configuration === undefined) return;
  const types = new Set(parts.nodes.map(({ value }) => value.type));
  const imageless = imageProblem(configuration, types, context.configurations, { ...context.images, known });
  if (imageless !== undefined) yield { ...impossible("k8s_ver", imageless), ofHosts: true };
  for (const node of parts.nodes) yield* processProblems(node, configuration);
  const workers = parts.nodes.filter(({ value }) => value.type === "node");
  try {
    const cidr = configuration.nodes.node.variables.CLUSTER_CIDR ?? configuration.variables.CLUSTER_CIDR;
    if (workers.length > 0) blockOf(cidr ?? defaultClusterCidr, podBlockPrefix, workers.length - 1);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield impossible(parts.nodesPath, `too many nodes: ${error.message}`);
  }
}
