// Removing what belongs to one life of a node, and setting aside what belongs to another: by labels and by its fixed places,
// never by guess. Each part may be gone already.
import type { Logger } from "@cke/foundation";
import type { Engine, Labels } from "../docker/engine.ts";
import { dataLabels, dockerDataDirectory, identityLabels, lifeOf, type NodeIdentity } from "../docker/node-identity.ts";
import type { NodeLogger } from "../reports/node-logger.ts";
import type { Host } from "./host.ts";
import { volumeNameIn } from "./node-volumes.ts";

export interface RemovalParts {
  readonly engine: Engine;
  readonly host: Host;
  readonly logger: Logger;
}

/** One life of a node: what carries another one is left alone. */
export interface NodeLife {
  readonly identity: NodeIdentity;
  /** "": the life of what was made without one. */
  readonly life: string;
}

const isOf =
  (life: string) =>
  ({ labels }: { readonly labels: Labels }) =>
    lifeOf(labels) === life;

/** Stops the life's containers in order, each within these seconds. */
export async function stopContainers(engine: Engine, { identity, life }: NodeLife, seconds: number): Promise<void> {
  const containers = await engine.containers(identityLabels(identity));
  for (const { id, running } of containers.filter(isOf(life))) if (running) await engine.stop(id, seconds);
}

/** Its containers, dead or alive. Volumes stay: a new container of the node finds its data again. */
export async function removeContainers({ engine, logger }: RemovalParts, { identity, life }: NodeLife): Promise<void> {
  for (const container of (await engine.containers(identityLabels(identity))).filter(isOf(life))) {
    await engine.remove(container.id);
    logger.info("removed the container", { container: container.name, containerId: container.id });
  }
}

/** Its data: directories, and the named volumes that were made for it; foreign volumes that it used are left alone. */
export async function removeData(
  { engine, host, logger }: RemovalParts,
  { identity, life }: NodeLife,
  dockerPath: string,
): Promise<void> {
  const volumes = (await engine.volumes(dataLabels(identity, life))).filter(isOf(life));
  if (dockerPath !== "") {
    // Volumes last: their names tell whether the directory was named after the life.
    const legacy = volumes.some(({ name }) => !name.endsWith(volumeNameIn(life, "")));
    await host.removeTree(dockerDataDirectory(dockerPath, identity, life));
    if (legacy) await host.removeTree(dockerDataDirectory(dockerPath, identity, life, true));
  }
  for (const { name } of volumes) {
    await engine.removeVolume(name);
    logger.info("removed the volume", { volume: name });
  }
}

/** Stopping in order, of what nobody runs any more. */
const asideStopSeconds = 30;

/**
 * Makes room beside another life of the node on this host: a deleted cluster of the same name whose host was away, or one
 * that a restored store does not know. Its containers are stopped in order and removed, as for every stop; its data stays, for
 * here nobody can tell whether its removal was ordered.
 */
export async function setAside(
  { engine, log }: Pick<RemovalParts, "engine"> & { readonly log: NodeLogger },
  { identity, life }: NodeLife,
): Promise<void> {
  const others = ({ labels }: { readonly labels: Labels }) => lifeOf(labels) !== life;
  for (const { id, name, running, labels } of (await engine.containers(identityLabels(identity))).filter(others)) {
    const what = `container ${name} of ${lifeWords(lifeOf(labels))} of this node`;
    log.tell("warning", `${what} is ${running ? "stopped and removed" : "removed"}; its volumes stay`);
    if (running) await engine.stop(id, asideStopSeconds);
    await engine.remove(id);
  }
  const volumes = (await engine.volumes(identityLabels(identity))).filter(others);
  for (const [other, held] of Map.groupBy(volumes, ({ labels }) => lifeOf(labels))) {
    const target = `${identity.cluster}/${identity.node}@${other}`;
    const names = held.map(({ name }) => name).join(", ");
    log.tell(
      "warning",
      `this host keeps data of ${lifeWords(other)} of this node, whose removal nobody has ordered here: ${names}. When it is not wanted any more, run on this host: cke-k8s-exec -cleanup ${target}`,
    );
  }
}

const lifeWords = (life: string) => (life === "" ? "another life" : `another life (${life})`);
