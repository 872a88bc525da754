// What the sqlite store and its thread say to each other. Both are of one program: the types are the whole contract.
import type { CommitGuard, StoreErrorCode } from "../store.ts";

export type SqliteRequest =
  | {
      readonly kind: "commit";
      /** Values as JSON text; undefined for a key that is to go. */
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

/** A StoreError, for an error loses its class between threads. */
export interface SqliteFailure {
  readonly code: StoreErrorCode;
  readonly message: string;
}

export type SqliteAnswer =
  /** Rows of a `get` or a `list`, keys of a `keys`; the revision after a `commit`. */
  | {
      readonly revision: number;
      readonly rows: readonly SqliteRow[];
      readonly keys: readonly string[];
      readonly failure?: undefined;
    }
  | { readonly failure: SqliteFailure };

/** What was found and changed when the file was opened, for the log. */
export interface SqliteOpening {
  /** The directory that was made for the file. */
  readonly madeDirectory?: string;
  /** The mode of a file that others could read, before it was closed to them. */
  readonly openMode?: number;
  /** The format of an older program, when what it wrote was brought to this one's. */
  readonly migratedFrom?: number;
}

export type ToSqliteThread =
  /** Requests that belong together: their commits are one transaction of sqlite. */
  { readonly kind: "batch"; readonly requests: readonly SqliteRequest[] } | { readonly kind: "close" };

export type FromSqliteThread =
  | { readonly kind: "opened"; readonly opening: SqliteOpening }
  | { readonly kind: "refused"; readonly failure: SqliteFailure }
  /** In the order of the batch's requests. */
  | { readonly kind: "answers"; readonly answers: readonly SqliteAnswer[] };
