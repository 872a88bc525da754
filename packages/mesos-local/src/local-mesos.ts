// A whole embedded Mesos in this process: one master and any number of agents. Executors are processes of their own and
// outlive it; started again with the same work directory, every agent has its id and port back and finds them.
import { join } from "node:path";
import type { Clock, Logger } from "@cke/foundation";
import type { Attribute, Resource } from "@cke/mesos";
import { type AgentHandle, type AgentOptions, startAgent } from "./agent/index.ts";
import { splitAddress } from "./http/listen-address.ts";
import type { Authentication } from "./master/http/authentication.ts";
import { Master } from "./master/master.ts";
import type { MasterTimings } from "./master/state/options.ts";

export interface LocalAgent {
  /** Name of the host as offers show it. */
  readonly hostname: string;
  readonly resources: readonly Resource[];
  readonly attributes?: readonly Attribute[];
  /** Default `<workDir>/agent-<index>`. */
  readonly workDir?: string;
  /** Default: the port of the last run, or a free one. */
  readonly port?: number;
  /** Other settings of the agent: timeouts, cache. */
  readonly settings?: Partial<AgentOptions>;
}

interface LocalMesosOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly agents: readonly LocalAgent[];
  /** Absolute directory for everything that survives a restart. */
  readonly workDir: string;
  readonly timings?: Partial<MasterTimings>;
  /** The realms that authenticate, and their principals; without it there is no authentication. */
  readonly authentication?: Authentication;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

export interface LocalMesos {
  /** `host:port` for schedulers. */
  readonly masterAddress: string;
  readonly agents: readonly AgentHandle[];
  /** Stops master and agents. Executors go on, unless `unregister`: then they are killed and the agents are gone. */
  stop(options?: { readonly unregister?: boolean }): Promise<void>;
}

/** Starts master and agents; resolves when the master listens and every agent is started (not yet registered). */
export async function startLocalMesos(options: LocalMesosOptions): Promise<LocalMesos> {
  const { host, port } = splitAddress(options.listen);
  const shared = {
    ...(options.logger === undefined ? {} : { logger: options.logger }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  };
  const master = new Master({
    host,
    port,
    workDir: join(options.workDir, "master"),
    ...(options.timings === undefined ? {} : { timings: options.timings }),
    ...(options.authentication === undefined ? {} : { authentication: options.authentication }),
    ...shared,
  });
  const masterAddress = await master.start();
  const agents: AgentHandle[] = [];
  try {
    for (const [index, agent] of options.agents.entries()) {
      agents.push(
        await startAgent({
          hostname: agent.hostname,
          ip: host,
          ...(agent.port === undefined ? {} : { port: agent.port }),
          resources: agent.resources,
          ...(agent.attributes === undefined ? {} : { attributes: agent.attributes }),
          workDir: agent.workDir ?? join(options.workDir, `agent-${index}`),
          master: masterAddress,
          ...shared,
          ...agent.settings,
        }),
      );
    }
  } catch (error) {
    await Promise.allSettled(agents.map((agent) => agent.stop()));
    await master.stop();
    throw error;
  }
  return {
    masterAddress,
    agents,
    stop: async (stop = {}) => {
      await Promise.all(agents.map((agent) => agent.stop(stop)));
      await master.stop();
    },
  };
}
