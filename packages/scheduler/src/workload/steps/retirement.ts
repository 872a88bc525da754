// Changes of a unit's record when its launch has ended, and when a scheduler starts. Pure.
import { assertNever } from "@cke/foundation";
import { type LaunchRecord, type UnitRecord, unitTaskOf } from "../records/records.ts";
import { refusalOn, releaseAll } from "../reservations/reservation-changes.ts";
import { launchFailureOf } from "../tasks/failure.ts";
import { classifyFailure, describeEnd, isRefused, retryDelayMs, settledAfterMs } from "../tasks/retry-policy.ts";
import { orphanedResourcesAfter, wasRemoved } from "./orphaned-resources.ts";
import type { StepContext } from "./step.ts";

type RetirementContext = Pick<StepContext, "now" | "stateful" | "rules">;

/**
 * The record at the start of a scheduler: a unit or process that Mesos refused as invalid gets one more try, because
 * this program or its configuration may be right. The same object when nothing was refused.
 */
export function unblock(record: UnitRecord, now: number): UnitRecord {
  const { launch } = record;
  if (!record.blocked && launch?.tasks.some(isRefused) !== true) return record;
  const free = record.blocked ? { ...record, blocked: false, retryAtMs: now } : record;
  if (launch === undefined) return free;
  const tasks = launch.tasks.map((task) => (isRefused(task) ? { ...task, retryAtMs: now } : task));
  return { ...free, launch: { ...launch, tasks } };
}

/** Reservations are gone with their agent. A unit that gives its place up keeps none. */
function reservationsLeft(
  { reservations }: UnitRecord,
  { agentId, evicted }: LaunchRecord,
  gone: boolean,
  now: number,
) {
  if (gone) return reservations.filter((one) => one.agentId !== agentId);
  return evicted === "" ? reservations : releaseAll(reservations, now);
}

/**
 * The record after all tasks of its launch have ended: without the launch, and with the time of the next try.
 * `stateful`: the unit is launched only where its data is, however long that takes.
 */
export function retire(record: UnitRecord, { now, stateful, rules }: RetirementContext): UnitRecord {
  const { launch, ...rest } = record;
  if (launch === undefined) return record;
  const node = unitTaskOf(launch);
  const ended = launch.evicted === "" ? classifyFailure(launch, rules) : "moved";
  // Without its reservation a task asks for more than there is. So Mesos has refused the reservation and not the task.
  const refusal = ended === "invalid" ? refusalOn(record.reservations, launch.agentId) : undefined;
  const kind = refusal === undefined ? ended : "configuration";
  const settled = launch.readyAtMs > 0 && now - launch.readyAtMs > settledAfterMs;
  const before = settled ? 0 : record.failures;
  const gone = node?.state === "TASK_GONE_BY_OPERATOR";
  // The old place has no data of the unit, or is not for it now: a unit that may begin anew elsewhere does not wait for
  // that host. A master is ended on purpose only when its cluster never had a quorum
  // (framework/placement/quorum-yield.ts).
  const leaves = gone || wasRemoved(launch) || launch.evicted !== "" || (kind === "moved" && !stateful);
  const base = {
    ...rest,
    home: leaves && record.home === launch.hostname ? "" : record.home,
    leftovers: orphanedResourcesAfter(record, launch, now, rules),
    reservations: reservationsLeft(record, launch, gone, now),
    lastFailure: refusal ?? (node === undefined ? "" : describeEnd(node)),
    failure: launchFailureOf(launch),
    needsHelp: kind === "configuration" || kind === "invalid",
  };
  switch (kind) {
    case "lost-offer":
    case "moved":
      return { ...base, failures: before, retryAtMs: now };
    case "ordinary":
    case "configuration":
      return { ...base, failures: before + 1, retryAtMs: now + retryDelayMs(kind, before) };
    case "invalid":
      return { ...base, failures: before + 1, retryAtMs: now, blocked: true };
    default:
      return assertNever(kind);
  }
}
