// Which recordings are replayed, and what in them cannot be replayed as it is.
import type { TimedNote } from "./recording.ts";
import type { StageFlags } from "./stage.ts";

/** The end of a task's command, as a step of the replay: its own time would be that of the machine. */
export interface CommandEnd {
  readonly command: string;
  /** UNIX time in milliseconds. */
  readonly atMs: number;
}

export interface Scenario {
  readonly name: string;
  /** Recording of the scheduler's side, then those of its executors. */
  readonly files: readonly string[];
  /** Milliseconds between a run of the recorded allocator and the first request. */
  readonly phaseMs: number;
  /** Must every offer have the recorded amounts? Not where they depend on how fast real processes end. */
  readonly exactOffers: boolean;
  /** Flags of the recorded master and agent that were not the defaults. */
  readonly flags?: StageFlags;
  /** Real milliseconds that processes get for what the recording says; shorter where all that can be late is a timer. */
  readonly patienceMs?: number;
  /** What the recorded agent took to start or to come back, so that events come so much earlier here. */
  readonly slowStartMs?: number;
  /** Requests that are not played: file and number. */
  readonly omitted?: readonly string[];
  /** What happened besides the recorded requests and notes: file, a note's text, UNIX time in milliseconds. */
  readonly notes?: readonly TimedNote[];
  readonly commandEnds?: readonly CommandEnd[];
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
    // The command of k4 sleeps for 4 s.
    patienceMs: 8_000,
    files: [
      "task-failures",
      "executor-crash-exec-crash",
      "executor-exit0-exec-exit0",
      "executor-mm-exec-mm",
      "executor-v-no-fid",
    ],
    notes: [
      { file: "executor-crash-exec-crash", text: "exit 7", atMs: 1795438311243 },
      { file: "executor-exit0-exec-exit0", text: "exit 0", atMs: 1795438312020 },
    ],
  },
  { name: "failover", phaseMs: 160, exactOffers: true, files: ["failover", "executor-failover-exec-fo"] },
  {
    name: "agent-restart",
    slowStartMs: 2_000,
    phaseMs: 66,
    exactOffers: true,
    files: ["agent-restart", "executor-restart-exec-re"],
  },
  {
    name: "operations",
    phaseMs: 513,
    exactOffers: true,
    files: ["operations"],
    // The allocator ran between the ends of the two tasks of the group. The executor ends 100 ms after the second, when
    // maintenance is planned: no end may be early.
    commandEnds: [
      { command: "sleep 2", atMs: 1795438372373 + 5_095 },
      { command: "sleep 3", atMs: 1795438372373 + 6_094 },
    ],
  },
  { name: "plain-framework", phaseMs: 113, exactOffers: true, files: ["plain-framework", "executor-plain-exec-plain"] },
  {
    name: "agent-lost",
    phaseMs: 320,
    exactOffers: true,
    patienceMs: 500,
    slowStartMs: 1_000,
    flags: { timings: { agentPingIntervalMs: 1_000, maxMissedPings: 2 } },
    files: ["agent-lost", "executor-lost-exec-lost"],
    // The recorded agent was still recovering when the executor came back for the fourth time (503).
    omitted: ["executor-lost-exec-lost #6"],
  },
  {
    name: "master-restart",
    phaseMs: 0,
    exactOffers: true,
    files: ["master-restart", "executor-mrestart-exec-mr"],
    // Without ZooKeeper the recorded agent noticed the new master only after a minute; here it looks every 5 s.
    slowStartMs: 6_000,
    notes: [{ file: "master-restart", text: "the agent finds the master", atMs: 1795438462356 + 58_000 }],
  },
  {
    name: "operator-api",
    phaseMs: 343,
    flags: { timings: { agentPingIntervalMs: 15_000 }, recoveryTimeoutMs: 120_000 },
    // Its answer were tasks of other recordings.
    omitted: ["operator-api #56"],
    exactOffers: true,
    files: ["operator-api", "executor-operator-exec-op"],
  },
  {
    name: "auth",
    phaseMs: 0,
    exactOffers: true,
    flags: {
      agentless: true,
      authentication: { realms: new Set(["scheduler", "readonly", "readwrite"]), credentials: new Map([["me", "pw"]]) },
    },
    files: ["auth"],
  },
  {
    name: "executor-edge",
    phaseMs: 454,
    exactOffers: true,
    // The recorded agent took more than a second to recover before it counted the time of its late executor.
    slowStartMs: 1_500,
    flags: { executorRegistrationTimeoutMs: 4_000 },
    files: ["executor-edge", "executor-deaf-exec-deaf", "executor-nockpt-exec-nockpt", "executor-late-exec-late"],
  },
];
