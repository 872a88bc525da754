// The main part of every executor's program: environment, logger, signals, connection, driver, exit code.
import { CkeError, type Clock, createLogger, type Logger, parseLogLevel, systemClock } from "@cke/foundation";
import { nameProcess } from "@cke/foundation/process-name";
import { type ExecutorEnvironment, readExecutorEnvironment } from "@cke/mesos";
import type { ExecutorDriver } from "./driver.ts";
import { Executor, type ExecutorEnd } from "./executor.ts";
import { MesosAgentLink } from "./mesos-agent-link.ts";

export interface DriverParts {
  readonly environment: ExecutorEnvironment;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RunOptions {
  readonly program: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly createDriver: (parts: DriverParts) => ExecutorDriver;
}

const exitCodes: Readonly<Record<ExecutorEnd["kind"], number>> = {
  done: 0,
  "shut-down": 0,
  // 128 + SIGTERM: the agent reports the open tasks as failed, and the scheduler launches the next executor.
  detached: 143,
  "agent-lost": 1,
  refused: 1,
  failed: 1,
};

/** Runs until the executor ends; resolves to the exit code. SIGTERM and SIGINT end this process and leave tasks running. */
export async function runExecutor({ program, variables, createDriver }: RunOptions): Promise<number> {
  nameProcess(program);
  const level = parseLogLevel(variables.CKE_LOG_LEVEL || "info");
  if (level === undefined) {
    const given = JSON.stringify(variables.CKE_LOG_LEVEL?.slice(0, 100));
    process.stderr.write(`${program}: CKE_LOG_LEVEL is ${given}: allowed is error, warning, info or debug\n`);
    return 2;
  }
  const root = createLogger({ level, context: { component: program } });
  let environment: ExecutorEnvironment;
  try {
    environment = readExecutorEnvironment(variables);
  } catch (error) {
    if (!(error instanceof CkeError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    return 2;
  }
  const { executorId, frameworkId } = environment;
  const logger = root.child({ executorId });
  const clock = systemClock;
  const executor = new Executor({
    executorId,
    frameworkId,
    link: new MesosAgentLink({ environment, clock, logger }),
    driver: createDriver({ environment, variables, clock, logger }),
    clock,
    logger,
  });
  const onSignal = (signal: NodeJS.Signals) => executor.detach(`signal ${signal}`);
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  try {
    return exitCodes[(await executor.run()).kind];
  } finally {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  }
}
