// The environment in which an agent starts an executor (recording: executor-lifecycle-exec-1). All
// variables are checked at the start, and every problem is in one error: without an agent an executor can do nothing.
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import { type HostAndPort, parseHostAndPort } from "../detection/master-address.ts";

const durationUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  secs: 1000,
  mins: 60_000,
  hrs: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
};

/** Milliseconds of a duration as Mesos prints it ("15mins", "1.5secs"); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)([a-z]+)$/.exec(text.trim());
  const unit = match?.[2] === undefined ? undefined : durationUnits[match[2]];
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** What an executor knows from its start on. Durations in milliseconds. */
export interface ExecutorEnvironment {
  readonly frameworkId: string;
  readonly executorId: string;
  readonly agentId: string;
  readonly agentEndpoint: HostAndPort;
  /** https when the agent's libprocess speaks TLS only. */
  readonly protocol: "http:" | "https:";
  /** The agent's libprocess id, "slave(1)". */
  readonly agentProcess: string;
  /** UNIX socket of the agent, to be used in place of `agentEndpoint`. */
  readonly domainSocket?: string;
  /** The executor's work directory. */
  readonly sandbox: string;
  /** With checkpointing the executor outlives a restart of the agent. */
  readonly checkpoint: boolean;
  readonly recoveryTimeoutMs: number;
  readonly subscriptionBackoffMaxMs: number;
  /** How long the agent waits after SHUTDOWN before it kills the executor. */
  readonly shutdownGracePeriodMs: number;
  /** The token for the agent's executor API, if it asks for one; a function, so that it is not logged by accident. */
  readonly authenticationToken: () => string | undefined;
}

const required = z.string("is not set").min(1, "is empty");
const duration = (fallbackMs: number) =>
  z
    .string()
    .optional()
    .transform((text, context) => {
      const ms = text === undefined ? fallbackMs : parseDuration(text);
      if (ms !== undefined) return ms;
      context.addIssue({ code: "custom", message: `"${text}" is not a duration like 15mins` });
      return z.NEVER;
    });

const environmentSchema = z.object({
  MESOS_FRAMEWORK_ID: required,
  MESOS_EXECUTOR_ID: required,
  MESOS_SLAVE_ID: required,
  MESOS_AGENT_ENDPOINT: required.transform((text, context) => {
    const address = parseHostAndPort(text, 5051);
    if (address !== undefined) return address;
    context.addIssue({ code: "custom", message: `"${text}" is not of the form host:port` });
    return z.NEVER;
  }),
  MESOS_SANDBOX: z.string().optional(),
  MESOS_DIRECTORY: z.string().optional(),
  MESOS_SLAVE_PID: z.string().optional(),
  MESOS_DOMAIN_SOCKET: z.string().optional(),
  MESOS_EXECUTOR_AUTHENTICATION_TOKEN: z.string().optional(),
  MESOS_CHECKPOINT: z.string().optional(),
  // Mesos' own defaults: 15 minutes, 2 seconds, 5 seconds.
  MESOS_RECOVERY_TIMEOUT: duration(15 * 60_000),
  MESOS_SUBSCRIPTION_BACKOFF_MAX: duration(2000),
  MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: duration(5000),
  LIBPROCESS_SSL_ENABLED: z.string().optional(),
  LIBPROCESS_SSL_SUPPORT_DOWNGRADE: z.string().optional(),
});

const isTrue = (text: string | undefined) => text === "1" || text === "true";

/** Reads the environment; throws CkeError `mesos_invalid_executor_environment` that names every variable that is wrong. */
export function readExecutorEnvironment(variables: Readonly<Record<string, string | undefined>>): ExecutorEnvironment {
  const result = environmentSchema.safeParse(variables);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join(", ");
    throw new CkeError(
      "mesos_invalid_executor_environment",
      `an executor must be started by a Mesos agent, which sets its environment: ${problems}`,
      { status: 400 },
    );
  }
  const env = result.data;
  const token = env.MESOS_EXECUTOR_AUTHENTICATION_TOKEN;
  const domainSocket = env.MESOS_DOMAIN_SOCKET;
  const secure = isTrue(env.LIBPROCESS_SSL_ENABLED) && !isTrue(env.LIBPROCESS_SSL_SUPPORT_DOWNGRADE);
  return {
    frameworkId: env.MESOS_FRAMEWORK_ID,
    executorId: env.MESOS_EXECUTOR_ID,
    agentId: env.MESOS_SLAVE_ID,
    agentEndpoint: env.MESOS_AGENT_ENDPOINT,
    protocol: secure ? "https:" : "http:",
    agentProcess: env.MESOS_SLAVE_PID?.split("@")[0] || "slave(1)",
    ...(domainSocket === undefined || domainSocket === "" ? {} : { domainSocket }),
    sandbox: env.MESOS_SANDBOX || env.MESOS_DIRECTORY || ".",
    checkpoint: isTrue(env.MESOS_CHECKPOINT),
    recoveryTimeoutMs: env.MESOS_RECOVERY_TIMEOUT,
    subscriptionBackoffMaxMs: env.MESOS_SUBSCRIPTION_BACKOFF_MAX,
    shutdownGracePeriodMs: env.MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD,
    authenticationToken: () => token,
  };
}
