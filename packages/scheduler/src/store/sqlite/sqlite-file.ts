// The file of the sqlite store: makes it with its directory, checks it and brings it to this version's format. File and
// directory are synced before they are used.
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { currentFormat } from "../migrations/migrations.ts";
import { StoreError } from "../store.ts";
import { cannotOpen, damagedFile, foreignFile } from "./sqlite-errors.ts";
import { migrateEntries } from "./sqlite-migration.ts";

/** The column `number` of a row; undefined where there is no row. */
export function readNumber(row: Readonly<Record<string, unknown>> | undefined): number | undefined {
  if (row === undefined) return undefined;
  if (typeof row.number !== "number") throw new TypeError("a query for a number gives another value");
  return row.number;
}

/** The first bytes of every database, https://www.sqlite.org/fileformat.html#the_database_header */
const magic = "SQLite format 3\0";

/** Makes the file with mode 0600 when there is none. A file that is no database is refused and stays as it is. */
export function prepareFile(path: string): { readonly madeDirectory?: string } {
  const directory = dirname(path);
  let made = false;
  let start: string;
  try {
    // One level only: a longer missing path is more likely a mistake, and Node's recursive mkdir never ends below /proc.
    if (!existsSync(directory)) {
      mkdirSync(directory, { mode: 0o700 });
      made = true;
    }
    closeSync(openSync(path, "a", 0o600));
    // Also when both exist: an earlier run may have been killed between making and syncing them.
    syncDirectory(dirname(directory));
    syncDirectory(directory);
    // A power cut during the creation of the database leaves a journal. sqlite restores the first bytes when it opens
    // the file.
    start = existsSync(`${path}-journal`) ? "" : firstBytes(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  if (start !== "" && start !== magic) throw damagedFile(path, "it is no sqlite database");
  return made ? { madeDirectory: directory } : {};
}

/** A new file or directory may be lost in a power cut until the directory that contains it is synced. */
function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function firstBytes(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(magic.length);
    return bytes.toString("latin1", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** Gives this program's file the mode 0600, before sqlite makes its -wal file with the same mode. */
export function closeToOthers(path: string): { readonly openMode?: number } {
  try {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) === 0) return {};
    chmodSync(path, 0o600);
    return { openMode: mode };
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

/** Throws for a database of another program. It only reads, so that such a database stays as it is. */
export function refuseForeign(path: string, database: DatabaseSync): void {
  const count = (condition: string) =>
    readNumber(database.prepare(`SELECT count(*) AS number FROM sqlite_schema WHERE ${condition}`).get()) ?? 0;
  const isOwn = count("type = 'table' AND name = 'meta'") > 0;
  if (!isOwn && count("type = 'table'") > 0) throw foreignFile(path);
}

/** Makes the tables when there are none, and migrates a file that an older program wrote. */
export function migrate(path: string, database: DatabaseSync): { readonly migratedFrom?: number } {
  database.exec("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT");
  const found = readNumber(database.prepare("SELECT number FROM meta WHERE name = 'format'").get());
  if (found !== undefined && found > currentFormat) {
    throw new StoreError(
      "store_format",
      `${path} was written by a newer cke-scheduler (format ${found}, this one knows ${currentFormat}): start that version, or restore a backup made before the upgrade`,
    );
  }
  if (found !== undefined) {
    checkTables(path, database);
    if (found === currentFormat) return {};
    migrateEntries(path, database, found);
    return { migratedFrom: found };
  }
  const others = readNumber(
    database.prepare("SELECT count(*) AS number FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'").get(),
  );
  if (others !== 0) throw foreignFile(path);
  database.exec(`
    CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta (name, number) VALUES ('format', ${currentFormat}), ('revision', 0);
  `);
  return {};
}

/**
 * Throws for a file without its tables or its revision. With a lost revision, counting would begin at 0 again and
 * guards would hold by mistake.
 */
function checkTables(path: string, database: DatabaseSync): void {
  const table = database
    .prepare("SELECT 1 AS number FROM sqlite_schema WHERE type = 'table' AND name = 'entries'")
    .get();
  if (table === undefined) throw damagedFile(path, "it has no entries");
  const last = readNumber(database.prepare("SELECT number FROM meta WHERE name = 'revision'").get());
  const newest = readNumber(database.prepare("SELECT coalesce(max(revision), 0) AS number FROM entries").get()) ?? 0;
  if (last === undefined || last < newest)
    throw damagedFile(path, `its revision is ${last ?? "gone"}, that of an entry ${newest}`);
}

export function checkIntegrity(path: string, database: DatabaseSync): void {
  const words = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (words !== "ok") throw damagedFile(path, typeof words === "string" ? words : "no answer");
}
