// What an agent is started with, and what its owner gets back. Durations are milliseconds.
import { type Clock, type Logger, silentLogger, systemClock } from "@cke/foundation";
import type { Attribute, Resource } from "@cke/mesos";

export interface AgentOptions {
  /** Name of the host as offers show it. */
  readonly hostname: string;
  /** Address to listen on; executors on this host reach the agent there. */
  readonly ip: string;
  /** Port to listen on; 0 takes the port of the last run, or a free one the first time (it is kept in workDir). */
  readonly port?: number;
  readonly resources: readonly Resource[];
  readonly attributes?: readonly Attribute[];
  /** Absolute directory of sandboxes and checkpoints; an agent owns it alone. */
  readonly workDir: string;
  /** `host:port` of the master; a function is asked again before every attempt. */
  readonly master: string | (() => string);
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** An executor that does not subscribe in time is killed; default 60 s. */
  readonly executorRegistrationTimeoutMs?: number;
  /** After an agent restart; default 2 s. */
  readonly executorReregistrationTimeoutMs?: number;
  /** How long an executor shall try to come back to a restarting agent; default 15 min. */
  readonly recoveryTimeoutMs?: number;
  /** Sandboxes of ended runs are deleted after that long; default 7 days. */
  readonly sandboxKeepMs?: number;
  /** Executors reach the agent over a UNIX socket in workDir (MESOS_DOMAIN_SOCKET); default false. */
  readonly executorDomainSocket?: boolean;
  /** Executors get a token (MESOS_EXECUTOR_AUTHENTICATION_TOKEN) and must show it; default false. */
  readonly authenticateExecutors?: boolean;
  /** First wait for the acknowledgement of a status update; doubles up to 10 min. Default 10 s. */
  readonly updateRetryMs?: number;
}

/** Settings that nobody has to choose; they are the defaults of mesos-agent's flags. */
interface FixedSettings {
  /** Where downloads with `cache: true` are kept: `<workDir>/fetch`. Empty when the agent starts. */
  readonly fetcherCacheDir: string;
  /** Bound of the fetcher's cache. */
  readonly fetcherCacheBytes: number;
  /** Between SHUTDOWN and SIGKILL when ExecutorInfo has no shutdown_grace_period. */
  readonly executorShutdownGracePeriodMs: number;
  /** A download without progress for that long fails. */
  readonly fetcherStallTimeoutMs: number;
}

export type AgentSettings = Required<Omit<AgentOptions, "master">> & FixedSettings & { readonly master: () => string };

/** Fills in the defaults, which are those of mesos-agent's flags. */
export function agentSettings(options: AgentOptions): AgentSettings {
  const { master } = options;
  return {
    port: 0,
    attributes: [],
    fetcherCacheDir: `${options.workDir}/fetch`,
    fetcherCacheBytes: 2 * 1024 ** 3,
    logger: silentLogger,
    clock: systemClock,
    executorRegistrationTimeoutMs: 60_000,
    executorReregistrationTimeoutMs: 2_000,
    executorShutdownGracePeriodMs: 5_000,
    recoveryTimeoutMs: 15 * 60_000,
    fetcherStallTimeoutMs: 60_000,
    sandboxKeepMs: 7 * 24 * 3_600_000,
    executorDomainSocket: false,
    authenticateExecutors: false,
    updateRetryMs: 10_000,
    ...options,
    master: typeof master === "string" ? () => master : master,
  };
}

export interface AgentStopOptions {
  /** True kills every executor and tells the master that the agent is gone; default: executors live on. */
  readonly unregister?: boolean;
}

export interface AgentHandle {
  /** Undefined until the master has given one; kept over restarts. */
  readonly agentId: string | undefined;
  readonly port: number;
  /** Resolves with the agent id once the master has accepted the agent; rejects when `signal` aborts. */
  registered(signal?: AbortSignal): Promise<string>;
  /** Closes every connection. Executors go on and are found again by the next agent on the same workDir. */
  stop(options?: AgentStopOptions): Promise<void>;
}
