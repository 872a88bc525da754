// When the steps of a unit may change by time alone. A new decision that depends on time needs a `wait` with `untilMs`,
// or a line here. The property test beside this file finds a forgotten one.

import { launchesOf } from "../records/launches.ts";
import { isOutOfReach, isTerminal, type UnitRecord } from "../records/records.ts";
import { unknownGraceMs } from "./kill-steps.ts";
import { elsewhereMs } from "./replacement.ts";
import type { Step } from "./step.ts";
import { launchTimeoutMs } from "./unit-steps.ts";

export interface RequeueTimes {
  readonly now: number;
  /** Interval of decisions about what is being killed or cleaned up. */
  readonly restlessMs: number;
  /** CKE asks for a launched task that was silent for this long. */
  readonly watchdogMs: number;
  /** How long the host with a unit's data is preferred. */
  readonly homeGraceMs: number;
}

function ofStep(step: Step, record: UnitRecord, { now, restlessMs, homeGraceMs }: RequeueTimes): number {
  switch (step.kind) {
    case "wait":
      return step.untilMs ?? Number.POSITIVE_INFINITY;
    case "launch-unit": {
      const until = record.retryAtMs + homeGraceMs;
      const elsewhere = (record.replaced?.atMs ?? 0) + elsewhereMs;
      if (record.home === "") return elsewhere > now ? elsewhere : Number.POSITIVE_INFINITY;
      return until > now ? until : Number.POSITIVE_INFINITY;
    }
    case "hold-resources":
      return step.untilMs ?? Number.POSITIVE_INFINITY;
    case "relaunch-process":
      return Number.POSITIVE_INFINITY;
    case "kill-task":
    case "grant-resources":
    case "evict-launch":
    case "relocate-unit":
    case "retire-launch":
    case "retire-superseded":
    case "clean-up-unit":
    case "abandon-orphaned":
      return now + restlessMs;
  }
}

/** UNIX ms, later than `now`; infinity when only a change of the record can change the steps. */
export function requeueAfterMs(record: UnitRecord, steps: readonly Step[], times: RequeueTimes): number {
  const { now, watchdogMs } = times;
  const moments = steps.map((step) => ofStep(step, record, times));
  for (const { tasks, createdAtMs } of launchesOf(record)) {
    for (const task of tasks) {
      if (task.state === "TASK_INTENDED") {
        const silentMs = task.changedAtMs + watchdogMs;
        moments.push(silentMs > now ? silentMs : now + watchdogMs);
      }
      if (isTerminal(task)) moments.push(task.retryAtMs);
      if (isOutOfReach(task)) moments.push(task.changedAtMs + unknownGraceMs);
      const silent = task.state === "TASK_INTENDED" || task.state === "TASK_STAGING";
      if (silent && task.process === "") moments.push(createdAtMs + launchTimeoutMs + 1);
    }
  }
  return Math.min(Number.POSITIVE_INFINITY, ...moments.filter((moment) => moment > now));
}
