// `-master local`: a Mesos master and agents inside this process, for development and `make up`.
// With a store that survives restarts the executors outlive this process, as with a real agent; with the empty store
// nothing could adopt them again, so they end with it and their directory goes.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { LocalAgent, LocalMesos } from "@cke/mesos-local";
import { listenProblem } from "../api/listen-address.ts";
import type { Flags } from "../flags/flags.ts";

export interface EmbeddedMesos {
  /** `host:port` of the embedded master. */
  readonly masterAddress: string;
  stop(): Promise<void>;
}

/**
 * How long an agent waits for an executor whose process lives. Mesos' own 1 min and 2 s are for hosts that do nothing else: on
 * a busy machine they throw away executors that are only slow. One that ends is noticed at once, whatever these say.
 */
const patience = { executorRegistrationTimeoutMs: 600_000, executorReregistrationTimeoutMs: 60_000 };

/** Throws CkeError `flag_invalid` for -local_resources and -local_attributes that do not describe an agent. */
export async function checkAgentFlags(flags: Flags): Promise<void> {
  const { local_resources: resources, local_attributes: attributes } = flags;
  if (resources === undefined && attributes === undefined) return;
  const { parseAttributes, parseResources } = await import("@cke/mesos-local");
  const check = (flag: string, parse: () => unknown) => {
    try {
      parse();
    } catch (error) {
      throw new CkeError("flag_invalid", `-${flag}: ${messageOf(error)}`, { cause: error });
    }
  };
  if (resources !== undefined) check("local_resources", () => parseResources(resources));
  if (attributes !== undefined) check("local_attributes", () => parseAttributes(attributes));
}

export async function startEmbeddedMesos(flags: Flags, clock: Clock, logger: Logger): Promise<EmbeddedMesos> {
  const { completed, hostFacts, hostResources, parseAttributes, parseResources, startLocalMesos } = await import(
    "@cke/mesos-local"
  );
  const survives = flags.storage_type !== "empty";
  const temporary = flags.local_work_dir === undefined && !survives;
  const workDir = temporary ? await mkdtemp(join(tmpdir(), "cke-mesos-")) : workDirOf(flags);
  const attributes = parseAttributes(flags.local_attributes ?? "");
  const given = parseResources(flags.local_resources ?? "");
  let mesos: LocalMesos;
  try {
    await mkdir(workDir, { recursive: true });
    const host = await hostFacts(workDir);
    const agents = Array.from(
      { length: flags.local_agents },
      (_, index): LocalAgent => ({
        hostname: agentHostname(flags, index),
        resources: completed(given, hostResources(host, index, flags.local_agents)),
        attributes,
        settings: patience,
      }),
    );
    mesos = await startLocalMesos({ listen: flags.local_master_listen, agents, workDir, clock, logger });
  } catch (error) {
    if (temporary) await rm(workDir, { recursive: true, force: true });
    const words = `the embedded Mesos does not start (-local_master_listen ${flags.local_master_listen}, work directory ${workDir}): ${listenProblem(error) ?? messageOf(error)}`;
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

/** -local_work_dir, else beside the sqlite file; another store was refused without one. */
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
