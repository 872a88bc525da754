// The environment of an executor, as recorded (process.env in the executor-* recordings): nothing of the agent's own
// environment is inherited, and the variables of CommandInfo come last.
import type { CommandInfo } from "@cke/mesos";
import { formatDuration } from "../../wire/duration.ts";
import { variableText } from "./container-support.ts";

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const subscriptionBackoffMs = 2_000;

interface ExecutorEnvironmentInput {
  readonly agentId: string;
  readonly ip: string;
  readonly port: number;
  readonly frameworkId: string;
  readonly executorId: string;
  readonly sandbox: string;
  readonly checkpoint: boolean;
  readonly recoveryTimeoutMs: number;
  readonly shutdownGraceMs: number;
  readonly command: CommandInfo;
}

export function executorEnvironment(input: ExecutorEnvironmentInput): Record<string, string> {
  const variables: Record<string, string> = {
    PATH: defaultPath,
    LIBPROCESS_IP: input.ip,
    LIBPROCESS_PORT: "0",
    MESOS_AGENT_ENDPOINT: `${input.ip}:${input.port}`,
    MESOS_CHECKPOINT: input.checkpoint ? "1" : "0",
    MESOS_DIRECTORY: input.sandbox,
    MESOS_EXECUTOR_ID: input.executorId,
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: formatDuration(input.shutdownGraceMs),
    MESOS_FRAMEWORK_ID: input.frameworkId,
    MESOS_HTTP_COMMAND_EXECUTOR: "0",
    MESOS_SANDBOX: input.sandbox,
    MESOS_SLAVE_ID: input.agentId,
    MESOS_SLAVE_PID: `slave(1)@${input.ip}:${input.port}`,
    PWD: input.sandbox,
  };
  if (input.checkpoint) {
    variables.MESOS_RECOVERY_TIMEOUT = formatDuration(input.recoveryTimeoutMs);
    variables.MESOS_SUBSCRIPTION_BACKOFF_MAX = formatDuration(subscriptionBackoffMs);
  }
  for (const variable of input.command.environment?.variables ?? []) {
    const text = variableText(variable);
    if (text !== undefined) variables[variable.name] = text;
  }
  return variables;
}
