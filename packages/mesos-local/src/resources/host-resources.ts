// The resources of the host, which an agent offers where its operator named none, as mesos-agent does.
import { statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import type { Bag } from "./bag.ts";
import { parseResources } from "./parse.ts";

/** Ports that one agent offers when none are named. */
const portsPerAgent = 1_000;
const gibibyteMib = 1_024;

export interface HostFacts {
  readonly cpus: number;
  readonly memMib: number;
  /** Size of the file system of the work directory, not what is free: the same after a restart. */
  readonly diskMib: number;
}

/** `directory` exists, and is on the file system of the agents' work directories. */
export async function hostFacts(directory: string): Promise<HostFacts> {
  const { blocks, bsize } = await statfs(directory);
  return { cpus: availableParallelism(), memMib: totalmem() / 2 ** 20, diskMib: (blocks * bsize) / 2 ** 20 };
}

/** What Mesos' agents leave to the host: 5 GiB of the disk, or half of one below 10 GiB. */
const usableDisk = (mib: number) => (mib >= 10 * gibibyteMib ? mib - 5 * gibibyteMib : mib / 2);

/** One agent's share of the host's CPUs, nine tenths of its memory, its disk, and a range of ports of its own. */
export function hostResources({ cpus, memMib, diskMib }: HostFacts, index: number, agents: number): Bag {
  const firstPort = 31_000 + index * portsPerAgent;
  return parseResources(
    [
      `cpus:${Number(Math.max(1, cpus / agents).toFixed(2))}`,
      `mem:${Math.floor(memMib * (0.9 / agents))}`,
      `disk:${Math.floor(usableDisk(diskMib) / agents)}`,
      `ports:[${firstPort}-${firstPort + portsPerAgent - 1}]`,
    ].join(";"),
  );
}

/** `given`, and of the host's resources those whose names are not in it. */
export function completed(given: Bag, host: Bag): Bag {
  const names = new Set(given.map(({ name }) => name));
  return [...given, ...host.filter(({ name }) => !names.has(name))];
}
