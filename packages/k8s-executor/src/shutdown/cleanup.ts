// `-cleanup`: removes what a cluster or node has left on this host, for an operator whose scheduler is gone for good or gave the host
// up. It finds things by their labels, so it never touches anything foreign. It removes one instance at a time, so that it never
// takes a present cluster for a deleted one of the same name.
import type { Logger } from "@cke/foundation";
import type { Host } from "../container/host.ts";
import type { Engine, Labels } from "../docker/engine.ts";
import { instanceOf, labelNames } from "../docker/node-identity.ts";

export interface CleanupTarget {
  readonly cluster: string;
  /** Absent: all nodes of the cluster. */
  readonly node?: string;
  /** "" for what was made without an instance. Absent: the only one that is there. */
  readonly instance?: string;
}

/** "cluster", "cluster/node", either with "@instance"; undefined when it is none of them. */
export function parseCleanupTarget(text: string): CleanupTarget | undefined {
  const name = "[A-Za-z0-9][A-Za-z0-9.-]*";
  const [, cluster, node, instance] = new RegExp(`^(${name})(?:/(${name}))?(?:@([A-Za-z0-9_-]*))?$`).exec(text) ?? [];
  if (cluster === undefined) return undefined;
  return { cluster, ...(node === undefined ? {} : { node }), ...(instance === undefined ? {} : { instance }) };
}

export type CleanupResult =
  | { readonly kind: "removed"; readonly containers: number; readonly volumes: number; readonly directories: number }
  /** Several instances are on this host. One line for each: the target to ask for, and what it has. */
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
  const wanted = ({ labels: of }: Found) => target.instance === undefined || instanceOf(of) === target.instance;
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

/** One line for each instance that is there. */
function choicesOf({ cluster, node }: CleanupTarget, found: readonly Found[]): readonly string[] {
  return [...Map.groupBy(found, ({ labels }) => instanceOf(labels))].map(([instance, held]) => {
    const names = held.map(({ name, running }) => (running === true ? `${name} (running)` : name)).join(", ");
    return `${cluster}${node === undefined ? "" : `/${node}`}@${instance}: ${names}`;
  });
}
