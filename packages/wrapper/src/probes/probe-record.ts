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
  /** What was answered, raw and bounded; "" when nothing was. */
  readonly output: string;
  /** It was ended by its timeout. */
  readonly late: boolean;
}

export interface ProbeRecord {
  readonly state: ProbeState;
  /** Results of the same kind in a row. */
  readonly streak: number;
  readonly lastPassed: boolean;
  /** Whether it has passed since the present run began: until then the start-up period applies. */
  readonly settled: boolean;
  /** Timeouts in a row. */
  readonly lateness: number;
  /** When the present run began, UNIX time in ms. */
  readonly beganMs: number;
  /** The answer behind `state.message`: the first one with these words, for an answer may differ in every run. */
  readonly output: string;
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
    lateness: 0,
    beganMs: nowMs,
    output: "",
  };
}

/** The record for a new run of the same process: what was ever reached stays, nothing passes yet. */
export function restartProbeRecord(record: ProbeRecord, nowMs: number): ProbeRecord {
  const state = record.state.passing ? { ...record.state, passing: false, changedAtMs: nowMs } : record.state;
  const { output } = record;
  return { state, streak: 0, lastPassed: false, settled: false, lateness: 0, beganMs: nowMs, output };
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
  return {
    state,
    streak,
    lastPassed: result.passing,
    settled: record.settled || passing,
    lateness: result.late ? record.lateness + 1 : 0,
    beganMs: record.beganMs,
    output: message === "" ? "" : changed ? result.output : record.output,
  };
}

/** Share of the time that a probe may wait for its first success which its next wait may add. */
const patience = 0.02;
/** A probe is at rest at least this many times as long as its last run took: on a busy machine its own part of the load falls. */
const restFactor = 2;
const longestRestMs = 30_000;
/**
 * Share of the time that a probe has waited for its first success which that rest may add. A server that begins takes connections long
 * before it answers them: the first answer is late and no success, and the success may come right after it.
 */
const restPatience = 0.1;
/** Doublings of the timeout of a probe that does not pass, for timeouts in a row. */
const mostDoublings = 2;

/**
 * Milliseconds that the next run may take. On a busy machine the right answer may come after the timeout, every time: a
 * probe that does not pass is given longer. One that passes is not, so that a program that hangs is found out as soon as ever.
 */
export function probeTimeoutMs(record: ProbeRecord, timing: ProbeTiming): number {
  const doublings = record.state.passing ? 0 : Math.min(mostDoublings, record.lateness);
  return timing.timeoutMs * 2 ** doublings;
}

/**
 * Milliseconds before the next run, ±10 % so that probes of the same period do not run in step; `random` in [0,1). At least
 * the period; more for a probe that has been waited for for long, and for one that takes its time. `tookMs` is of the run
 * before.
 */
export function nextProbeDelayMs(
  record: ProbeRecord,
  timing: ProbeTiming,
  { random, tookMs, nowMs }: { readonly random: number; readonly tookMs: number; readonly nowMs: number },
): number {
  const waited = Math.max(0, nowMs - record.beganMs);
  const longest = Math.max(timing.periodMs, timing.startupPeriodMs);
  const base = record.settled
    ? timing.periodMs
    : Math.min(longest, Math.max(timing.startupPeriodMs, waited * patience));
  const longestRest = record.settled ? longestRestMs : Math.min(longestRestMs, waited * restPatience);
  const rest = Math.min(longestRest, tookMs * restFactor);
  return Math.max(base, rest) * (0.9 + 0.2 * random);
}
