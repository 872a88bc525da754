// Settings of the embedded master. Defaults are those of Apache Mesos, except that liveness is judged faster.
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

export const limits = { completedFrameworks: 50, completedTasks: 1_000, unreachableTasks: 1_000 } as const;

/** What the engine says it is: the release whose behaviour was recorded. */
export const mesosVersion = {
  build_date: "2026-11-23 12:00:00 UTC",
  build_time: 1795435200,
  build_user: "root",
  git_branch: "refs/heads/master",
  git_sha: "c1b42f79d157aa900be5cbb0c1023f1479962aa7",
  version: "1.12.0",
} as const;
