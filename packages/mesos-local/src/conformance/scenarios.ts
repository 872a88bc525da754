// Which recordings are replayed, and what in them cannot be replayed as it is.

export interface Scenario {
  readonly name: string;
  /** Recording of the scheduler's side, then those of its executors. */
  readonly files: readonly string[];
  /** Milliseconds between a run of the recorded allocator and the first request. */
  readonly phaseMs: number;
  /** Ends of executors that the recordings do not note: file, exit code, UNIX time in milliseconds. */
  readonly exits?: readonly { readonly file: string; readonly code: number; readonly atMs: number }[];
}

export const scenarios: readonly Scenario[] = [
  { name: "scheduler-lifecycle", phaseMs: 223, files: ["scheduler-lifecycle", "executor-lifecycle-exec-1"] },
  { name: "scheduler-errors", phaseMs: 0, files: ["scheduler-errors"] },
  { name: "executor-errors", phaseMs: 503, files: ["executor-errors", "executor-errors-exec-err"] },
  {
    name: "task-failures",
    phaseMs: 335,
    files: [
      "task-failures",
      "executor-crash-exec-crash",
      "executor-exit0-exec-exit0",
      "executor-mm-exec-mm",
      "executor-v-no-fid",
    ],
    exits: [
      { file: "executor-crash-exec-crash", code: 7, atMs: 1795438311243 },
      { file: "executor-exit0-exec-exit0", code: 0, atMs: 1795438312020 },
    ],
  },
  { name: "failover", phaseMs: 160, files: ["failover", "executor-failover-exec-fo"] },
  { name: "agent-restart", phaseMs: 66, files: ["agent-restart", "executor-restart-exec-re"] },
];
