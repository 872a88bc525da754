// The messages between the sqlite store and its thread. Both are of one program, so types suffice and nothing is
// validated.
import type { CommitGuard, StoreErrorCode } from "../store.ts";

export type SqliteRequest =
  | {
      readonly kind: "commit";
      /** Values as JSON text; undefined deletes the key. */
      readonly changes: readonly { readonly key: string; readonly json: string | undefined }[];
      readonly expect: CommitGuard["expect"];
    }
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "list"; readonly prefix: string }
  | { readonly kind: "keys"; readonly prefix: string }
  | { readonly kind: "check" };

export interface SqliteRow {
  readonly key: string;
  readonly json: string;
  readonly revision: number;
}

/** A StoreError as a plain value, because an error loses its class between threads. */
export interface SqliteFailure {
  readonly code: StoreErrorCode;
  readonly message: string;
}

export type SqliteAnswer =
  /** `rows` for `get` and `list`, `keys` for `keys`, and `revision` (after a commit the new one). */
  | {
      readonly revision: number;
      readonly rows: readonly SqliteRow[];
      readonly keys: readonly string[];
      readonly failure?: undefined;
    }
  | { readonly failure: SqliteFailure };

/** What was found and changed at the opening of the file, for the log. */
export interface SqliteOpening {
  /** The directory, if it was made for the file. */
  readonly madeDirectory?: string;
  /** The earlier mode of the file, if other users could read it. */
  readonly openMode?: number;
  /** The earlier format, if the file was migrated. */
  readonly migratedFrom?: number;
}

export type ToSqliteThread =
  /** The first message, once. */
  | { readonly kind: "open"; readonly path: string }
  /** The commits of one batch are one transaction of sqlite. */
  | { readonly kind: "batch"; readonly requests: readonly SqliteRequest[] }
  | { readonly kind: "close" };

export type FromSqliteThread =
  | { readonly kind: "opened"; readonly opening: SqliteOpening }
  | { readonly kind: "refused"; readonly failure: SqliteFailure }
  /** The answers, in the order of the batch's requests. */
  | { readonly kind: "answers"; readonly answers: readonly SqliteAnswer[] };
