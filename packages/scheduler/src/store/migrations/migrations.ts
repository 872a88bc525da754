// The list of migrations: each one brings a store of one format to the next. Before a program reads anything, it brings a store
// of an older format to its own; it refuses a store of a newer format. A migration never changes after its release, so it imports
// no schema of today.
import type { StoreOperation } from "../store.ts";
import { announcedAddresses } from "./announced-addresses.ts";
import { clusterRanges } from "./cluster-ranges.ts";
import { liveMoves } from "./live-moves.ts";
import { routedClusters } from "./routed-clusters.ts";
import { workloadRecords } from "./workload-records.ts";

/**
 * Gets every entry of a store and returns the operations that bring it to the next format. They are stored together with the
 * number of the new format. Schedulers before this rule stored the number later and may have died between: so a migration to
 * format 2 may find its own result.
 */
export type Migration = (entries: ReadonlyMap<string, unknown>) => readonly StoreOperation[];

/** `migrations[0]` brings format 1 to format 2, and so on. */
export const migrations: readonly Migration[] = [
  workloadRecords,
  liveMoves,
  clusterRanges,
  routedClusters,
  announcedAddresses,
];

/** The format that this program reads and writes. */
export const currentFormat = migrations.length + 1;

/** The entries of a store of `format`, brought to the format of this program. */
export function migrated(entries: ReadonlyMap<string, unknown>, format: number): ReadonlyMap<string, unknown> {
  const all = new Map(entries);
  for (const migration of migrations.slice(format - 1))
    for (const operation of migration(all)) {
      if (operation.op === "put") all.set(operation.key, operation.value);
      else all.delete(operation.key);
    }
  return all;
}
