// The formats of what is stored, one after the other: each migration makes one format into the next. A program brings a store
// of an older format to its own before anything is read, and refuses a newer one. A migration is never changed again once a
// release has it, so it knows only texts of its time and imports no schema of today.
import type { StoreOperation } from "../store.ts";
import { workloadRecords } from "./workload-records.ts";

/**
 * Makes one format into the next: gets every entry, gives the operations. Forward only. It may be run again over its own
 * result, when a crash came between the operations and the new format's number.
 */
export type Migration = (entries: ReadonlyMap<string, unknown>) => readonly StoreOperation[];

/** `migrations[0]` makes format 2 out of 1, and so on. */
export const migrations: readonly Migration[] = [workloadRecords];

/** Of this program. An older program refuses a higher one. */
export const currentFormat = migrations.length + 1;

/** Every entry of a store of this format as this program wants it. */
export function migrated(entries: ReadonlyMap<string, unknown>, format: number): ReadonlyMap<string, unknown> {
  const all = new Map(entries);
  for (const migration of migrations.slice(format - 1))
    for (const operation of migration(all)) {
      if (operation.op === "put") all.set(operation.key, operation.value);
      else all.delete(operation.key);
    }
  return all;
}
