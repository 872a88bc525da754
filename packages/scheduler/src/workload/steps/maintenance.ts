// Maintenance of agents as Mesos announces it: which units are moved before a window and when, which stay and why, and
// where nothing new is placed. Pure.
import type { Unavailability } from "@cke/mesos";
import type { LaunchRecord } from "../records/records.ts";
import type { UnitSpec } from "../records/workload-spec.ts";
import type { Relocation } from "./relocation.ts";
import type { MaintenanceNotice, Step } from "./step.ts";

/** A unit that may go elsewhere is not placed on an agent whose window begins within this time. */
export const placementHorizonMs = 4 * 3_600_000;
/** Units are moved this long before the window begins. */
export const moveAheadMs = 30 * 60_000;

export interface MaintenanceWindow {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** Infinity for a window without an end. */
  readonly endMs: number;
}

const millis = (nanoseconds: number | bigint) => Number(BigInt(nanoseconds) / 1_000_000n);

export function windowOf({ start, duration }: Unavailability): MaintenanceWindow {
  const startMs = millis(start.nanoseconds);
  return { startMs, endMs: duration === undefined ? Number.POSITIVE_INFINITY : startMs + millis(duration.nanoseconds) };
}

const time = (ms: number) => new Date(ms).toISOString();

function describeWindow({ startMs, endMs }: MaintenanceWindow): string {
  return `from ${time(startMs)}${endMs === Number.POSITIVE_INFINITY ? "" : ` to ${time(endMs)}`}`;
}

/**
 * Why nothing is placed on an agent with this window, to follow its name; undefined when something may be. `tied`: the
 * unit can go nowhere else, so that only a window that has begun keeps it away.
 */
export function placementProblem(window: MaintenanceWindow, tied: boolean, now: number): string | undefined {
  if (window.endMs <= now || window.startMs - now >= (tied ? 1 : placementHorizonMs)) return undefined;
  return `is in maintenance ${describeWindow(window)}`;
}

/** The part of a unit's specification that decides whether it can be moved. */
export type Movability = Pick<UnitSpec, "stateful" | "host" | "reservation">;

/** Why a unit stays on its agent; undefined when it can be moved. */
export function stayReason({ stateful, host, reservation }: Movability): string | undefined {
  if (stateful) return "its data is on this host";
  if (host !== "*") return `it may run on host ${host} only`;
  return reservation ? "its resources are reserved on this host" : undefined;
}

/** What a window means for a unit on its agent; undefined when it is over. `relocation`: what its kind says about it. */
export function noticeFor(
  window: MaintenanceWindow,
  hostname: string,
  unit: Movability,
  now: number,
  relocation?: Relocation,
): MaintenanceNotice | undefined {
  if (window.endMs <= now) return undefined;
  const what = `agent ${hostname} is in maintenance ${describeWindow(window)}`;
  const moveAtMs = window.startMs - moveAheadMs;
  const when = moveAtMs <= now ? "now" : `at ${time(moveAtMs)}`;
  if (relocation?.kind === "moving")
    return { explanation: `${what}: ${relocation.words}`, moveAtMs, relocation: "goes-on" };
  if (relocation?.kind === "moves")
    return {
      explanation: `${what}: it is moved to another host with its data ${when}`,
      moveAtMs,
      relocation: "begins",
    };
  const stays = relocation?.reason ?? stayReason(unit);
  if (stays !== undefined) return { explanation: `${what}: it stays, for ${stays}; the inverse offer is declined` };
  return { explanation: `${what}: it is stopped ${when}, to be launched elsewhere`, moveAtMs };
}

/** Steps of a running unit: it is moved when it is time; before that the window is mentioned. */
export function maintenanceSteps(
  launch: LaunchRecord,
  notice: MaintenanceNotice | undefined,
  now: number,
): readonly Step[] {
  if (notice === undefined || launch.cleanup) return [];
  const { explanation, moveAtMs, relocation } = notice;
  if (moveAtMs === undefined || relocation === "goes-on") return [{ kind: "wait", explanation }];
  if (moveAtMs > now) return [{ kind: "wait", untilMs: moveAtMs, explanation }];
  return [{ kind: relocation === "begins" ? "relocate-unit" : "evict-launch", explanation }];
}
