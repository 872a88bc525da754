// The named volumes of a node: made with its labels when they are missing, refused when a made-up name is somebody else's.
import { CkeError } from "@cke/foundation";
import type { ContainerPlan } from "./container-plan.ts";
import type { Engine, Labels } from "./engine.ts";
import { belongsTo, type NodeIdentity } from "./node-identity.ts";

/** Tells the name of each volume that it has made. Throws CkeError `volume_taken`, and EngineError. */
export async function ensureVolumes(
  engine: Engine,
  { volumes }: Pick<ContainerPlan, "volumes">,
  identity: NodeIdentity,
  labels: Labels,
  onMade: (name: string) => void,
): Promise<void> {
  for (const { name, derived } of volumes) {
    const existing = await engine.volume(name);
    if (existing === undefined) {
      await engine.createVolume(name, labels);
      onMade(name);
    } else if (derived && !belongsTo(identity, existing.labels)) {
      throw new CkeError(
        "volume_taken",
        `volume ${name} exists and is not this node's: remove it (docker volume rm ${name}), or name the cluster differently`,
      );
    }
  }
}
