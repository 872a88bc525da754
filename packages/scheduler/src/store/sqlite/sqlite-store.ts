// The `sqlite` store: one file of mode 0600, written by a thread of its own. A promise resolves after sqlite has synced its
// commit. The file has a `format` row; a file of a newer format is refused.
import { resolve } from "node:path";
import { type Logger, systemClock } from "@cke/foundation";
import {
  type CommitGuard,
  checkKey,
  checkPrefix,
  damagedEntry,
  encodeOperations,
  type Store,
  type StoreEntry,
  type StoreOperation,
} from "../store.ts";
import { SqliteClient } from "./sqlite-client.ts";
import type { SqliteOpening, SqliteRow } from "./sqlite-messages.ts";
import type { StartedThread } from "./thread-opening.ts";

export class SqliteStore implements Store {
  readonly #client: SqliteClient;

  private constructor(client: SqliteClient) {
    this.#client = client;
  }

  /**
   * Opens the file, or makes it with its directory; `started` is a thread that was started ahead. Throws StoreErrors that say what
   * to do.
   */
  static async open(file: string, logger: Logger, started?: StartedThread): Promise<SqliteStore> {
    // The absolute path: sqlite gives names like ":memory:" and "file:…" a meaning of their own.
    const path = resolve(file);
    const { client, opening } = await SqliteClient.open({ path, started, clock: systemClock, logger });
    report(path, opening, logger);
    return new SqliteStore(client);
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    const [row] = (await this.#client.ask({ kind: "get", key })).rows;
    return row === undefined ? undefined : entryOf(row);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    checkPrefix(prefix);
    return (await this.#client.ask({ kind: "list", prefix })).rows.map(entryOf);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    return (await this.#client.ask({ kind: "keys", prefix })).keys;
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    const changes = encodeOperations(operations);
    const expect = guard?.expect ?? [];
    for (const { key } of expect) checkKey(key);
    const { revision } = await this.#client.ask({ kind: "commit", changes, expect });
    return { revision };
  }

  async healthy(): Promise<boolean> {
    return await this.#client.healthy();
  }

  /** Ends the thread after all earlier calls were answered. */
  async close(): Promise<void> {
    await this.#client.close();
  }
}

function report(path: string, { madeDirectory, openMode, migratedFrom }: SqliteOpening, logger: Logger): void {
  if (madeDirectory !== undefined)
    logger.info("made the directory of -storage_servers, which was not there", { path: madeDirectory });
  if (openMode !== undefined)
    logger.warning("the store was readable by others; it is 0600 now", { path, was: openMode.toString(8) });
  if (migratedFrom !== undefined)
    logger.warning("the store was brought to a newer format; older versions cannot read it any more", {
      path,
      migratedFrom,
    });
}

function entryOf({ key, json, revision }: SqliteRow): StoreEntry {
  try {
    return { key, value: JSON.parse(json), revision };
  } catch (error) {
    throw damagedEntry(key, error);
  }
}
