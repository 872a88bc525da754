// `-cleanup`: for an operator whose scheduler is gone for good, or gave a host up. Removes by labels, so it never touches anything
// foreign; and one life of a node at a time, so that it never takes a cluster for a deleted one of the same name.
import type { Logger } from "@cke/foundation";
import type { Host } from "../container/host.ts";
import type { Engine, Labels } from "../docker/engine.ts";
import { labelNames, lifeOf } from "../docker/node-identity.ts";

export interface CleanupTarget {
  readonly cluster: string;
  /** Absent: all nodes of the cluster. */
  readonly node?: string;
  /** "": what was made without a life. Absent: the one that is there. */
  readonly life?: string;
}

/** "cluster", "cluster/node", either with "@life"; undefined when it is none of them. */
export function parseCleanupTarget(text: string): CleanupTarget | undefined {
  const name = "[A-Za-z0-9][A-Za-z0-9.-]*";
  const [, cluster, node, life] = new RegExp(`^(${name})(?:/(${name}))?(?:@([A-Za-z0-9_-]*))?$`).exec(text) ?? [];
  if (cluster === undefined) return undefined;
  return { cluster, ...(node === undefined ? {} : { node }), ...(life === undefined ? {} : { life }) };
}

export type CleanupResult =
  | { readonly kind: "removed"; readonly containers: number; readonly volumes: number; readonly directories: number }
  /** Several clusters of this name are here: which one is meant? Targets with what each has. */
  | { readonly kind: "several"; readonly choices: readonly string[] };

interface Found {
  readonly name: string;
  readonly labels: Labels;
  readonly running?: boolean;
}

/** Removes the target's containers, volumes and data directories on this engine. Throws EngineError. */
export async function cleanUp(
  engine: Engine,
  host: Pick<Host, "removeTree">,
  target: CleanupTarget,
  logger: Logger,
): Promise<CleanupResult> {
  const labels = {
    [labelNames.cluster]: target.cluster,
    ...(target.node === undefined ? {} : { [labelNames.node]: target.node }),
  };
  const wanted = ({ labels: of }: Found) => target.life === undefined || lifeOf(of) === target.life;
  const containers = (await engine.containers(labels)).filter(wanted);
  const volumes = (await engine.volumes(labels)).filter(wanted);
  const choices = choicesOf(target, [...containers, ...volumes]);
  if (choices.length > 1) return { kind: "several", choices };
  for (const { id, name } of containers) {
    await engine.remove(id);
    logger.info("removed the container", { container: name });
  }
  const directories = new Set(
    [...containers, ...volumes].flatMap(({ labels: { [labelNames.dataDirectory]: directory = "" } }) =>
      /^\/.+\/.+/.test(directory) ? [directory] : [],
    ),
  );
  for (const directory of directories) {
    await host.removeTree(directory);
    logger.info("removed the directory", { directory });
  }
  for (const { name } of volumes) {
    await engine.removeVolume(name);
    logger.info("removed the volume", { volume: name });
  }
  return { kind: "removed", containers: containers.length, volumes: volumes.length, directories: directories.size };
}

/** One line for each life that is there. */
function choicesOf({ cluster, node }: CleanupTarget, found: readonly Found[]): readonly string[] {
  return [...Map.groupBy(found, ({ labels }) => lifeOf(labels))].map(([life, held]) => {
    const names = held.map(({ name, running }) => (running === true ? `${name} (running)` : name)).join(", ");
    return `${cluster}${node === undefined ? "" : `/${node}`}@${life}: ${names}`;
  });
}
