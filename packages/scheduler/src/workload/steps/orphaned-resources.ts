// Orphaned resources: hosts where a unit may have left data because it was stopped there and launched elsewhere, and
// perhaps its container because its executor died. A delete launches the unit there once more, as a clean-up
// incarnation, whose kill removes everything. Pure.

import {
  isTerminal,
  type LaunchRecord,
  type OrphanedResources,
  reportOf,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import type { UnitRules } from "../records/unit-rules.ts";
import { backoffMs, classifyFailure, type RetryDelays } from "../tasks/retry-policy.ts";
import type { Step, StepContext } from "./step.ts";

type Moment = Pick<StepContext, "now" | "rules">;

/** A delete waits this long for a host to be cleaned up, with failed attempts. */
const cleanupLimitMs = 600_000;
/** For a host whose agent Mesos has removed: it waits only for an agent that registers anew at once. */
const removedAgentLimitMs = 30_000;
const cleanupRetry: RetryDelays = { baseMs: 2_000, maxMs: 60_000 };
/** An executor that is still in its first step after this time is killed all the same. */
export const claimTimeoutMs = 60_000;

/**
 * True when the executor ended because it removed the unit with its data. Its last report says so. Executors of earlier
 * versions say nothing about data; they have removed it whenever they end as KILLED after a report.
 */
export function wasRemoved(launch: LaunchRecord): boolean {
  const node = unitTaskOf(launch);
  if (node?.state !== "TASK_KILLED" || node.report === "") return false;
  const report = reportOf(node);
  return report?.kind === "unit" && report.value.data !== "kept";
}

/** False only for an executor that certainly did nothing: it has reported nothing, and Mesos says that it has ended. */
function mayHaveActed(launch: LaunchRecord): boolean {
  const node = unitTaskOf(launch);
  return node === undefined || !isTerminal(node) || launch.tasks.some(({ report }) => report !== "");
}

/** The hosts to clean up after this launch, whose tasks are over, is forgotten. */
export function orphanedResourcesAfter(
  record: UnitRecord,
  launch: LaunchRecord,
  now: number,
  rules: UnitRules,
): readonly OrphanedResources[] {
  const { hostname, cleanup } = launch;
  const node = unitTaskOf(launch);
  const others = record.leftovers.filter((leftover) => leftover.hostname !== hostname);
  if (wasRemoved(launch) || node?.state === "TASK_GONE_BY_OPERATOR") return others;
  const before = record.leftovers.find((leftover) => leftover.hostname === hostname);
  if (before === undefined && !mayHaveActed(launch)) return others;
  const agentRemoved = node?.reason === "REASON_AGENT_REMOVED";
  if (!cleanup) return [...others, { hostname, agentRemoved, attempts: 0, retryAtMs: 0 }];
  const attempts = before?.attempts ?? 0;
  if (classifyFailure(launch, rules) === "lost-offer")
    return [...others, { hostname, agentRemoved, attempts, retryAtMs: now }];
  const retryAtMs = now + backoffMs(cleanupRetry, attempts);
  return [...others, { hostname, agentRemoved, attempts: attempts + 1, retryAtMs }];
}

/**
 * True while a KILL would come too early: a new executor must first look at its host and take over from the dead one,
 * or it removes nothing of what that one made.
 */
export function isTakingOver(record: UnitRecord, launch: LaunchRecord, { now, rules }: Moment): boolean {
  if (!record.leftovers.some(({ hostname }) => hostname === launch.hostname)) return false;
  const node = unitTaskOf(launch);
  if (node === undefined || isTerminal(node) || node.state === "TASK_RUNNING") return false;
  const report = reportOf(node);
  const looking = report?.kind !== "unit" || rules.looksAtHost(report.value);
  return looking && now - launch.createdAtMs < claimTimeoutMs;
}

/** The text about what is left on the host. */
export function describeOrphanedResources(
  record: UnitRecord,
  { hostname }: OrphanedResources,
  rules: UnitRules,
): string {
  return `host ${hostname} may still hold ${rules.remains(record)}, which no executor has removed`;
}

/**
 * Steps of a unit without a launch whose workload is being deleted. `cleanupSinceMs`: since when it waits for its first
 * host.
 */
export function cleanupSteps(
  record: UnitRecord,
  { now, rules, cleanupSinceMs: sinceMs }: Moment & Pick<StepContext, "cleanupSinceMs">,
): readonly Step[] {
  const [leftover] = record.leftovers;
  if (leftover === undefined) return [];
  const { hostname, agentRemoved, attempts, retryAtMs } = leftover;
  const what = describeOrphanedResources(record, leftover, rules);
  const limitMs = agentRemoved ? removedAgentLimitMs : cleanupLimitMs;
  if (sinceMs !== undefined && now - sinceMs >= limitMs) {
    const why = attempts === 0 ? "that host offered nothing" : `${attempts} attempts failed: ${record.lastFailure}`;
    const explanation = `${what}, and could not be cleaned up within ${limitMs / 1000} s (${why}): run on ${hostname}: ${rules.cleanupCommand(record)}`;
    return [{ kind: "abandon-leftover", hostname, explanation }];
  }
  if (retryAtMs > now) {
    const explanation = `${what}; clean-up ${attempts} failed: ${record.lastFailure}`;
    return [{ kind: "wait", untilMs: retryAtMs, explanation }];
  }
  const explanation = `${what}: it is launched there once more to be removed (given up after ${limitMs / 1000} s, or by plan/skip)`;
  return [{ kind: "clean-up-node", hostname, explanation }];
}
