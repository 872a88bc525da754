// Which versions of Kubernetes can be launched: those whose images a registry may have, and those whose local images
// are on a host. Pure.
import { buildCommand, isLocalImage, minorVersionOf, type NodeType, nodeTypes } from "@cke/protocol";
import { describeHost, type KnownHosts, nothingKnown } from "../../workload/agents/host-facts.ts";
import type { ClusterConfiguration } from "./configuration.ts";
import { sortedVersions } from "./versions.ts";

export interface ImageSources {
  /** -k8s_image_path */
  readonly imagePath: string;
  /** -k8s_local_versions: versions whose local images exist, as the operator says; empty: not given. */
  readonly localVersions: readonly string[];
  readonly known: KnownHosts;
}

/** For callers to whom images and hosts do not matter. */
export const anyImages: ImageSources = { imagePath: "", localVersions: [], known: nothingKnown };

/** Full name of a type of node's image. */
export function imageOf(imagePath: string, imageName: string): string {
  return imagePath === "" ? imageName : `${imagePath.replace(/\/+$/, "")}/${imageName}`;
}

/** Local images of these types of nodes that certainly exist on no host. */
function missingImages(
  { version, nodes }: ClusterConfiguration,
  types: Iterable<NodeType>,
  { imagePath, localVersions, known }: ImageSources,
): readonly string[] {
  const told = localVersions.length > 0;
  const names = new Set([...types].map((type) => imageOf(imagePath, nodes[type].imageName)));
  return [...names].filter((name) => {
    // A name with a variable in it is not known before it is rendered.
    if (!isLocalImage(name) || name.includes("$")) return false;
    if (known.hosts.some(({ images }) => images.some((image) => image.name === name))) return false;
    return told ? !localVersions.includes(version) : known.complete && known.hosts.length > 0;
  });
}

/** Newest first. */
export function launchableVersions(
  configurations: ReadonlyMap<string, ClusterConfiguration>,
  sources: ImageSources,
): readonly string[] {
  return sortedVersions(configurations).filter((version) => {
    const configuration = configurations.get(version);
    return configuration !== undefined && missingImages(configuration, nodeTypes, sources).length === 0;
  });
}

/** Why no cluster with such nodes can be launched with this version, and what to do; undefined when it can, or may. */
export function imageProblem(
  configuration: ClusterConfiguration,
  types: Iterable<NodeType>,
  configurations: ReadonlyMap<string, ClusterConfiguration>,
  sources: ImageSources,
): string | undefined {
  const [missing] = missingImages(configuration, types, sources);
  if (missing === undefined) return undefined;
  const { hosts, now } = sources.known;
  const seen = hosts.slice(0, 3).map((host) => describeHost(host, now));
  const where =
    seen.length === 0 ? "" : ` (${seen.join(", ")}${hosts.length > 3 ? `, and ${hosts.length - 3} more` : ""})`;
  const launchable = launchableVersions(configurations, sources);
  const build = buildCommand(missing, minorVersionOf(missing) || configuration.version);
  return `Kubernetes ${configuration.version} has no image on any agent${where}: ${missing} is a local image, which is pulled from nowhere. Build it: ${build}. What can be launched now: ${launchable.length === 0 ? "nothing" : launchable.join(", ")}`;
}
