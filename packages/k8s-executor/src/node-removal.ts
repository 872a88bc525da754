// Removing what belongs to a node: by labels and by its fixed places, never by guess. Each part may be gone already.
import type { Logger } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import type { Engine } from "./engine.ts";
import type { Host } from "./host.ts";
import {
  dockerDataDirectory,
  identityLabels,
  labelNames,
  type NodeIdentity,
  ofFormerLife,
  ofOtherLife,
} from "./node-identity.ts";
import type { NodeLogger } from "./node-logger.ts";

export interface RemovalParts {
  readonly engine: Engine;
  readonly host: Host;
  readonly logger: Logger;
}

/**
 * The node's containers (dead or alive). Volumes stay: a new container of the node finds its data again. What carries the
 * label of another life than `instance` is left alone; "" takes all lives for the same.
 */
export async function removeContainers(
  { engine, logger }: RemovalParts,
  identity: NodeIdentity,
  instance = "",
): Promise<void> {
  for (const container of await engine.containers(identityLabels(identity))) {
    if (ofOtherLife(instance, container.labels)) continue;
    await engine.remove(container.id);
    logger.info("removed the container", { container: container.name, containerId: container.id });
  }
}

/** Named volumes that were made for the node in this life; foreign volumes that it used are left alone. */
export async function removeVolumes(
  { engine, logger }: RemovalParts,
  identity: NodeIdentity,
  instance: string,
): Promise<void> {
  for (const volume of await engine.volumes(identityLabels(identity))) {
    if (ofOtherLife(instance, volume.labels)) continue;
    await engine.removeVolume(volume.name);
    logger.info("removed the volume", { volume: volume.name });
  }
}

/** A node of this name that was deleted while no executor could remove it: its data must not come back to life. */
export async function removeFormerLife(
  { engine, host, log }: Pick<RemovalParts, "engine" | "host"> & { readonly log: NodeLogger },
  identity: NodeIdentity,
  task: Pick<KubeNodeTask, "labels" | "dockerPath">,
): Promise<void> {
  const wanted = task.labels[labelNames.instance] ?? "";
  const containers = await engine.containers(identityLabels(identity));
  const volumes = await engine.volumes(identityLabels(identity));
  const formerContainers = containers.filter(({ labels }) => ofFormerLife(wanted, labels));
  const formerVolumes = volumes.filter(({ labels }) => ofFormerLife(wanted, labels));
  if (formerContainers.length + formerVolumes.length === 0) return;
  log.tell("warning", "removing what a deleted node of the same name has left on this host");
  for (const { id } of formerContainers) await engine.remove(id);
  for (const { name } of formerVolumes) await engine.removeVolume(name);
  if (task.dockerPath !== "") await host.removeTree(dockerDataDirectory(task.dockerPath, identity));
}
