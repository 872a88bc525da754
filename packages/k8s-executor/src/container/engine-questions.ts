// What the executor asks the engine for beside the container itself: what it must know before it makes one, and what concerns its networks.
import type { KubeNodeTask } from "@cke/protocol";
import type { ContainerInfo, Engine, NetworkInfo } from "../docker/engine.ts";
import { containerName } from "../docker/node-identity.ts";
import { askedVolumes } from "./container-spec.ts";
import { dockerFailure } from "./docker-failure.ts";
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

/**
 * The questions before a container is made. They are asked together, because the way to the engine and back is what takes the time; each
 * answer is awaited where it is needed. The answers reject with EngineError, that of the volumes also with NodeFailure. One that nobody
 * awaits does no harm.
 */
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

/** Which container, or the network's gateway, has the address, as far as this host knows. */
export async function addressHolder(engine: Engine, name: string, ip: string): Promise<string | undefined> {
  const network = await engine.network(name).catch(() => undefined);
  const holder = network?.holders.get(ip);
  if (holder !== undefined) return `container ${holder}`;
  return network?.ranges.some(({ gateway }) => gateway === ip) === true ? "its gateway" : undefined;
}

/**
 * Puts the container of a gateway, which does not run yet, into the network of its uplink; other nodes have none. Docker before version 25
 * makes a container with one network only. Throws CkeError in an operator's words.
 */
export async function connectUplink(engine: Engine, task: KubeNodeTask, id: string): Promise<void> {
  const { uplinkNetwork: network, uplinkIp: ip, image } = task;
  if (network === "") return;
  try {
    await engine.connect(id, network, ip);
  } catch (error) {
    const holder = await addressHolder(engine, network, ip);
    throw dockerFailure(error, { step: "network", image, network, ip, container: containerName(task), holder });
  }
}

/** The router of the Docker network of a gateway's uplink; undefined for a network without one, and for other nodes. */
export async function uplinkWay(engine: Engine, { uplinkNetwork }: KubeNodeTask): Promise<string | undefined> {
  if (uplinkNetwork === "") return undefined;
  const network = await engine.network(uplinkNetwork);
  return network?.ranges.find(({ gateway }) => gateway !== "")?.gateway;
}
