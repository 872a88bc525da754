// Names and labels of everything that belongs to one KubeNode on its host. They are the same for every incarnation of the executor,
// so that a new executor finds what the last one left.
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
   * The instance of the cluster, from its creation to its removal. The scheduler gives it in KubeNodeTask.labels. A container or
   * volume with another value (or without one) belongs to another cluster of the same name: it is never adopted, and its data is
   * neither used nor removed. A task without the label means the instance of what has no label.
   */
  instance: "cke.instance",
  /** Label of the container and the volumes: host directory with data of the node outside of volumes. */
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

/** Labels by which the container and the volumes of this node are found. */
export function identityLabels(identity: NodeIdentity): Readonly<Record<string, string>> {
  return {
    [labelNames.framework]: identity.frameworkId,
    [labelNames.cluster]: identity.cluster,
    [labelNames.node]: identity.node,
  };
}

/** The label of the instance that a task names; none when it names none. */
export function instanceLabel({
  labels,
}: {
  readonly labels: Readonly<Record<string, string>>;
}): Readonly<Record<string, string>> {
  const instance = labels[labelNames.instance];
  return instance === undefined ? {} : { [labelNames.instance]: instance };
}

/** The instance in these labels; "" for none. */
export const instanceOf = (labels: Readonly<Record<string, string>>) => labels[labelNames.instance] ?? "";

/**
 * Labels by which the data of one instance of the node is found. They leave out the framework id, because a framework that
 * Mesos removed goes on under another id. An instance is unique; data without one is found by its framework id.
 */
export function dataLabels(identity: NodeIdentity, instance: string): Readonly<Record<string, string>> {
  const { [labelNames.framework]: _framework, ...others } = identityLabels(identity);
  return instance === "" ? identityLabels(identity) : { ...others, [labelNames.instance]: instance };
}

/** True when these are the labels of data of this instance. */
export function isDataOf(identity: NodeIdentity, instance: string, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(dataLabels(identity, instance));
  return instanceOf(labels) === instance && wanted.every(([name, value]) => labels[name] === value);
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
 * The node's own part of the host directory for Docker's data (`-k8s_docker_path`). Each instance has its own; with `legacy` it is
 * the one that executors of earlier versions shared between instances.
 */
export function dockerDataDirectory(
  dockerPath: string,
  { cluster, node }: Pick<NodeIdentity, "cluster" | "node">,
  instance: string,
  legacy = false,
): string {
  return join(dockerPath, cluster, legacy || instance === "" ? node : `${node}.${instance}`);
}
