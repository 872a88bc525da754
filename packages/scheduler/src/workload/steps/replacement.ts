// The record of a unit that is replaced: another instance begins with nothing, wherever there is room. What the one
// before it may have left on hosts stays noted, with its instance, and goes when the unit is removed. Pure.
import { launchesOf } from "../records/launches.ts";
import { newUnitRecord, type OrphanedResources, type UnitRecord } from "../records/records.ts";
import { orphanedResourcesAfter } from "./orphaned-resources.ts";
import type { StepContext } from "./step.ts";

/** Another instance waits this long for an agent on another host than the one before it had; then it takes any. */
export const elsewhereMs = 30_000;

/** The host that the unit avoids now: where the instance before it was. Undefined when it may go anywhere. */
export function shunnedHost({ replaced, home }: UnitRecord, host: string): string | undefined {
  return replaced === undefined || home !== "" || host !== "*" ? undefined : replaced.hostname;
}

/** `instance`: marks the new one. `elsewhere`: there may be another agent for it. Call it when nothing of the old one can be reached any more, or when nothing runs. */
export function anotherInstance(
  record: UnitRecord,
  instance: string,
  { now, rules, elsewhere }: Pick<StepContext, "now" | "rules"> & { readonly elsewhere: (hostname: string) => boolean },
): UnitRecord {
  let left = record.orphaned;
  for (const launch of launchesOf(record))
    left = orphanedResourcesAfter({ ...record, orphaned: left }, launch, now, rules);
  // What the replacement did not wait for any longer, the removal of the unit waits for.
  const orphaned = left.map(
    ({ givenUp: _, ...one }): OrphanedResources => ({ instance: record.instance, ...one, attempts: 0, retryAtMs: 0 }),
  );
  const { paused } = record;
  const fresh = newUnitRecord(record.workload, record.unit, instance);
  const hostname = record.launch?.hostname ?? (record.home === "" ? (record.last?.hostname ?? "") : record.home);
  // What cannot come is not waited for.
  const replaced = hostname === "" || !elsewhere(hostname) ? {} : { replaced: { hostname, atMs: now } };
  return { ...fresh, orphaned, ...(paused === undefined ? {} : { paused }), ...replaced };
}
