// What the parts of an agent share. agent.ts makes it once; afterwards only the parts themselves change.
import type { Clock, Logger } from "@cke/foundation";
import type { AgentInfo, TaskStatus } from "@cke/mesos";
import type { AgentMessage } from "../../link/index.ts";
import type { AgentPaths } from "../checkpoint/agent-paths.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { ExecutorTokens } from "../checkpoint/executor-tokens.ts";
import type { SandboxGarbageCollector } from "../checkpoint/sandbox-garbage-collector.ts";
import type { Fetcher } from "../fetcher/fetcher.ts";
import type { StatusUpdates } from "../status-updates/status-updates.ts";
import type { AgentMetrics } from "./agent-metrics.ts";
import type { AgentSettings } from "./agent-options.ts";
import type { AgentState, ExecutorRun } from "./agent-state.ts";
import type { SerialQueue } from "./serial-queue.ts";

export interface AgentContext {
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly paths: AgentPaths;
  readonly checkpoint: Checkpoint;
  readonly state: AgentState;
  readonly queue: SerialQueue;
  readonly updates: StatusUpdates;
  readonly fetcher: Fetcher;
  readonly metrics: AgentMetrics;
  readonly collector: SandboxGarbageCollector;
  /** Absent when executors are not authenticated. */
  readonly tokens: () => ExecutorTokens | undefined;
  /** The port the agent listens on. */
  readonly port: () => number;
  readonly agentInfo: () => AgentInfo;
  /** True while the agent is registered with a master. */
  readonly registered: () => boolean;
  readonly send: (message: AgentMessage) => void;
  /** Aborted when the agent stops. */
  readonly stopping: AbortSignal;
}

/** What a task runner needs from the executors. */
export interface RunOwner {
  /** An update in the name of the run's executor. */
  report(run: ExecutorRun, status: TaskStatus): Promise<void>;
  /** The run is over. */
  ended(run: ExecutorRun, waitStatus: number | undefined): Promise<void>;
}
