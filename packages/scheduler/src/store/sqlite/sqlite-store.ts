// The `sqlite` store: one file of mode 0600, written ahead (WAL). A commit resolves when the log is synced, so that what it
// promised outlives a power cut; commits that wait share a sync. One scheduler at a time: the file is locked while open.
// The `format` row says who may read it; a file of a newer format is refused, never guessed at.
import { type FileHandle, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Logger, messageOf } from "@cke/foundation";
import { z } from "zod";
import { conflict } from "../memory-store.ts";
import {
  type CommitGuard,
  checkKey,
  checkPrefix,
  damagedEntry,
  encodeOperations,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreOperation,
} from "../store.ts";
import { GroupSync } from "./group-sync.ts";
import {
  checkIntegrity,
  closeToOthers,
  migrate,
  prepareFile,
  readNumber,
  refuseForeign,
  translate,
} from "./sqlite-file.ts";

const busyMs = 1_000;
/** Bytes in the log, about, after which its pages go into the file: some 5 ms of this thread. */
const checkpointBytes = 4 * 1024 * 1024;
const pageBytes = 4_096;

const keyRow = z.object({ key: z.string() });
const entryRow = z.object({ key: z.string(), value: z.string(), revision: z.number() });

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

/** The files that are synced off this thread. */
interface Files {
  readonly log: FileHandle;
  readonly database: FileHandle;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #files: Files;
  readonly #sync: GroupSync;
  readonly #fileSync: GroupSync;
  /** Written to the log since the last checkpoint, about. */
  #logBytes = 0;
  /** While a checkpoint is made durable: the log must not be written to, for it would begin anew. */
  #checkpointing: Promise<void> | undefined;
  #closed = false;

  private constructor(path: string, database: DatabaseSync, files: Files) {
    this.#path = path;
    this.#database = database;
    this.#files = files;
    this.#sync = new GroupSync(() => files.log.datasync());
    this.#fileSync = new GroupSync(() => files.database.datasync());
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

  /** Opens the file, or makes it (and its directory). Throws StoreErrors that say what to do. */
  static async open(file: string, logger: Logger): Promise<SqliteStore> {
    // Whole, so that sqlite takes no name for one of its own (":memory:", "file:…").
    const path = resolve(file);
    const { DatabaseSync } = await import("node:sqlite");
    prepareFile(path, logger);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path);
      // In this order: the exclusive lock must be asked for before the first access in WAL mode.
      database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA locking_mode = EXCLUSIVE`);
      refuseForeign(path, database);
      closeToOthers(path, logger);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
      migrate(path, database);
      database.exec("COMMIT");
      checkIntegrity(path, database);
      // From here on sqlite syncs nothing; this store does, off this thread: the log after commits, and around a checkpoint
      // first the log, then the file, before the log begins anew. Both are the same files for as long as the database is
      // open. Closing a handle of the file would give up sqlite's locks on it: it is closed after the database.
      database.exec("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8000");
      const files = { log: await open(`${path}-wal`, "r+"), database: await open(path, "r+") };
      // What a process that was killed has left in the log may be in memory only, and is about to be read. A log that was made
      // just now is lost, with all that is synced in it later, if its directory does not have it on the disk.
      await files.log.datasync();
      await files.database.datasync();
      await syncDirectory(dirname(path));
      return new SqliteStore(path, database, files);
    } catch (error) {
      database?.close();
      throw translate(path, error);
    }
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    const entry = this.#run(() => {
      const row = this.#statements.get.get(key);
      return row === undefined ? undefined : this.#entry(row);
    });
    // What is read may be acted upon: it must not be lost any more.
    await this.#durable();
    return entry;
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    checkPrefix(prefix);
    const entries = this.#run(() => {
      // "0" is the character after "/", so this range is exactly the keys below the prefix.
      const end = `${prefix.slice(0, -1)}0`;
      const rows = prefix === "" ? this.#statements.listAll.all() : this.#statements.list.all(prefix, end);
      return rows.map((row) => this.#entry(row));
    });
    await this.#durable();
    return entries;
  }

  async keys(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    const keys = this.#run(() => {
      const end = prefix === "" ? "\u{10ffff}" : `${prefix.slice(0, -1)}0`;
      return this.#statements.keys.all(prefix, end).map((row) => keyRow.parse(row).key);
    });
    await this.#durable();
    return keys;
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    const changes = encodeOperations(operations);
    for (const { key } of guard?.expect ?? []) checkKey(key);
    while (this.#checkpointing !== undefined) await this.#checkpointing;
    // What a failed sync left in doubt is still in the log: nothing may be written over it.
    this.#checkSyncs();
    const result = this.#run(() => {
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
        this.#sync.wrote();
        // Each row, and the pages above it.
        for (const { json } of changes)
          this.#logBytes += Math.ceil((json?.length ?? 0) / pageBytes) * pageBytes + pageBytes;
        return { revision };
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
    await this.#durable();
    if (this.#logBytes >= checkpointBytes) this.#checkpointing ??= this.#checkpoint();
    return result;
  }

  /** Never rejects: what could not be synced is told to whoever asks for durability next. */
  async #checkpoint(): Promise<void> {
    try {
      // Commits wait from here on: what is in the log now is all there will be.
      await this.#durable();
      this.#run(() => this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)"));
      this.#fileSync.wrote();
      await this.#fileSync.durable();
      this.#logBytes = 0;
    } catch {
      // A log that cannot be taken over stays, and grows; a sync that failed is known to #durable.
    } finally {
      this.#checkpointing = undefined;
    }
  }

  async healthy(): Promise<boolean> {
    try {
      await this.#durable();
      return this.#run(() => readNumber(this.#statements.revision.get()) !== undefined);
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Who still waits for a commit hears of its end; closing makes everything durable as well.
    await this.#sync.durable().catch(() => undefined);
    await this.#checkpointing;
    // A database that is closed takes its log away, which a file that could not be synced still needs.
    if (this.#fileSync.failure !== undefined) return;
    // Closing is a checkpoint: sqlite syncs this last one by itself.
    this.#database.exec("PRAGMA synchronous = FULL");
    this.#database.close();
    await this.#files.log.close();
    await this.#files.database.close();
  }

  /** Rejects from the first failed sync on: until a restart has read the file again, nobody knows what is in it. */
  async #durable(): Promise<void> {
    try {
      await this.#sync.durable();
    } catch {
      // Told below.
    }
    this.#checkSyncs();
  }

  #checkSyncs(): void {
    const failure = this.#sync.failure ?? this.#fileSync.failure;
    if (failure === undefined) return;
    throw new StoreError(
      "store_unavailable",
      `${this.#path} could not be synced to its disk (${messageOf(failure.error)}): mend the disk and restart cke-scheduler`,
      { cause: failure.error },
    );
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
      throw damagedEntry(key, error);
    }
  }
}
