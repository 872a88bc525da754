// What the framework needs from the rest of the scheduler: typed options and small interfaces to I/O.
import type { CkeError, Clock, Logger, LogLevel } from "@cke/foundation";
import type { SchedulerConnectionOptions } from "@cke/mesos";
import type { ExecutorMessage } from "@cke/protocol";
import type { Store } from "../../store/store.ts";
import type { WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import type { Ask, CallSink } from "./mesos-connection.ts";

/** Flags that concern the framework, parsed and checked. */
export interface FrameworkOptions {
  /** -name */
  readonly name: string;
  /** User that Mesos runs executors as. */
  readonly user: string;
  /** -roles; at least one. */
  readonly roles: readonly string[];
  /** -failover, seconds. */
  readonly failoverSeconds: number;
  /** -partition_grace, seconds: how long a worker's agent may be out of reach before it is launched elsewhere; 0: never. */
  readonly partitionGraceSeconds: number;
  /** -framework_url; absent: the scheduler's own URL. */
  readonly webuiUrl?: string | undefined;
  readonly principal?: string | undefined;
  /** Hostname that Mesos shows for the framework. */
  readonly hostname?: string | undefined;
  /** -executor_url as the base of `<base>/exec/<name>`, with scheme, without a trailing slash. */
  readonly executorUrl: string;
  /** Log level of executors. */
  readonly logLevel: LogLevel;
}

/** This scheduler's own executor downloads; leave it out when -executor_url points elsewhere. */
export interface ExecutorFiles {
  /** Path below the executor URL that changes with the content (`exec/<sha256>/<name>`); undefined: none yet. */
  urlOf(name: string): string | undefined;
}

/** A connection to the leading master; `SchedulerConnection` of @cke/mesos is one. */
export interface MesosConnection extends CallSink {
  /** The master's operator API; without it what is in no record cannot be adopted. */
  readonly ask?: Ask;
  start(): void;
  stop(): Promise<void>;
}

/** What the framework gives a connection: spread it into `SchedulerConnectionOptions`. */
export type ConnectionHooks = Required<
  Pick<SchedulerConnectionOptions, "subscribe" | "handler" | "onProblem" | "onState" | "onUnavailable">
>;

export interface FrameworkDependencies {
  readonly options: FrameworkOptions;
  readonly store: Store;
  /** What can be run, made by hand at the start of a term. */
  readonly kinds: readonly WorkloadKind[];
  /** Makes the one connection; it is started and stopped by the framework. */
  readonly connect: (hooks: ConnectionHooks) => MesosConnection;
  readonly execFiles?: ExecutorFiles | undefined;
  /** Told of every message of an executor that was launched: its channels answer some. */
  readonly onExecutorMessage?: ((executorId: string, message: ExecutorMessage["message"]) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once when the framework can never work again (another scheduler took over, Mesos removed it). */
  readonly onFatal?: ((error: CkeError) => void) | undefined;
  /** Unique, sortable ids of launches; given in tests. */
  readonly incarnation?: ((now: number) => string) | undefined;
  readonly random?: (() => number) | undefined;
}
