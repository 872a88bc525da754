// What a probe's results add up to: thresholds and the state that operators see. Pure.
import type { Probe, ProbeState } from "@cke/protocol";

export interface ProbeTiming {
  readonly periodMs: number;
  readonly startupPeriodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** The probe's numbers with the defaults filled in. */
export function probeTiming(probe: Probe): ProbeTiming {
  return {
    periodMs: probe.periodMs || 5_000,
    startupPeriodMs: probe.startupPeriodMs || 250,
    timeoutMs: probe.timeoutMs || 3_000,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

export interface ProbeResult {
  readonly passing: boolean;
  /** Why it failed, in words that stay the same while the cause does; "" when it passed. */
  readonly message: string;
}

export interface ProbeRecord {
  readonly state: ProbeState;
  /** Results of the same kind in a row. */
  readonly streak: number;
  readonly lastPassed: boolean;
  /** Whether it has passed since the present run began: until then the start-up period applies. */
  readonly settled: boolean;
}

export function newProbeRecord(probe: Probe, nowMs: number): ProbeRecord {
  return {
    state: {
      name: probe.name || (probe.check?.kind ?? ""),
      phase: probe.phase,
      passing: false,
      everPassed: false,
      message: "",
      changedAtMs: nowMs,
    },
    streak: 0,
    lastPassed: false,
    settled: false,
  };
}

/** The record for a new run of the same process: what was ever reached stays, nothing passes yet. */
export function restartProbeRecord(record: ProbeRecord, nowMs: number): ProbeRecord {
  const state = record.state.passing ? { ...record.state, passing: false, changedAtMs: nowMs } : record.state;
  return { state, streak: 0, lastPassed: false, settled: false };
}

/** Adds one result. The state object is the same one when nothing that an operator sees has changed. */
export function recordResult(
  record: ProbeRecord,
  result: ProbeResult,
  timing: ProbeTiming,
  nowMs: number,
): ProbeRecord {
  const streak = record.streak > 0 && record.lastPassed === result.passing ? record.streak + 1 : 1;
  const threshold = result.passing ? timing.successThreshold : timing.failureThreshold;
  const passing = streak >= threshold ? result.passing : record.state.passing;
  // A failure is told at once, also while the threshold has not been reached; it is forgotten when the probe passes.
  const message = result.passing ? (passing ? "" : record.state.message) : result.message;
  const flipped = passing !== record.state.passing;
  const changed = flipped || message !== record.state.message;
  const state: ProbeState = changed
    ? {
        ...record.state,
        passing,
        message,
        everPassed: record.state.everPassed || passing,
        changedAtMs: flipped ? nowMs : record.state.changedAtMs,
      }
    : record.state;
  return { state, streak, lastPassed: result.passing, settled: record.settled || passing };
}

/** Milliseconds before the next run, ±10 % so that probes of the same period do not run in step; `random` in [0,1). */
export function nextProbeDelayMs(record: ProbeRecord, timing: ProbeTiming, random: number): number {
  return (record.settled ? timing.periodMs : timing.startupPeriodMs) * (0.9 + 0.2 * random);
}
