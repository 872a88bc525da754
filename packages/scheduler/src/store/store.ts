// The port of the store: JSON values under "/"-separated keys, changed only by atomic commits. Every commit raises one
// store-wide revision; an entry carries the revision of the commit that last wrote it. When the promise of a commit
// resolves, the commit is durable. The rule "stored before ACCEPT" rests on that.
import { CkeError } from "@cke/foundation";
import { maxValueBytes } from "./store-limits.ts";

export interface StoreEntry {
  readonly key: string;
  /** The JSON value as it was put. Validate it with a schema, because another version of CKE may have written it. */
  readonly value: unknown;
  /** Store revision of the commit that last put this key (1 or more). */
  readonly revision: number;
}

export type StoreOperation =
  | {
      readonly op: "put";
      readonly key: string;
      readonly value: unknown;
      /** The JSON text of the value, where the caller has it. */
      readonly json?: string;
    }
  | { readonly op: "delete"; readonly key: string };

/** Preconditions, checked atomically with the commit. `revision` 0: the key must not exist. */
export interface CommitGuard {
  readonly expect: readonly { readonly key: string; readonly revision: number }[];
}

/**
 * Keys are non-empty `/`-separated segments of letters, digits and `._-:~*@`, without a leading or trailing slash.
 * Values are anything that JSON carries. Deleting a key that does not exist is no error. A commit with two operations
 * on one key is refused, and so is a value of more than 900,000 bytes (`store_too_large`, before anything is sent).
 * Commits are carried out in the order of the calls, whether or not the caller waits for them. A store that several
 * schedulers share also guards every commit with the key of the leadership, and throws `StoreError` `not_leader` when
 * this scheduler no longer leads.
 */
export interface Store {
  /** The entry; undefined when there is none. */
  get(key: string): Promise<StoreEntry | undefined>;
  /**
   * Entries whose key begins with `prefix`, in the order of their keys. The prefix is "" (everything) or ends with "/".
   */
  list(prefix: string): Promise<readonly StoreEntry[]>;
  /** Like `list`, but only the keys. */
  keys(prefix: string): Promise<readonly string[]>;
  /** Applies all operations or none, and returns the new store revision. `conflict` when the guard does not hold. */
  commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }>;
  /** True when the store answers. /readyz asks it. */
  healthy(): Promise<boolean>;
  /** Releases the storage. Every later call fails with `store_closed`. A second close does nothing. */
  close(): Promise<void>;
}

export type StoreErrorCode =
  | "conflict"
  | "not_leader"
  | "store_closed"
  | "store_corrupt"
  | "store_format"
  | "store_full"
  | "store_refused"
  | "store_too_large"
  | "store_unavailable"
  | "store_unsupported"
  | "store_invalid_key"
  | "store_invalid_value";

const statusOf: Readonly<Partial<Record<StoreErrorCode, number>>> = {
  conflict: 409,
  not_leader: 503,
  store_closed: 503,
  store_full: 503,
  store_refused: 503,
  store_too_large: 422,
  store_unavailable: 503,
};

export class StoreError extends CkeError {
  declare readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(code, message, {
      status: statusOf[code] ?? 500,
      retryable: code === "conflict" || code === "not_leader" || isPassing(code),
      cause: options.cause,
    });
  }
}

function isPassing(code: StoreErrorCode): boolean {
  return code === "store_unavailable" || code === "store_full";
}

/**
 * True when a later try of the same call may succeed without help: the storage does not answer (`store_unavailable`:
 * whether the call was carried out is not known), or has no space (`store_full`: nothing was stored).
 */
export function isStoreAway(error: unknown): boolean {
  return error instanceof StoreError && isPassing(error.code);
}

/** The error for a text under this key that no cke-scheduler has written. */
export function damagedEntry(key: string, cause: unknown): StoreError {
  const words = `the stored text of "${key}" is damaged: stop every scheduler and restore the store from a backup`;
  return new StoreError("store_corrupt", words, { cause });
}

/** The error for a value that this version does not understand. `why` says what is wrong with it. */
export function unreadableValue(key: string, why: string): StoreError {
  return new StoreError(
    "store_corrupt",
    `the stored "${key}" cannot be read (${why}): start the version of cke-scheduler that wrote it, or stop every scheduler and restore the store from a backup`,
  );
}

const keyPattern = /^[A-Za-z0-9._:~*@-]+(\/[A-Za-z0-9._:~*@-]+)*$/;

/** Throws `store_invalid_key` for a malformed key. */
export function checkKey(key: string): void {
  if (!keyPattern.test(key) || key.length > 512) {
    throw new StoreError(
      "store_invalid_key",
      `"${key}" is no store key: segments of [A-Za-z0-9._:~*@-] joined by "/", at most 512 characters`,
    );
  }
}

/** Throws `store_invalid_key` for anything but "" or a key followed by a slash. */
export function checkPrefix(prefix: string): void {
  if (prefix === "") return;
  if (!prefix.endsWith("/"))
    throw new StoreError("store_invalid_key", `prefix "${prefix}" must be empty or end with "/"`);
  checkKey(prefix.slice(0, -1));
}

/**
 * The operations with their values as JSON text. Refuses malformed keys, repeated keys, and values that JSON cannot
 * carry.
 */
export function encodeOperations(
  operations: readonly StoreOperation[],
  maxBytes = maxValueBytes,
): readonly { readonly key: string; readonly json: string | undefined }[] {
  const seen = new Set<string>();
  return operations.map((operation) => {
    checkKey(operation.key);
    if (seen.has(operation.key)) {
      throw new StoreError("store_invalid_key", `key "${operation.key}" occurs twice in one commit`);
    }
    seen.add(operation.key);
    if (operation.op === "delete") return { key: operation.key, json: undefined };
    const json: string | undefined = operation.json ?? JSON.stringify(operation.value);
    if (json === undefined) {
      throw new StoreError("store_invalid_value", `the value for "${operation.key}" is not JSON`);
    }
    if (json.length > maxBytes / 3 && Buffer.byteLength(json) > maxBytes) {
      throw new StoreError(
        "store_too_large",
        `the value for "${operation.key}" has ${Buffer.byteLength(json)} bytes, and a store takes ${maxBytes}`,
      );
    }
    return { key: operation.key, json };
  });
}
