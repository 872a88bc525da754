// Which recordings are replayed, and what in them cannot be replayed as it is.

export interface Scenario {
  readonly name: string;
  /** Recording of the scheduler's side, then those of its executors. */
  readonly files: readonly string[];
  /** Milliseconds between a run of the recorded allocator and the first request. */
  readonly phaseMs: number;
  /** Must every offer have the recorded amounts? Not where they depend on how fast real processes end. */
  readonly exactOffers: boolean;
  /** Not all of the recording: these exchanges, and of a stream the records of these times (t_ms). */
  readonly part?: { readonly exchanges: readonly number[]; readonly records: readonly number[] };
  /** Ends of executors that the recordings do not note: file, exit code, UNIX time in milliseconds. */
  readonly exits?: readonly { readonly file: string; readonly code: number; readonly atMs: number }[];
}

export const scenarios: readonly Scenario[] = [
  {
    name: "scheduler-lifecycle",
    phaseMs: 223,
    exactOffers: true,
    files: ["scheduler-lifecycle", "executor-lifecycle-exec-1"],
  },
  { name: "scheduler-errors", phaseMs: 0, exactOffers: true, files: ["scheduler-errors"] },
  {
    name: "executor-errors",
    phaseMs: 503,
    exactOffers: true,
    files: ["executor-errors", "executor-errors-exec-err"],
  },
  {
    name: "task-failures",
    phaseMs: 335,
    exactOffers: false,
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
  { name: "failover", phaseMs: 160, exactOffers: true, files: ["failover", "executor-failover-exec-fo"] },
  {
    name: "agent-restart",
    phaseMs: 66,
    exactOffers: false,
    files: ["agent-restart", "executor-restart-exec-re"],
  },
  {
    name: "operations (maintenance)",
    phaseMs: 22,
    exactOffers: false,
    files: ["operations"],
    // The recorded framework held two offers and Mesos' default executor by then, which this engine does not have; here
    // it holds the first offer, so one RESCIND comes instead of two.
    part: { exchanges: [1, 14, 15, 16, 17, 18, 19], records: [22, 24, 6147, 6159, 6163, 8505, 8538, 8556] },
  },
];
