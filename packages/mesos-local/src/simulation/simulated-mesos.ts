// A master behind its real HTTP API with any number of simulated agents in this process: for benchmarks and for trying
// things by hand. Agents and executors are in memory.
import { randomUUID } from "node:crypto";
import { type Logger, systemClock } from "@cke/foundation";
import type { Attribute, Resource } from "@cke/mesos";
import { splitAddress } from "../http/listen-address.ts";
import { Master } from "../master/master.ts";
import type { MasterState } from "../master/state/master-state.ts";
import { parseResources } from "../resources/parse.ts";
import { promptExecutor } from "./executor-behaviour.ts";
import { InMemoryLink } from "./in-memory-link.ts";
import { SimulatedAgent } from "./simulated-agent.ts";

interface SimulatedMesosOptions {
  /** `host:port` of the master; port 0 (the default, on loopback) takes a free one. */
  readonly listen?: string;
  /** How many agents; their hosts are sim-00000, sim-00001, … */
  readonly agents: number;
  /** Of every agent; default cpus:32;mem:131072;disk:1000000;ports:[31000-35000]. */
  readonly resources?: readonly Resource[];
  /** Of every agent. */
  readonly attributes?: readonly Attribute[];
  readonly logger?: Logger;
}

export interface SimulatedMesos {
  /** `host:port` for schedulers. */
  readonly masterAddress: string;
  readonly agents: readonly SimulatedAgent[];
  /** The master's state, to measure and to check; always the same object. */
  readonly state: MasterState;
  /** Stops the master; the agents and all that ran on them are gone. */
  stop(): Promise<void>;
}

const defaultResources = "cpus:32;mem:131072;disk:1000000;ports:[31000-35000]";

/** Resolves when the master listens and every agent is registered. */
export async function startSimulatedMesos(options: SimulatedMesosOptions): Promise<SimulatedMesos> {
  const { logger, attributes = [] } = options;
  const { host, port } = splitAddress(options.listen ?? "127.0.0.1:0");
  const resources = options.resources ?? parseResources(defaultResources);
  const clock = systemClock;
  const shared = { clock, ...(logger === undefined ? {} : { logger }) };
  const master = new Master({ host, port, ...shared });
  const masterAddress = await master.start();
  const { state } = master;
  if (state === undefined) throw new Error("a started master has a state");
  const agents = Array.from({ length: options.agents }, (_, index) => {
    const link = new InMemoryLink({ clock, master: () => master.state, delayMs: () => 0, newId: randomUUID });
    return new SimulatedAgent({
      hostname: `sim-${String(index).padStart(5, "0")}`,
      ip: host,
      port: 5051 + index,
      resources,
      attributes,
      behaviour: promptExecutor(),
      link,
      random: Math.random,
      ...shared,
    });
  });
  for (const agent of agents) agent.start();
  while (agents.some(({ registered }) => !registered)) await clock.sleep(5);
  return {
    masterAddress,
    agents,
    state,
    stop: async () => {
      for (const agent of agents) agent.powerOff();
      await master.stop();
    },
  };
}
