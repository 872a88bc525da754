// The containers on simulated hosts. A container with its data outlives its executor.
import type { SimulatedAgent } from "@cke/mesos-local/simulation";

/** A node's container with its data, on one host. */
export interface Container {
  readonly instance: string;
  nodeType: string;
  /** The executor that made or adopted it last. */
  executorId: string;
  /** False when only the data is left. After a power cut it is false until an executor starts the container again. */
  running: boolean;
  /** Of a VM's disks: how often a guest was started on them. A copy has as many as what it is a copy of. */
  version?: number;
  /** Of a VM's disks: a guest has run on them, so that a kill without an order keeps them. */
  started?: boolean;
}

/**
 * By host, then by `instanceKey`. Of all instances of a node only one can run on a host, because they share the
 * container's name.
 */
export type Hosts = Map<string, Map<string, Container>>;

/** `key`: `<cluster>/<node>`. */
export const instanceKey = (key: string, instance: string) => `${key}@${instance}`;

export function runsIn(container: Container | undefined, instance: string): boolean {
  return container?.instance === instance && container.running;
}

/** An executor that gives the disks of a VM to another host, or takes them from there. */
export interface MovesDisks {
  /** It is there, and is not ending. */
  readonly answers: boolean;
  /** The disks, once no guest of the VM runs on its host. Throws when another executor has them. */
  give(): Container;
  take(disks: Container): void;
}

/** True when the process of the executor runs on its host. */
export const isAlive = (agent: Pick<SimulatedAgent, "runs">, id: string): boolean =>
  agent.runs().some(({ alive, executorId }) => alive && executorId === id);
