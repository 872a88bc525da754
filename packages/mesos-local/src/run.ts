// Runs what the flags of cke-mesos-local ask for, until a signal.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createLogger, type Logger } from "@cke/foundation";
import { startAgent } from "./agent/index.ts";
import type { Flags } from "./flags.ts";
import { type LocalAgent, splitAddress, startLocalMesos } from "./local-mesos.ts";
import { type Authentication, readCredentials } from "./master/authentication.ts";
import { completed, type HostFacts, hostFacts, hostResources } from "./resources/host-resources.ts";
import { parseAttributes, parseResources } from "./resources/parse.ts";
import { startSimulatedMesos } from "./simulation/index.ts";

function agentsOf(flags: Flags, host: string, facts: HostFacts): LocalAgent[] {
  const given = parseResources(flags.resources);
  return Array.from({ length: flags.mode === "master" ? 0 : flags.agents }, (_, index) => ({
    hostname: flags.hostnames[index] ?? flags.hostnames[0] ?? host,
    resources: completed(given, hostResources(facts, index, flags.agents)),
    attributes: parseAttributes(flags.attributes),
    workDir: join(flags.workDir, `agent-${index}`),
    settings: {
      executorDomainSocket: flags.executorDomainSocket,
      authenticateExecutors: flags.authenticateExecutors,
    },
    ...(flags.agentPort === 0 ? {} : { port: flags.agentPort + index }),
  }));
}

function authenticationOf({ authentication }: Flags): { authentication?: Authentication } {
  if (authentication === undefined) return {};
  const { realms, credentialsFile } = authentication;
  return { authentication: { realms, credentials: readCredentials(credentialsFile) } };
}

async function start(flags: Flags, logger: Logger): Promise<() => Promise<void>> {
  const { host } = splitAddress(flags.listen);
  if (flags.simulatedAgents > 0) {
    const { listen, simulatedAgents, resources, attributes } = flags;
    const mesos = await startSimulatedMesos({
      listen,
      agents: simulatedAgents,
      resources: parseResources(resources),
      attributes: () => parseAttributes(attributes),
      logger,
    });
    logger.info("all simulated agents are registered; their executors only pretend", { agents: simulatedAgents });
    return () => mesos.stop();
  }
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
