// What the executor asks the engine before it makes a container. The questions are asked together, because the way to the engine and
// back is what takes the time; each answer is awaited where it is needed.
import type { KubeNodeTask } from "@cke/protocol";
import type { ContainerInfo, Engine, NetworkInfo } from "../docker/engine.ts";
import { containerName } from "../docker/node-identity.ts";
import { askedVolumes } from "./container-spec.ts";
import type { NodeInstance } from "./node-removal.ts";
import { findVolumes, type NodeVolumes } from "./node-volumes.ts";

export interface Questions {
  readonly alive: Promise<unknown>;
  /** The container with the node's name. */
  readonly holder: Promise<ContainerInfo | undefined>;
  readonly image: Promise<boolean>;
  readonly network: Promise<NetworkInfo | undefined>;
  readonly volumes: Promise<NodeVolumes>;
}

/** The answers reject with EngineError, that of the volumes also with NodeFailure. One that nobody awaits does no harm. */
export function askEngine(engine: Engine, task: KubeNodeTask, { identity, instance }: NodeInstance): Questions {
  const questions: Questions = {
    alive: engine.ping(),
    holder: engine.container(containerName(task)),
    image: engine.hasImage(task.image),
    network: task.network === "" ? Promise.resolve(undefined) : engine.network(task.network),
    volumes: findVolumes(engine, askedVolumes(task, identity), identity, instance),
  };
  for (const question of Object.values(questions)) question.catch(() => {});
  return questions;
}
