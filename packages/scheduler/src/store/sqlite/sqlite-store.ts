// The `sqlite` store: one file of mode 0600, written by a thread of its own. Calls that arrive while the thread is at
// work wait and go to it together, so that their commits share a sync. A promise resolves after sqlite has synced its
// commit. The file has a `format` row; a file of a newer format is refused.
import { once } from "node:events";
import { resolve } from "node:path";
import { getAsset, isSea } from "node:sea";
import { Worker } from "node:worker_threads";
import { type Logger, messageOf } from "@cke/foundation";
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
import type {
  FromSqliteThread,
  SqliteAnswer,
  SqliteFailure,
  SqliteOpening,
  SqliteRequest,
  SqliteRow,
  ToSqliteThread,
} from "./sqlite-messages.ts";
import { firstMessage } from "./thread-opening.ts";

/** At most this many requests go into one batch. The others wait for the next batch. */
const maxBatch = 1_000;

type Done = Exclude<SqliteAnswer, { readonly failure: SqliteFailure }>;

interface Waiting {
  readonly request: SqliteRequest;
  readonly resolve: (answer: Done) => void;
  readonly reject: (error: unknown) => void;
}

/** The thread's program is a file beside this one; in an executable it is an asset (scripts/dist/programs.ts). */
function newThread(path: string): Worker {
  const options = { workerData: path, name: "sqlite-store" };
  if (isSea()) return new Worker(getAsset("sqlite-thread", "utf8"), { ...options, eval: true });
  return new Worker(new URL("./sqlite-thread.ts", import.meta.url), options);
}

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #thread: Worker;
  #queue: Waiting[] = [];
  /** The requests of the batch that the thread has now. */
  #sent: readonly Waiting[] = [];
  /** Why the thread ended unexpectedly. */
  #ended: StoreError | undefined;
  #closed = false;

  private constructor(path: string, thread: Worker) {
    this.#path = path;
    this.#thread = thread;
    // An open store does not keep the process alive; a call that waits for its answer does.
    thread.unref();
    thread.on("message", (message: FromSqliteThread) => {
      if (message.kind === "answers") this.#answered(message.answers);
    });
    thread.on("error", (error) => this.#lost(error));
    thread.on("exit", () => this.#lost(new Error("it has ended")));
  }

  /** Opens the file, or makes it with its directory. Throws StoreErrors that say what to do. */
  static async open(file: string, logger: Logger): Promise<SqliteStore> {
    // The absolute path: sqlite gives names like ":memory:" and "file:…" a meaning of their own.
    const path = resolve(file);
    const thread = newThread(path);
    const first = await firstMessage(thread);
    if (first?.kind !== "opened") {
      await thread.terminate();
      if (first?.kind === "refused") throw storeError(first.failure);
      throw new TypeError("the thread of the store answers before it was asked");
    }
    report(path, first.opening, logger);
    return new SqliteStore(path, thread);
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    const [row] = (await this.#ask({ kind: "get", key })).rows;
    return row === undefined ? undefined : entryOf(row);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    checkPrefix(prefix);
    return (await this.#ask({ kind: "list", prefix })).rows.map(entryOf);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    return (await this.#ask({ kind: "keys", prefix })).keys;
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    const changes = encodeOperations(operations);
    const expect = guard?.expect ?? [];
    for (const { key } of expect) checkKey(key);
    const { revision } = await this.#ask({ kind: "commit", changes, expect });
    return { revision };
  }

  async healthy(): Promise<boolean> {
    try {
      await this.#ask({ kind: "check" });
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the thread after all earlier calls were answered. */
  async close(): Promise<void> {
    if (this.#closed) return;
    // The thread answers in order, so all earlier calls were answered before this one.
    const last = this.#ask({ kind: "check" });
    this.#closed = true;
    // Closing a database removes its log. After a failed sync the log is still needed, so the thread is ended without
    // closing.
    const whole = await last.then(
      () => true,
      () => false,
    );
    if (this.#ended !== undefined) return;
    const ended = once(this.#thread, "exit");
    this.#thread.ref();
    if (whole) this.#tell({ kind: "close" });
    else await this.#thread.terminate();
    await ended;
  }

  #ask(request: SqliteRequest): Promise<Done> {
    if (this.#closed) return Promise.reject(new StoreError("store_closed", "the store is closed"));
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    this.#queue.push({ request, resolve, reject });
    this.#send();
    return promise;
  }

  #send(): void {
    if (this.#sent.length > 0 || this.#queue.length === 0) return;
    this.#sent = this.#queue.slice(0, maxBatch);
    this.#queue = this.#queue.slice(maxBatch);
    this.#thread.ref();
    this.#tell({ kind: "batch", requests: this.#sent.map(({ request }) => request) });
  }

  #tell(message: ToSqliteThread): void {
    this.#thread.postMessage(message);
  }

  #answered(answers: readonly SqliteAnswer[]): void {
    const sent = this.#sent;
    this.#sent = [];
    this.#thread.unref();
    // Send first, so that the thread works while this process handles the answers.
    this.#send();
    for (const [index, { resolve, reject }] of sent.entries()) {
      const answer = answers[index];
      if (answer === undefined) reject(new TypeError("the thread of the store gave no answer"));
      else if (answer.failure === undefined) resolve(answer);
      else reject(storeError(answer.failure));
    }
  }

  #lost(cause: Error): void {
    if (this.#closed && this.#sent.length === 0) return;
    this.#ended ??= new StoreError(
      "store_unavailable",
      `the thread that writes ${this.#path} has ended (${messageOf(cause)}): restart cke-scheduler`,
      { cause },
    );
    for (const { reject } of [...this.#sent, ...this.#queue]) reject(this.#ended);
    this.#sent = [];
    this.#queue = [];
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

const storeError = ({ code, message }: SqliteFailure) => new StoreError(code, message);

function entryOf({ key, json, revision }: SqliteRow): StoreEntry {
  try {
    return { key, value: JSON.parse(json), revision };
  } catch (error) {
    throw damagedEntry(key, error);
  }
}
