// What changes in the records when the data of a unit has moved to another host: in the unit's own, and in that of the unit whose removal
// cleans up the old host. Pure.
import type { OrphanedResources, UnitRecord } from "../records/records.ts";
import { releaseAll } from "../reservations/reservation-changes.ts";

const onHost = (hostname: string): OrphanedResources => ({ hostname, agentRemoved: false, attempts: 0, retryAtMs: 0 });

/** What the unit's own instance may have left on the host. */
const isOn =
  (hostname: string) =>
  ({ hostname: other, instance }: OrphanedResources) =>
    other === hostname && instance === undefined;

/**
 * `record` has ended everywhere. What it has on its old host is not its own any more. `agent`: that of the new host, where the unit that has
 * its data runs, or has run last.
 */
export function movedUnit(record: UnitRecord, hostname: string, now: number, agent: UnitRecord["last"]): UnitRecord {
  const { dataLost, ...rest } = record;
  // A host whose agent was marked gone has nothing that could be removed.
  const left = [record.home, hostname, ...(dataLost === undefined ? [] : [dataLost.hostname])];
  const others = record.orphaned.filter((one) => !left.some((host) => isOn(host)(one)));
  return {
    ...rest,
    // Who left its data there: should that agent be marked gone before the unit runs there, the data is lost.
    ...(agent?.hostname === hostname ? { last: agent } : {}),
    mayRunOn: undefined,
    ...{ home: hostname, homeSinceMs: now, orphaned: [...others, onHost(hostname)] },
    // What was reserved is on the old host.
    reservations: releaseAll(record.reservations, now),
    ...{ failures: 0, retryAtMs: now, lastFailure: "", blocked: false, needsHelp: false },
  };
}

/**
 * `record`: of a unit on the old host. It is not gone before everything there is removed. `home`: of the moved unit from now on. One with
 * shared data may have been launched there already: nothing of it is removed.
 */
export function answeringFor(record: UnitRecord, hostname: string, home: string): UnitRecord {
  if (hostname === "" || hostname === home || record.orphaned.some(isOn(hostname))) return record;
  return { ...record, orphaned: [...record.orphaned, onHost(hostname)] };
}
