// The containers on simulated hosts. A container with its data outlives its executor.
import type { TaskInfo } from "@cke/mesos";
import type { ExecutorHost, SimulatedAgent } from "@cke/mesos-local/simulation";

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
  /** Of a VM: another host was asked to let its guest go on. It stands still, and nothing is started before that host has answered. */
  leaving?: boolean;
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

/** By `instanceKey`. */
export function containersOn(hosts: Hosts, hostname: string): Map<string, Container> {
  const found = hosts.get(hostname) ?? new Map<string, Container>();
  hosts.set(hostname, found);
  return found;
}

/** `key`: `<cluster>/<node>`. */
export const instanceKey = (key: string, instance: string) => `${key}@${instance}`;

export function runsIn(container: Container | undefined, instance: string): boolean {
  return container?.instance === instance && container.running;
}

/** An executor whose agent does not know it exits within some seconds; what `ending` has then, if it is still its own, ends before. */
export function leaveUnknown(host: ExecutorHost, ending: () => Container | undefined): void {
  host.after(500 + host.random() * 7_500, () => {
    const found = ending();
    if (found?.executorId === host.executor.executor_id.value) found.running = false;
    host.exit(1);
  });
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
  /** The guest crashes; false when there is none that runs. */
  crashGuest(): boolean;
  /** The guest shuts itself down; false when there is none that runs. */
  finishGuest(): boolean;
  /** The guest is on another host from now on. */
  leave(): void;
  /** The guest is this host's again: it goes on, or is started from its disks. Nothing to do is no error. */
  takeBack(): void;
}

/** True when the process of the executor runs on its host. */
export const isAlive = (agent: Pick<SimulatedAgent, "runs">, id: string): boolean =>
  agent.runs().some(({ alive, executorId }) => alive && executorId === id);

/** The functions with which an executor reports to the run, and asks it for faults. */
export interface VmWorld {
  readonly hosts: Hosts;
  now(): number;
  /** True: the image is missing. */
  imageMissing(): boolean;
  /** Called when disks were made or taken over on a host. */
  onContainer(hostname: string, key: string, container: Container): void;
  /** Called before an executor removes the data of an instance from its host. */
  onRemoval(executorId: string, instanceId: string, hostname: string): void;
  /** Called when the disks of a clone's source changed while they were copied. */
  onBrokenCopy(words: string): void;
  onLaunch(host: ExecutorHost, tasks: readonly TaskInfo[]): void;
  readonly vmExecutors: Map<string, RunsGuest>;
  readonly diskMovers: Map<string, MovesDisks>;
  /** True when the process of the executor runs on its host. */
  isAlive(hostname: string, executorId: string): boolean;
}
