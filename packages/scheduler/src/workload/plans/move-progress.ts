// When a unit may be launched on another host, because its data is there. Pure.
import { launchesOf } from "../records/launches.ts";
import { destinationOption, type WorkloadPlan } from "../records/plan-record.ts";
import type { UnitRecord } from "../records/records.ts";
import type { UnitProgress } from "./workload-plan.ts";

const destinationOf = ({ options }: Pick<WorkloadPlan, "options">, units: readonly UnitRecord[]) =>
  units.find(({ unit }) => unit === options[destinationOption]);

/**
 * How far its move is: it is done by its step alone, or when there is nothing to move any more, because the hosts of the unit and of its
 * destination are both gone for good.
 */
export function moveProgress(
  plan: Pick<WorkloadPlan, "options">,
  record: UnitRecord | undefined,
  units: readonly UnitRecord[],
): UnitProgress {
  const on = record === undefined ? [] : launchesOf(record).map(({ hostname }) => hostname);
  // Nothing of it may run anywhere, as far as its executors have reported: it is never launched a second time on one set of data.
  if (on.length > 0) return { state: "open", reason: `it has not ended on ${on.join(", ")}` };
  const { home = "", dataLost } = destinationOf(plan, units) ?? {};
  if (home !== "") return { state: "open", reason: "it is about to be launched there" };
  if (record?.dataLost !== undefined && dataLost !== undefined) return { state: "reached" };
  return { state: "open", reason: "no host has its data yet" };
}

/** The host that it is launched on from now on; undefined while it may not be launched there. */
export function moveTarget(
  plan: Pick<WorkloadPlan, "options">,
  record: UnitRecord,
  units: readonly UnitRecord[],
): string | undefined {
  const home = destinationOf(plan, units)?.home ?? "";
  return home === "" || launchesOf(record).length > 0 ? undefined : home;
}
