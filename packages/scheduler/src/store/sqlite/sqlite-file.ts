// The file of the sqlite store: made, checked, brought to this version's format; and the words for what is wrong with it.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type Logger, messageOf } from "@cke/foundation";
import { z } from "zod";
import { StoreError } from "../store.ts";

/** Raised with every change of the tables that an older program could not read. */
const format = 1;

const numberRow = z.object({ number: z.number() });
const sqliteError = z.object({ errcode: z.number() });

export function readNumber(row: unknown): number | undefined {
  return row === undefined ? undefined : numberRow.parse(row).number;
}

/** The first bytes of every database, https://www.sqlite.org/fileformat.html#the_database_header */
const magic = "SQLite format 3\0";

/** Makes the file, with mode 0600, where there is none. One that is no database is refused and left as it is. */
export function prepareFile(path: string, logger: Logger): void {
  let start: string;
  try {
    // One level only: a longer missing path is more likely a mistake, and Node's recursive mkdir never ends below /proc.
    if (!existsSync(dirname(path))) {
      mkdirSync(dirname(path), { mode: 0o700 });
      logger.info("made the directory of -storage_servers, which was not there", { path: dirname(path) });
    }
    closeSync(openSync(path, "a", 0o600));
    start = firstBytes(path);
  } catch (error) {
    throw cannotOpen(path, error);
  }
  if (start !== "" && start !== magic) throw corrupt(path, "it is no sqlite database");
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

/** Mode 0600 for a file that is this program's, before sqlite makes its -wal file, which takes the mode over. */
export function closeToOthers(path: string, logger: Logger): void {
  try {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) === 0) return;
    chmodSync(path, 0o600);
    logger.warning("the store was readable by others; it is 0600 now", { path, was: mode.toString(8) });
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

const cannotOpen = (path: string, cause: unknown) =>
  new StoreError("store_unavailable", `-storage_servers: cannot open ${path}: ${messageOf(cause)}`, { cause });

/** Throws for a database of another program; looks only, so that it stays as it is. */
export function refuseForeign(path: string, database: DatabaseSync): void {
  const count = (condition: string) =>
    readNumber(database.prepare(`SELECT count(*) AS number FROM sqlite_schema WHERE ${condition}`).get()) ?? 0;
  const isOwn = count("type = 'table' AND name = 'meta'") > 0;
  if (!isOwn && count("type = 'table'") > 0) throw foreign(path);
}

const foreign = (path: string) =>
  new StoreError("store_format", `${path} is a database of another program: give -storage_servers a path of its own`);

export function migrate(path: string, database: DatabaseSync): void {
  database.exec("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT");
  const found = readNumber(database.prepare("SELECT number FROM meta WHERE name = 'format'").get());
  if (found !== undefined && found > format) {
    throw new StoreError(
      "store_format",
      `${path} was written by a newer cke-scheduler (format ${found}, this one knows ${format}): start that version, or restore a backup made before the upgrade`,
    );
  }
  if (found !== undefined) {
    checkTables(path, database);
    return;
  }
  const others = readNumber(
    database.prepare("SELECT count(*) AS number FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'").get(),
  );
  if (others !== 0) throw foreign(path);
  database.exec(`
    CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta (name, number) VALUES ('format', ${format}), ('revision', 0);
  `);
}

/** A revision that is gone would begin at 0 again, and every guard with it. */
function checkTables(path: string, database: DatabaseSync): void {
  const table = database
    .prepare("SELECT 1 AS number FROM sqlite_schema WHERE type = 'table' AND name = 'entries'")
    .get();
  if (table === undefined) throw corrupt(path, "it has no entries");
  const last = readNumber(database.prepare("SELECT number FROM meta WHERE name = 'revision'").get());
  const newest = readNumber(database.prepare("SELECT coalesce(max(revision), 0) AS number FROM entries").get()) ?? 0;
  if (last === undefined || last < newest)
    throw corrupt(path, `its revision is ${last ?? "gone"}, that of an entry ${newest}`);
}

export function checkIntegrity(path: string, database: DatabaseSync): void {
  const rows = z.array(z.object({ quick_check: z.string() })).parse(database.prepare("PRAGMA quick_check(1)").all());
  const words = rows[0]?.quick_check;
  if (words !== "ok") throw corrupt(path, words ?? "no answer");
}

function corrupt(path: string, words: string, cause?: unknown): StoreError {
  return new StoreError(
    "store_corrupt",
    `${path} is damaged or no cke-scheduler store (${words}): restore it from a backup, or move it away to begin with an empty store`,
    { cause },
  );
}

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html
const codes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;

export function translate(path: string, error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const parsed = sqliteError.safeParse(error);
  if (!parsed.success) return error;
  const words = messageOf(error);
  switch (parsed.data.errcode & 0xff) {
    case codes.busy:
    case codes.locked:
      return new StoreError(
        "store_unavailable",
        `${path} is in use by another process: is another cke-scheduler running on it? Only one may at a time`,
        { cause: error },
      );
    case codes.corrupt:
    case codes.notADatabase:
      return corrupt(path, words, error);
    case codes.full:
      return new StoreError("store_full", `${path}: ${words}: nothing of this was stored; make room on that disk`, {
        cause: error,
      });
    default:
      return new StoreError("store_unavailable", `${path}: ${words}`, { cause: error });
  }
}
