// Settings of the embedded master. Defaults are those of Apache Mesos, except that a dead agent is noticed sooner.
export interface MasterTimings {
  /** Milliseconds between runs of the allocator; filters are rounded up to it. */
  readonly allocationIntervalMs: number;
  /** Milliseconds between HEARTBEAT events. */
  readonly heartbeatIntervalMs: number;
  /** Milliseconds between pings of an agent, and how many may stay unanswered before it is unreachable. */
  readonly agentPingIntervalMs: number;
  readonly maxMissedPings: number;
}

export const defaultTimings: MasterTimings = {
  allocationIntervalMs: 1_000,
  heartbeatIntervalMs: 15_000,
  agentPingIntervalMs: 5_000,
  maxMissedPings: 5,
};

export const limits = {
  completedFrameworks: 50,
  completedTasks: 1_000,
  completedExecutors: 200,
  unreachableTasks: 1_000,
} as const;
