// The cke-mesos-local program: the embedded Mesos in a process of its own.
import { join } from "node:path";
import { CkeError, createLogger, type Logger, messageOf, versionLine } from "@cke/foundation";
import { startAgent } from "./agent/index.ts";
import { type Flags, parseFlags, usage } from "./flags.ts";
import { type LocalAgent, splitAddress, startLocalMesos } from "./local-mesos.ts";
import { parseAttributes, parseResources } from "./resources/parse.ts";

function agentsOf(flags: Flags, host: string): LocalAgent[] {
  return Array.from({ length: flags.mode === "master" ? 0 : flags.agents }, (_, index) => ({
    hostname: flags.hostnames[index] ?? flags.hostnames[0] ?? host,
    resources: parseResources(flags.resources),
    attributes: parseAttributes(flags.attributes),
    workDir: join(flags.workDir, `agent-${index}`),
    ...(flags.agentPort === 0 ? {} : { port: flags.agentPort + index }),
  }));
}

async function start(flags: Flags, logger: Logger): Promise<() => Promise<void>> {
  const { host } = splitAddress(flags.listen);
  const agents = agentsOf(flags, host);
  if (flags.mode !== "agent") {
    const mesos = await startLocalMesos({ listen: flags.listen, agents, workDir: flags.workDir, logger });
    return () => mesos.stop();
  }
  const handles = await Promise.all(
    agents.map(({ workDir = flags.workDir, settings: _, ...agent }) =>
      startAgent({ ...agent, ip: host, workDir, master: flags.master, logger }),
    ),
  );
  return async () => {
    await Promise.all(handles.map((handle) => handle.stop()));
  };
}

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2));
  if (flags === "help") {
    process.stdout.write(usage());
    return;
  }
  if (flags === "version") {
    process.stdout.write(`${versionLine("cke-mesos-local")}\n`);
    return;
  }
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

main().catch((error: unknown) => {
  process.stderr.write(`cke-mesos-local: ${messageOf(error)}\n`);
  process.exit(error instanceof CkeError && error.code === "invalid_flag" ? 2 : 1);
});
