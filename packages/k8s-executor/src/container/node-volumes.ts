// The named volumes of a node, each life's its own: two clusters of one name, a restored one beside a later one, must never
// write to the same data. Made with the node's labels when they are missing.
import type { Engine, Labels, VolumeInfo } from "../docker/engine.ts";
import { isDataOf, labelNames, type NodeIdentity } from "../docker/node-identity.ts";
import { NodeFailure } from "../reports/node-failure.ts";

/** A volume that a task asks for. */
export interface AskedVolume {
  readonly name: string;
  /** The name was made up by the executor: a volume of that name that is not ours is a conflict. */
  readonly derived: boolean;
}

/** What each asked name is called on this host. */
export type VolumeNames = ReadonlyMap<string, string>;

export interface NodeVolumes {
  readonly names: VolumeNames;
  /** The node's data was made by an executor that did not name it after its life. */
  readonly legacy: boolean;
}

export const volumeNameIn = (life: string, asked: string) => (life === "" ? asked : `${asked}.${life}`);

/** True for a volume that an executor made for a node, whichever. */
const isNodes = ({ labels }: VolumeInfo) => labels[labelNames.framework] !== undefined;

const taken = (name: string) =>
  new NodeFailure("volume_taken", `volume ${name} exists and is not this node's`, {
    advice: `remove it (docker volume rm ${name}), or name the cluster differently`,
  });

/**
 * The names of a node's volumes in this life: one of its own that is there; one that was made without its life in its name, if
 * it is of this life; one that somebody made beforehand; else a new one. Throws NodeFailure `volume_taken`, and EngineError.
 */
export async function findVolumes(
  engine: Engine,
  asked: readonly AskedVolume[],
  identity: NodeIdentity,
  life: string,
): Promise<NodeVolumes> {
  const names = new Map<string, string>();
  let legacy = false;
  for (const { name, derived } of asked) {
    const plain = await engine.volume(name);
    const own = volumeNameIn(life, name);
    const ours = (volume: VolumeInfo) => isDataOf(identity, life, volume.labels);
    if (life === "") {
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

/** Makes those that are missing; tells the name of each that it has made. Throws EngineError. */
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
