// Turns errors of sqlite and of the file system into StoreErrors that say what to do.
import { messageOf } from "@cke/foundation";
import { StoreError } from "../store.ts";
import type { SqliteFailure } from "./sqlite-messages.ts";

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html
const codes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;
/** Extended codes of a sync that failed: of a file (SQLITE_IOERR_FSYNC) and of its directory (SQLITE_IOERR_DIR_FSYNC). */
const failedSyncs: ReadonlySet<number> = new Set([1034, 1290]);

const errcodeOf = (error: unknown): number | undefined =>
  typeof error === "object" && error !== null && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode
    : undefined;

/** True for a failed sync. After it, it is not known which writes of the file are on the disk. */
export function isFailedSync(error: unknown): boolean {
  const errcode = errcodeOf(error);
  return errcode !== undefined && failedSyncs.has(errcode);
}

/** The StoreError for an error of sqlite; undefined for any other error. */
export function storeErrorOf(path: string, error: unknown): StoreError | undefined {
  if (error instanceof StoreError) return error;
  const errcode = errcodeOf(error);
  if (errcode === undefined) return undefined;
  const words = messageOf(error);
  if (failedSyncs.has(errcode))
    return new StoreError(
      "store_unavailable",
      `${path} could not be synced to its disk (${words}): mend the disk and restart cke-scheduler`,
      { cause: error },
    );
  switch (errcode & 0xff) {
    case codes.busy:
    case codes.locked:
      return new StoreError(
        "store_unavailable",
        `${path} is in use by another process: is another cke-scheduler running on it? Only one may at a time`,
        { cause: error },
      );
    case codes.corrupt:
    case codes.notADatabase:
      return damagedFile(path, words, error);
    case codes.full:
      return new StoreError("store_full", `${path}: ${words}: nothing of this was stored; make room on that disk`, {
        cause: error,
      });
    default:
      return new StoreError("store_unavailable", `${path}: ${words}`, { cause: error });
  }
}

/** The same as a plain value that can be sent to another thread; undefined for a fault of the program. */
export function failureOf(path: string, error: unknown): SqliteFailure | undefined {
  const found = storeErrorOf(path, error);
  return found && { code: found.code, message: found.message };
}

export function cannotOpen(path: string, cause: unknown): StoreError {
  return new StoreError("store_unavailable", `-storage_servers: cannot open ${path}: ${messageOf(cause)}`, { cause });
}

export function damagedFile(path: string, words: string, cause?: unknown): StoreError {
  return new StoreError(
    "store_corrupt",
    `${path} is damaged or no cke-scheduler store (${words}): restore it from a backup, or move it away to begin with an empty store`,
    { cause },
  );
}

export function foreignFile(path: string): StoreError {
  return new StoreError(
    "store_format",
    `${path} is a database of another program: give -storage_servers a path of its own`,
  );
}
