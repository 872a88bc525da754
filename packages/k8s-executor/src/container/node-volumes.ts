// The named volumes of a node. Each instance of a cluster has its own, because two clusters of the same name must never write to
// the same data. Missing volumes are made with the node's labels.
import type { Engine, Labels, VolumeInfo } from "../docker/engine.ts";
import { isDataOf, labelNames, type NodeIdentity } from "../docker/node-identity.ts";
import { NodeFailure } from "../reports/node-failure.ts";

/** A volume that a task asks for. */
export interface AskedVolume {
  readonly name: string;
  /** The executor derived the name from the path. A foreign volume of that name is a conflict. */
  readonly derived: boolean;
}

/** The name on this host for each name that the task asks for. */
export type VolumeNames = ReadonlyMap<string, string>;

export interface NodeVolumes {
  readonly names: VolumeNames;
  /** The data is of an executor of an earlier version, which did not put the instance into its name. */
  readonly legacy: boolean;
}

export const volumeNameIn = (instance: string, asked: string) => (instance === "" ? asked : `${asked}.${instance}`);

/** True for a volume that some executor made for some node. */
const isNodes = ({ labels }: VolumeInfo) => labels[labelNames.framework] !== undefined;

const taken = (name: string) =>
  new NodeFailure("volume_taken", `volume ${name} exists and is not this node's`, {
    advice: `remove it (docker volume rm ${name}), or name the cluster differently`,
  });

/**
 * Finds the volumes of a node: a volume of this instance; else one of this instance that an earlier version named without it;
 * else one that an operator made beforehand; else the name for a new one. Throws NodeFailure `volume_taken`, and EngineError.
 */
export async function findVolumes(
  engine: Engine,
  asked: readonly AskedVolume[],
  identity: NodeIdentity,
  instance: string,
): Promise<NodeVolumes> {
  const names = new Map<string, string>();
  let legacy = false;
  for (const { name, derived } of asked) {
    const plain = await engine.volume(name);
    const own = volumeNameIn(instance, name);
    const ours = (volume: VolumeInfo) => isDataOf(identity, instance, volume.labels);
    if (instance === "") {
      if (plain !== undefined && !ours(plain) && (derived || isNodes(plain))) throw taken(name);
      names.set(name, name);
      continue;
    }
    const mine = await engine.volume(own);
    if (mine !== undefined && !ours(mine)) throw taken(own);
    const old = mine === undefined && plain !== undefined && ours(plain);
    const foreign = mine === undefined && plain !== undefined && !derived && !isNodes(plain);
    legacy ||= old;
    names.set(name, old || foreign ? name : own);
  }
  return { names, legacy };
}

/** Makes the volumes that are missing, and calls `onMade` with the name of each. Throws EngineError. */
export async function ensureVolumes(
  engine: Engine,
  names: readonly string[],
  labels: Labels,
  onMade: (name: string) => void,
): Promise<void> {
  for (const name of names) {
    if ((await engine.volume(name)) !== undefined) continue;
    await engine.createVolume(name, labels);
    onMade(name);
  }
}
