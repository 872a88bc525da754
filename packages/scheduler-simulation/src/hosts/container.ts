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
  /** Of a VM: its guest has gone to another host while it ran, so that nothing is started on these disks. */
  gone?: boolean;
  /** Of a VM: its guest has come from another host while it ran. */
  arrived?: boolean;
  /** Of a VM: the plan whose move of the guest was given up. */
  stays?: string;
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
  /** A guest comes with its disks while it runs. */
  receive(disks: Container): void;
  /** Of the VM on its host; undefined when there is nothing. */
  readonly disks: Container | undefined;
}

/** An executor that runs a guest. */
export interface RunsGuest {
  /** It is there, and is not ending. */
  readonly answers: boolean;
  /** Of the VM on its host. */
  readonly disks: Container | undefined;
  /** A guest runs under it. */
  readonly hasGuest: boolean;
  /** The guest is on another host from now on. */
  leave(): void;
}

/** True when the process of the executor runs on its host. */
export const isAlive = (agent: Pick<SimulatedAgent, "runs">, id: string): boolean =>
  agent.runs().some(({ alive, executorId }) => alive && executorId === id);
