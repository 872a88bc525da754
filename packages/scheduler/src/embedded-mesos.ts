// `-master local`: a Mesos master and agents inside this process, for development and `make up`.
// With a store that survives restarts the executors outlive this process, as with a real agent; with the empty store
// nothing could adopt them again, so they end with it and their directory goes.
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { availableParallelism, hostname, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { LocalAgent, LocalMesos } from "@cke/mesos-local";
import type { Flags } from "./flags.ts";

export interface EmbeddedMesos {
  /** `host:port` of the embedded master. */
  readonly masterAddress: string;
  stop(): Promise<void>;
}

/** Ports that one agent offers when -local_resources does not say. */
const portsPerAgent = 1_000;

export async function startEmbeddedMesos(flags: Flags, clock: Clock, logger: Logger): Promise<EmbeddedMesos> {
  const { parseAttributes, parseResources, startLocalMesos } = await import("@cke/mesos-local");
  const survives = flags.storage_type !== "empty";
  const temporary = flags.local_work_dir === undefined && !survives;
  const workDir = temporary ? await mkdtemp(join(tmpdir(), "cke-mesos-")) : workDirOf(flags);
  const parsed = <T>(flag: string, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      throw new CkeError("flag_invalid", `-${flag}: ${messageOf(error)}`, { cause: error });
    }
  };
  const attributes = parsed("local_attributes", () => parseAttributes(flags.local_attributes ?? ""));
  const free = await freeDiskMib(temporary ? workDir : tmpdir());
  const agents = Array.from({ length: flags.local_agents }, (_, index): LocalAgent => {
    const resources = flags.local_resources ?? hostResources(index, flags.local_agents, free);
    return {
      hostname: agentHostname(flags, index),
      resources: parsed("local_resources", () => parseResources(resources)),
      attributes,
    };
  });
  let mesos: LocalMesos;
  try {
    mesos = await startLocalMesos({ listen: flags.local_master_listen, agents, workDir, clock, logger });
  } catch (error) {
    if (temporary) await rm(workDir, { recursive: true, force: true });
    const words = `the embedded Mesos does not start (-local_master_listen ${flags.local_master_listen}, work directory ${workDir}): ${messageOf(error)}`;
    throw new CkeError("embedded_mesos_failed", words, { cause: error });
  }
  logger.warning("embedded Mesos: for development and tests; production is Apache Mesos", {
    master: mesos.masterAddress,
    agents: flags.local_agents,
    workDir,
  });
  return {
    masterAddress: mesos.masterAddress,
    stop: async () => {
      await mesos.stop({ unregister: !survives });
      if (temporary) await rm(workDir, { recursive: true, force: true });
    },
  };
}

/** -local_work_dir, else beside the sqlite file. */
function workDirOf(flags: Flags): string {
  const { local_work_dir, storage_type, storage_servers } = flags;
  if (local_work_dir !== undefined) return resolve(local_work_dir);
  if (storage_type === "sqlite" && storage_servers !== undefined) return resolve(`${storage_servers}.mesos`);
  throw new CkeError("flag_invalid", "-master local with this -storage_type needs -local_work_dir");
}

function agentHostname(flags: Flags, index: number): string {
  const base = flags.local_hostname ?? hostname();
  return flags.local_agents === 1 ? base : `${base}-${index + 1}`;
}

/** This host's CPUs, nine tenths of its memory and its free disk, shared out among the agents. */
export function hostResources(index: number, agents: number, freeDisk: number): string {
  const cpus = Math.max(1, availableParallelism() / agents).toFixed(2);
  const mem = Math.floor((totalmem() / 2 ** 20) * (0.9 / agents));
  const firstPort = 31_000 + index * portsPerAgent;
  return [
    `cpus:${Number(cpus)}`,
    `mem:${mem}`,
    `disk:${Math.floor(freeDisk / agents)}`,
    `ports:[${firstPort}-${firstPort + portsPerAgent - 1}]`,
  ].join(";");
}

async function freeDiskMib(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return (bavail * bsize) / 2 ** 20;
}
