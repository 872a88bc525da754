// The `sqlite` store: one file of mode 0600, written ahead (WAL) and synced at every commit, so that what a commit
// promised outlives a power cut. One scheduler at a time: the file is locked exclusively while it is open.
// The `format` row says who may read it; a file of a newer format is refused, never guessed at.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Logger, messageOf } from "@cke/foundation";
import { z } from "zod";
import { conflict } from "./memory-store.ts";
import {
  type CommitGuard,
  checkKey,
  checkPrefix,
  encodeOperations,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreOperation,
} from "./store.ts";

/** Raised with every change of the tables that an older program could not read. */
const format = 1;
const busyMs = 1_000;

const entryRow = z.object({ key: z.string(), value: z.string(), revision: z.number() });
const numberRow = z.object({ number: z.number() });
const sqliteError = z.object({ errcode: z.number() });

interface Statements {
  readonly get: StatementSync;
  readonly list: StatementSync;
  readonly listAll: StatementSync;
  readonly revisionOf: StatementSync;
  readonly put: StatementSync;
  readonly delete: StatementSync;
  readonly nextRevision: StatementSync;
  readonly revision: StatementSync;
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  #closed = false;

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#statements = {
      get: database.prepare("SELECT key, value, revision FROM entries WHERE key = ?"),
      list: database.prepare("SELECT key, value, revision FROM entries WHERE key >= ? AND key < ? ORDER BY key"),
      listAll: database.prepare("SELECT key, value, revision FROM entries ORDER BY key"),
      revisionOf: database.prepare("SELECT revision AS number FROM entries WHERE key = ?"),
      put: database.prepare(
        "INSERT INTO entries (key, value, revision) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision",
      ),
      delete: database.prepare("DELETE FROM entries WHERE key = ?"),
      nextRevision: database.prepare("UPDATE meta SET number = number + 1 WHERE name = 'revision' RETURNING number"),
      revision: database.prepare("SELECT number FROM meta WHERE name = 'revision'"),
    };
  }

  /** Opens the file, or makes it (and its directory). Throws StoreErrors that say what to do. */
  static async open(path: string, logger: Logger): Promise<SqliteStore> {
    const { DatabaseSync } = await import("node:sqlite");
    prepareFile(path, logger);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      // In this order: the exclusive lock must be asked for before the first access in WAL mode.
      database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL`);
      database.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
      migrate(path, database);
      database.exec("COMMIT");
      checkIntegrity(path, database);
      return new SqliteStore(path, database);
    } catch (error) {
      database?.close();
      throw translate(path, error);
    }
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    return this.#run(() => {
      const row = this.#statements.get.get(key);
      return row === undefined ? undefined : this.#entry(row);
    });
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    checkPrefix(prefix);
    return this.#run(() => {
      // "0" is the character after "/", so this range is exactly the keys below the prefix.
      const end = `${prefix.slice(0, -1)}0`;
      const rows = prefix === "" ? this.#statements.listAll.all() : this.#statements.list.all(prefix, end);
      return rows.map((row) => this.#entry(row));
    });
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    const changes = encodeOperations(operations);
    for (const { key } of guard?.expect ?? []) checkKey(key);
    return this.#run(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const { key, revision } of guard?.expect ?? []) {
          const present = readNumber(this.#statements.revisionOf.get(key)) ?? 0;
          if (present !== revision) throw conflict(key, revision, present);
        }
        const { nextRevision, revision: presentRevision } = this.#statements;
        const revision = readNumber((changes.length === 0 ? presentRevision : nextRevision).get()) ?? 0;
        for (const { key, json } of changes) {
          if (json === undefined) this.#statements.delete.run(key);
          else this.#statements.put.run(key, json, revision);
        }
        this.#database.exec("COMMIT");
        return { revision };
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  async healthy(): Promise<boolean> {
    try {
      return this.#run(() => readNumber(this.#statements.revision.get()) !== undefined);
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
  }

  #run<T>(work: () => T): T {
    if (this.#closed) throw new StoreError("store_closed", "the store is closed");
    try {
      return work();
    } catch (error) {
      throw translate(this.#path, error);
    }
  }

  #entry(row: unknown): StoreEntry {
    const { key, value, revision } = entryRow.parse(row);
    try {
      return { key, value: JSON.parse(value), revision };
    } catch (error) {
      throw new StoreError("store_corrupt", `${this.#path}: the value of "${key}" is not JSON`, { cause: error });
    }
  }
}

function readNumber(row: unknown): number | undefined {
  return row === undefined ? undefined : numberRow.parse(row).number;
}

/** Makes the file with mode 0600 before sqlite opens it; its -wal file takes the same mode over. */
function prepareFile(path: string, logger: Logger): void {
  try {
    // One level only: a longer missing path is more likely a mistake, and Node's recursive mkdir never ends below /proc.
    if (!existsSync(dirname(path))) mkdirSync(dirname(path), { mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      chmodSync(path, 0o600);
      logger.warning("the store was readable by others; it is 0600 now", { path, was: mode.toString(8) });
    }
  } catch (error) {
    throw new StoreError("store_unavailable", `-storage_servers: cannot open ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function migrate(path: string, database: DatabaseSync): void {
  database.exec("CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT");
  const found = readNumber(database.prepare("SELECT number FROM meta WHERE name = 'format'").get());
  if (found !== undefined && found > format) {
    throw new StoreError(
      "store_format",
      `${path} was written by a newer cke-scheduler (format ${found}, this one knows ${format}): start that version, or restore a backup made before the upgrade`,
    );
  }
  if (found !== undefined) return;
  const foreign = readNumber(
    database.prepare("SELECT count(*) AS number FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'").get(),
  );
  if (foreign !== 0) {
    throw new StoreError(
      "store_format",
      `${path} is a database of another program: give -storage_servers a path of its own`,
    );
  }
  database.exec(`
    CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta (name, number) VALUES ('format', ${format}), ('revision', 0);
  `);
}

function checkIntegrity(path: string, database: DatabaseSync): void {
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
const codes = { busy: 5, locked: 6, corrupt: 11, notADatabase: 26 } as const;

function translate(path: string, error: unknown): unknown {
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
    default:
      return new StoreError("store_unavailable", `${path}: ${words}`, { cause: error });
  }
}
