// What the framework needs from the rest of the scheduler: typed options, and small interfaces to I/O.
import type { CkeError, Clock, Logger, LogLevel } from "@cke/foundation";
import type { SchedulerConnectionOptions } from "@cke/mesos";
import type { ExecutorMessage } from "@cke/protocol";
import type { Store } from "../../store/store.ts";
import type { WorkloadKind } from "../../workload/kinds/workload-kind.ts";
import type { Ask, AskAgent, CallSink } from "./mesos-connection.ts";

/** The flags that concern the framework, parsed and checked. */
export interface FrameworkOptions {
  /** -name */
  readonly name: string;
  /** The user as which Mesos runs executors. */
  readonly user: string;
  /** -roles; at least one. */
  readonly roles: readonly string[];
  /** -failover, seconds. */
  readonly failoverSeconds: number;
  /**
   * -partition_grace, seconds: after this time a unit that is not stateful, and whose agent is out of reach, is launched elsewhere; 0: never.
   */
  readonly partitionGraceSeconds: number;
  /** -framework_url; absent: the scheduler's own URL. */
  readonly webuiUrl?: string | undefined;
  readonly principal?: string | undefined;
  /** The hostname that Mesos shows for the framework. */
  readonly hostname?: string | undefined;
  /** -executor_url as the base of `<base>/exec/<name>`, with scheme, without a trailing slash. */
  readonly executorUrl: string;
  /** Log level of executors. */
  readonly logLevel: LogLevel;
}

/** This scheduler's own executor downloads. Leave it out when -executor_url points elsewhere. */
export interface ExecutorFiles {
  /**
   * Path below the executor URL that changes with the content (`exec/<sha256>/<name>`); undefined while there is none.
   */
  urlOf(name: string): string | undefined;
}

/** A connection to the leading Mesos master. `SchedulerConnection` of @cke/mesos implements it. */
export interface MesosConnection extends CallSink {
  /** The Mesos master's operator API. Without it no unknown task can be adopted. */
  readonly ask?: Ask;
  /** The operator API of agents. Without it nothing can be read of sandboxes. */
  readonly askAgent?: AskAgent;
  start(): void;
  stop(): Promise<void>;
}

/** What the framework gives to a connection: spread it into `SchedulerConnectionOptions`. */
export type ConnectionHooks = Required<
  Pick<SchedulerConnectionOptions, "subscribe" | "handler" | "onProblem" | "onState" | "onUnavailable">
>;

export interface FrameworkDependencies {
  readonly options: FrameworkOptions;
  readonly store: Store;
  /** The kinds of workloads that can be run, made at the start of a term. */
  readonly kinds: readonly WorkloadKind[];
  /** Makes the only connection. The framework starts and stops it. */
  readonly connect: (hooks: ConnectionHooks) => MesosConnection;
  readonly execFiles?: ExecutorFiles | undefined;
  /** Called for every message of an executor that was launched. The channels handle some of them. */
  readonly onExecutorMessage?: ((executorId: string, message: ExecutorMessage["message"]) => void) | undefined;
  /** Called when a unit's record has changed, or its workload was removed. */
  readonly onUnitChanged?: ((workload: string, unit: string) => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Called once when the framework can never work again (another scheduler has taken over, or Mesos has removed it).
   */
  readonly onFatal?: ((error: CkeError) => void) | undefined;
  /** Makes unique, sortable ids of launches; for tests. */
  readonly incarnation?: ((now: number) => string) | undefined;
  readonly random?: (() => number) | undefined;
}
