// How everything that belongs to one KubeNode is named and labelled on its host. Stable over incarnations of the executor:
// that is how a new one finds what the last one left.
import { createHash } from "node:crypto";
import { join } from "node:path";

/** Which node of which cluster of which framework. */
export interface NodeIdentity {
  readonly frameworkId: string;
  readonly cluster: string;
  readonly node: string;
}

export const labelNames = {
  framework: "cke.framework",
  cluster: "cke.cluster",
  node: "cke.node",
  incarnation: "cke.incarnation",
  executor: "cke.executor",
  specHash: "cke.spec-hash",
  /**
   * Given by the scheduler in KubeNodeTask.labels: one value for one life of the node. What carries another value (or none)
   * is of another node of the same name: never adopted, and its data neither used nor removed. Absent in the task: the life of
   * what carries no value.
   */
  instance: "cke.instance",
  /** Host directory with data of the node that is no volume: on its container and its volumes. */
  dataDirectory: "cke.data-directory",
} as const;

/** The wrapper's directory and socket inside the container. */
export const wrapperDirectory = "/run/cke-wrapper";
export const wrapperSocketName = "wrapper.sock";

export function containerName({ cluster, node }: Pick<NodeIdentity, "cluster" | "node">): string {
  return `cke-${cluster}-${node}`;
}

/** Name of the volume for a path of the container, when the specification names none. */
export function derivedVolumeName(identity: Pick<NodeIdentity, "cluster" | "node">, path: string): string {
  return `${containerName(identity)}-${path.replace(/^\/+|\/+$/g, "").replace(/[^a-zA-Z0-9_.-]+/g, "-")}`;
}

/** Labels of the container and of its volumes: what belongs to this node and to nobody else. */
export function identityLabels(identity: NodeIdentity): Readonly<Record<string, string>> {
  return {
    [labelNames.framework]: identity.frameworkId,
    [labelNames.cluster]: identity.cluster,
    [labelNames.node]: identity.node,
  };
}

/** The label of the wanted life, for what is made for it. */
export function instanceLabel({
  labels,
}: {
  readonly labels: Readonly<Record<string, string>>;
}): Readonly<Record<string, string>> {
  const instance = labels[labelNames.instance];
  return instance === undefined ? {} : { [labelNames.instance]: instance };
}

/** The life that something belongs to; "" for what was made without one. */
export const lifeOf = (labels: Readonly<Record<string, string>>) => labels[labelNames.instance] ?? "";

/**
 * Labels of the data of one life of the node, under whatever id its framework had: a framework that Mesos removed goes on under
 * another one. A life is one cluster's in all the world, what has none is its framework's.
 */
export function dataLabels(identity: NodeIdentity, life: string): Readonly<Record<string, string>> {
  const { [labelNames.framework]: _framework, ...others } = identityLabels(identity);
  return life === "" ? identityLabels(identity) : { ...others, [labelNames.instance]: life };
}

/** True for labels of this life's data. */
export function isDataOf(identity: NodeIdentity, life: string, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(dataLabels(identity, life));
  return lifeOf(labels) === life && wanted.every(([name, value]) => labels[name] === value);
}

export function belongsTo(identity: NodeIdentity, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(identityLabels(identity)).every(([name, value]) => labels[name] === value);
}

/** Host directory that is mounted at `wrapperDirectory`; short, because socket paths end at 107 bytes. */
export function runDirectory(base: string, { frameworkId, cluster, node }: NodeIdentity): string {
  const hash = createHash("sha256").update([frameworkId, cluster, node].join("\0")).digest("hex");
  return join(base, hash.slice(0, 16));
}

/**
 * The node's own part of the host directory for Docker's data (`-k8s_docker_path`), for this life alone. `legacy`: as earlier
 * executors named it, for all lives.
 */
export function dockerDataDirectory(
  dockerPath: string,
  { cluster, node }: Pick<NodeIdentity, "cluster" | "node">,
  life: string,
  legacy = false,
): string {
  return join(dockerPath, cluster, legacy || life === "" ? node : `${node}.${life}`);
}
