// Runs what the flags of cke-mesos-local ask for, until a signal.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CkeError, createLogger, type Logger, messageOf } from "@cke/foundation";
import type { Attribute } from "@cke/mesos";
import { startAgent } from "./agent/index.ts";
import type { Flags } from "./flags.ts";
import { splitAddress } from "./http/listen-address.ts";
import { type LocalAgent, startLocalMesos } from "./local-mesos.ts";
import { type Authentication, readCredentials } from "./master/http/authentication.ts";
import type { Bag } from "./resources/bag.ts";
import { completed, type HostFacts, hostFacts, hostResources } from "./resources/host-resources.ts";
import { parseAttributes, parseResources } from "./resources/parse.ts";
import { startSimulatedMesos } from "./simulation/simulated-mesos.ts";

function agentsOf(flags: Flags, host: string, facts: HostFacts): LocalAgent[] {
  const { given, attributes } = describedAgents(flags);
  return Array.from({ length: flags.mode === "master" ? 0 : flags.agents }, (_, index) => ({
    hostname: flags.hostnames[index] ?? flags.hostnames[0] ?? host,
    resources: completed(given, hostResources(facts, index, flags.agents)),
    attributes,
    workDir: join(flags.workDir, `agent-${index}`),
    settings: {
      executorDomainSocket: flags.executorDomainSocket,
      authenticateExecutors: flags.authenticateExecutors,
    },
    ...(flags.agentPort === 0 ? {} : { port: flags.agentPort + index }),
  }));
}

/** -resources and -attributes. Throws CkeError `invalid_flag`. */
function describedAgents(flags: Flags): { given: Bag; attributes: readonly Attribute[] } {
  const parsed = <T>(flag: string, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      throw new CkeError("invalid_flag", `-${flag}: ${messageOf(error)}`, { status: 400, cause: error });
    }
  };
  return {
    given: parsed("resources", () => parseResources(flags.resources)),
    attributes: parsed("attributes", () => parseAttributes(flags.attributes)),
  };
}

function authenticationOf({ authentication }: Flags): { authentication?: Authentication } {
  if (authentication === undefined) return {};
  const { realms, credentialsFile } = authentication;
  return { authentication: { realms, credentials: readCredentials(credentialsFile) } };
}

async function start(flags: Flags, logger: Logger): Promise<() => Promise<void>> {
  const { host } = splitAddress(flags.listen);
  if (flags.simulatedAgents > 0) {
    const { listen, simulatedAgents } = flags;
    const { given, attributes } = describedAgents(flags);
    const mesos = await startSimulatedMesos({
      listen,
      agents: simulatedAgents,
      resources: given,
      attributes,
      logger,
    });
    logger.info("all simulated agents are registered; their executors only pretend", { agents: simulatedAgents });
    return () => mesos.stop();
  }
  describedAgents(flags); // reports a mistake before a directory is made
  await mkdir(flags.workDir, { recursive: true });
  const agents = agentsOf(flags, host, await hostFacts(flags.workDir));
  if (flags.mode !== "agent") {
    const { listen, workDir } = flags;
    const mesos = await startLocalMesos({
      listen,
      agents,
      workDir,
      logger,
      ...authenticationOf(flags),
    });
    return () => mesos.stop();
  }
  const handles = await Promise.all(
    agents.map(({ workDir = flags.workDir, settings, ...agent }) =>
      startAgent({ ...agent, ...settings, ip: host, workDir, master: flags.master, logger }),
    ),
  );
  return async () => {
    await Promise.all(handles.map((handle) => handle.stop()));
  };
}

/** Starts; SIGTERM and SIGINT stop it and end the process. Executors go on. */
export async function run(flags: Flags): Promise<void> {
  const logger = createLogger({ level: flags.logLevel, context: { component: "mesos-local" } });
  const stop = await start(flags, logger);
  const end = (signal: NodeJS.Signals) => {
    logger.info("stopping; executors go on", { signal });
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error("stopping failed", { error });
        process.exit(1);
      },
    );
  };
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
}
