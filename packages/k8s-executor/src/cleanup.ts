// `-cleanup`: for an operator whose scheduler is gone for good. Removes by labels, so it never touches anything foreign.
import type { Logger } from "@cke/foundation";
import type { Engine } from "./engine.ts";
import { labelNames } from "./node-identity.ts";

export interface CleanupTarget {
  readonly cluster: string;
  /** Absent: all nodes of the cluster. */
  readonly node?: string;
}

/** "cluster" or "cluster/node"; undefined when it is neither. */
export function parseCleanupTarget(text: string): CleanupTarget | undefined {
  const [, cluster, node] = /^([A-Za-z0-9][A-Za-z0-9.-]*)(?:\/([A-Za-z0-9][A-Za-z0-9.-]*))?$/.exec(text) ?? [];
  if (cluster === undefined) return undefined;
  return node === undefined ? { cluster } : { cluster, node };
}

export interface CleanupResult {
  readonly containers: number;
  readonly volumes: number;
}

/** Removes the target's containers and volumes on this engine. Throws EngineError. */
export async function cleanUp(engine: Engine, target: CleanupTarget, logger: Logger): Promise<CleanupResult> {
  const labels = {
    [labelNames.cluster]: target.cluster,
    ...(target.node === undefined ? {} : { [labelNames.node]: target.node }),
  };
  const containers = await engine.containers(labels);
  for (const { id, name } of containers) {
    await engine.remove(id);
    logger.info("removed the container", { container: name });
  }
  const volumes = await engine.volumes(labels);
  for (const { name } of volumes) {
    await engine.removeVolume(name);
    logger.info("removed the volume", { volume: name });
  }
  return { containers: containers.length, volumes: volumes.length };
}
