// Removes what belongs to one instance of a node, and stops what belongs to another one. Everything is found by labels and by
// fixed places, never by guess. Each part may be gone already.
import type { UnitLogger } from "@cke/executor-core";
import type { Logger } from "@cke/foundation";
import type { ContainerInfo, Engine, Labels } from "../docker/engine.ts";
import {
  dataLabels,
  dockerDataDirectory,
  identityLabels,
  instanceOf,
  type NodeIdentity,
} from "../docker/node-identity.ts";
import type { Host } from "./host.ts";
import { volumeNameIn } from "./node-volumes.ts";

export interface RemovalParts {
  readonly engine: Engine;
  readonly host: Host;
  readonly logger: Logger;
}

/** A node of one instance of its cluster. */
export interface NodeInstance {
  readonly identity: NodeIdentity;
  /** "" for what was made without an instance. */
  readonly instance: string;
}

const isOf =
  (instance: string) =>
  ({ labels }: { readonly labels: Labels }) =>
    instanceOf(labels) === instance;

/**
 * The containers of the instance. One that a framework of an earlier id has made is of it too: Mesos has removed that framework, and
 * CKE goes on under another id.
 */
const containersOf = async (engine: Engine, { identity, instance }: NodeInstance): Promise<readonly ContainerInfo[]> =>
  (await engine.containers(dataLabels(identity, instance))).filter(isOf(instance));

/** Stops the containers of the instance, each within these seconds. */
export async function stopContainers(engine: Engine, node: NodeInstance, seconds: number): Promise<void> {
  for (const { id, running } of await containersOf(engine, node)) if (running) await engine.stop(id, seconds);
}

/** Removes the containers of the instance, running or not. Volumes stay: a new container of the node finds its data again. */
export async function removeContainers({ engine, logger }: RemovalParts, node: NodeInstance): Promise<void> {
  for (const container of await containersOf(engine, node)) {
    await engine.remove(container.id);
    logger.info("removed the container", { container: container.name, containerId: container.id });
  }
}

/** Removes the data of the instance: directories, and the volumes that were made for it. Foreign volumes that it used stay. */
export async function removeData(
  { engine, host, logger }: RemovalParts,
  { identity, instance }: NodeInstance,
  dockerPath: string,
): Promise<void> {
  const volumes = (await engine.volumes(dataLabels(identity, instance))).filter(isOf(instance));
  if (dockerPath !== "") {
    // Volumes are removed last, because their names tell how the directory is named.
    const legacy = volumes.some(({ name }) => !name.endsWith(volumeNameIn(instance, "")));
    await host.removeTree(dockerDataDirectory(dockerPath, identity, instance));
    if (legacy) await host.removeTree(dockerDataDirectory(dockerPath, identity, instance, true));
  }
  for (const { name } of volumes) {
    await engine.removeVolume(name);
    logger.info("removed the volume", { volume: name });
  }
}

/** Time to stop for a container of another instance. */
const asideStopSeconds = 30;

/**
 * Stops and removes the containers of other instances of the node on this host: of a deleted cluster of the same name whose
 * host was away, or of one that a restored store does not know. Their data stays, because this executor does not know whether
 * its removal was ordered. Resolves to the containers of this instance.
 */
export async function setAside(
  { engine, log }: Pick<RemovalParts, "engine"> & { readonly log: UnitLogger },
  { identity, instance }: NodeInstance,
): Promise<readonly ContainerInfo[]> {
  const others = ({ labels }: { readonly labels: Labels }) => instanceOf(labels) !== instance;
  const [containers, kept] = await Promise.all([
    engine.containers(identityLabels(identity)),
    engine.volumes(identityLabels(identity)),
  ]);
  for (const { id, name, running, labels } of containers.filter(others)) {
    const what = `container ${name} of ${describeInstance(instanceOf(labels))} of this node`;
    log.tell("warning", `${what} is ${running ? "stopped and removed" : "removed"}; its volumes stay`);
    if (running) await engine.stop(id, asideStopSeconds);
    await engine.remove(id);
  }
  const volumes = kept.filter(others);
  for (const [other, held] of Map.groupBy(volumes, ({ labels }) => instanceOf(labels))) {
    const target = `${identity.cluster}/${identity.node}@${other}`;
    const names = held.map(({ name }) => name).join(", ");
    log.tell(
      "warning",
      `this host keeps data of ${describeInstance(other)} of this node, whose removal was not ordered on this host: ${names}. When it is not wanted any more, run on this host: cke-k8s-exec -cleanup ${target}`,
    );
  }
  return containers.filter((container) => !others(container));
}

const describeInstance = (instance: string) =>
  instance === "" ? "another instance" : `another instance (${instance})`;
