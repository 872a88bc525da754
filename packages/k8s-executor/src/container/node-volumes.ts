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
  /** Of these names, those of volumes that are not there yet. */
  readonly missing: ReadonlySet<string>;
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
  const missing = new Set<string>();
  let legacy = false;
  const find = async ({ name, derived }: AskedVolume) => {
    const own = volumeNameIn(instance, name);
    const [plain, mine] = await Promise.all([engine.volume(name), instance === "" ? undefined : engine.volume(own)]);
    const ours = (volume: VolumeInfo) => isDataOf(identity, instance, volume.labels);
    if (instance === "") {
      if (plain !== undefined && !ours(plain) && (derived || isNodes(plain))) throw taken(name);
      names.set(name, name);
      if (plain === undefined) missing.add(name);
      return;
    }
    if (mine !== undefined && !ours(mine)) throw taken(own);
    const old = mine === undefined && plain !== undefined && ours(plain);
    const foreign = mine === undefined && plain !== undefined && !derived && !isNodes(plain);
    legacy ||= old;
    names.set(name, old || foreign ? name : own);
    if (mine === undefined && !old && !foreign) missing.add(own);
  };
  await Promise.all(asked.map(find));
  return { names, missing, legacy };
}

/** Makes volumes, and calls `onMade` with the name of each. When it throws (EngineError), nothing is being made any more. */
export async function makeVolumes(
  engine: Engine,
  names: Iterable<string>,
  labels: Labels,
  onMade: (name: string) => void,
): Promise<void> {
  const make = async (name: string) => {
    await engine.createVolume(name, labels);
    onMade(name);
  };
  for (const made of await Promise.allSettled(Array.from(names, make)))
    if (made.status === "rejected") throw made.reason;
}
