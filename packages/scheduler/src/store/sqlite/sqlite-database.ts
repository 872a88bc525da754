// The database of the sqlite store, as its thread uses it. sqlite writes to a log first (WAL) and syncs by itself
// (`synchronous = FULL`), so a COMMIT that was answered survives a power cut. All commits of a batch are one COMMIT, so
// that they share a sync. The file is locked while it is open: one program at a time uses it.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { conflict } from "../memory-store.ts";
import type { StoreError } from "../store.ts";
import { failureOf, isFailedSync, storeErrorOf } from "./sqlite-errors.ts";
import { checkIntegrity, closeToOthers, migrate, prepareFile, readNumber, refuseForeign } from "./sqlite-file.ts";
import type { SqliteAnswer, SqliteOpening, SqliteRequest, SqliteRow } from "./sqlite-messages.ts";

const busyMs = 1_000;

interface Statements {
  readonly get: StatementSync;
  readonly list: StatementSync;
  readonly listAll: StatementSync;
  readonly keys: StatementSync;
  readonly revisionOf: StatementSync;
  readonly put: StatementSync;
  readonly delete: StatementSync;
  readonly nextRevision: StatementSync;
  readonly revision: StatementSync;
}

const nothing = { revision: 0, rows: [], keys: [] } as const;

export class SqliteDatabase {
  readonly opening: SqliteOpening;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /**
   * The error of a failed sync. After it nothing is answered until a restart reads the file again, because it is not
   * known which writes are on the disk.
   */
  #failure: StoreError | undefined;

  private constructor(path: string, database: DatabaseSync, opening: SqliteOpening) {
    this.#path = path;
    this.#database = database;
    this.opening = opening;
    this.#statements = {
      get: database.prepare("SELECT key, value, revision FROM entries WHERE key = ?"),
      list: database.prepare("SELECT key, value, revision FROM entries WHERE key >= ? AND key < ? ORDER BY key"),
      listAll: database.prepare("SELECT key, value, revision FROM entries ORDER BY key"),
      keys: database.prepare("SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key"),
      revisionOf: database.prepare("SELECT revision AS number FROM entries WHERE key = ?"),
      put: database.prepare(
        "INSERT INTO entries (key, value, revision) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision",
      ),
      delete: database.prepare("DELETE FROM entries WHERE key = ?"),
      nextRevision: database.prepare("UPDATE meta SET number = number + 1 WHERE name = 'revision' RETURNING number"),
      revision: database.prepare("SELECT number FROM meta WHERE name = 'revision'"),
    };
  }

  /**
   * Opens the file, or makes it with its directory. Throws StoreErrors that say what to do, and sqlite's own errors.
   */
  static open(path: string): SqliteDatabase {
    const prepared = prepareFile(path);
    const database = new DatabaseSync(path);
    try {
      // The order matters: the exclusive lock must be asked for before the first access in WAL mode.
      database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL`);
      refuseForeign(path, database);
      const closed = closeToOthers(path);
      database.exec("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
      const migrated = migrate(path, database);
      database.exec("COMMIT");
      checkIntegrity(path, database);
      // A process that was killed may have left commits in the log that are in memory only, and this process is about
      // to read them. The checkpoint syncs the log and the database.
      database.exec("PRAGMA cache_size = -8000; PRAGMA wal_checkpoint(TRUNCATE)");
      return new SqliteDatabase(path, database, { ...prepared, ...closed, ...migrated });
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Answers in the order of the requests, after all of them are on the disk. */
  answer(requests: readonly SqliteRequest[]): readonly SqliteAnswer[] {
    const commits = requests.filter(({ kind }) => kind === "commit").length;
    if (commits === 0) return requests.map((request) => this.#single(request));
    try {
      return this.#transaction(requests);
    } catch (error) {
      // Each request is tried alone, so that one that fails (no space, for example) does not fail the others.
      if (commits > 1 && this.#failure === undefined) return requests.map((request) => this.#single(request));
      return requests.map((request) => (request.kind === "commit" ? this.#failed(error) : this.#single(request)));
    }
  }

  close(): void {
    this.#database.close();
  }

  #single(request: SqliteRequest): SqliteAnswer {
    try {
      if (request.kind !== "commit") return this.#carryOut(request);
      return this.#transaction([request])[0] ?? nothing;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): SqliteAnswer {
    const failure = failureOf(this.#path, error);
    if (failure === undefined) throw error;
    return { failure };
  }

  #transaction(requests: readonly SqliteRequest[]): readonly SqliteAnswer[] {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const answers = requests.map((request) => this.#carryOut(request));
      this.#database.exec("COMMIT");
      return answers;
    } catch (error) {
      if (isFailedSync(error)) this.#failure = storeErrorOf(this.#path, error);
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #carryOut(request: SqliteRequest): SqliteAnswer {
    if (this.#failure !== undefined) throw this.#failure;
    const { get, list, listAll, keys, revision } = this.#statements;
    switch (request.kind) {
      case "get": {
        const row = get.get(request.key);
        return { ...nothing, rows: row === undefined ? [] : [rowOf(row)] };
      }
      case "list": {
        const { prefix } = request;
        const rows = prefix === "" ? listAll.all() : list.all(prefix, endOf(prefix));
        return { ...nothing, rows: rows.map(rowOf) };
      }
      case "keys":
        return { ...nothing, keys: keys.all(request.prefix, endOf(request.prefix)).map(keyOf) };
      case "check":
        return { ...nothing, revision: readNumber(revision.get()) ?? 0 };
      case "commit":
        return this.#commit(request);
    }
  }

  /** A guard that does not hold is an ordinary answer, because nothing is written before the guards are checked. */
  #commit({ changes, expect }: SqliteRequest & { readonly kind: "commit" }): SqliteAnswer {
    const { revisionOf, nextRevision, revision: presentRevision, put, delete: remove } = this.#statements;
    for (const { key, revision } of expect) {
      const present = readNumber(revisionOf.get(key)) ?? 0;
      if (present !== revision) return this.#failed(conflict(key, revision, present));
    }
    const revision = readNumber((changes.length === 0 ? presentRevision : nextRevision).get()) ?? 0;
    for (const { key, json } of changes) {
      if (json === undefined) remove.run(key);
      else put.run(key, json, revision);
    }
    return { ...nothing, revision };
  }
}

/** The end of the keys below a prefix: "0" is the character after "/". */
const endOf = (prefix: string) => (prefix === "" ? "\u{10ffff}" : `${prefix.slice(0, -1)}0`);

type Row = Readonly<Record<string, unknown>>;

function keyOf({ key }: Row): string {
  if (typeof key !== "string") throw new TypeError("a row of the store without a key");
  return key;
}

function rowOf(row: Row): SqliteRow {
  const { value, revision } = row;
  if (typeof value !== "string" || typeof revision !== "number") throw new TypeError("a row of the store without text");
  return { key: keyOf(row), json: value, revision };
}
