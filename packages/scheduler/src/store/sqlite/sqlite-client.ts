// The thread of the sqlite store as the main thread sees it. Calls that arrive while it is at work wait and go to it together, so that
// their commits share a sync. A thread that ends unexpectedly fails the calls that it had, and the next call starts a new one, which
// reads the file again: what was answered is in it.
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { StoreError } from "../store.ts";
import type {
  FromSqliteThread,
  SqliteAnswer,
  SqliteFailure,
  SqliteOpening,
  SqliteRequest,
  ToSqliteThread,
} from "./sqlite-messages.ts";
import { openThread, type StartedThread, startThread, storeError } from "./thread-opening.ts";

/** At most this many requests go into one batch. The others wait for the next batch. */
const maxBatch = 1_000;
/** A disk that needs longer for a batch counts as one that does not answer. */
const stalledMs = 10_000;
/** Between the end of a thread and the start of the next one, so that one that always fails is not started without a pause. */
const restartMs = 1_000;

export type SqliteDone = Exclude<SqliteAnswer, { readonly failure: SqliteFailure }>;

interface Waiting {
  readonly request: SqliteRequest;
  readonly resolve: (answer: SqliteDone) => void;
  readonly reject: (error: unknown) => void;
}

export interface SqliteClientOptions {
  readonly path: string;
  /** A thread that was started ahead. Without it the client starts one. */
  readonly started?: StartedThread | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class SqliteClient {
  readonly #options: SqliteClientOptions;
  /** Undefined from its unexpected end until the next one has opened the file. */
  #thread: Worker | undefined;
  #queue: Waiting[] = [];
  /** The requests of the batch that the thread has now, and since when. */
  #sent: readonly Waiting[] = [];
  #sentAt = 0;
  /** Why the last thread ended, and when. */
  #lost: { readonly error: StoreError; readonly at: number } | undefined;
  #starting = false;
  #closed = false;

  private constructor(options: SqliteClientOptions, thread: Worker) {
    this.#options = options;
    this.#attach(thread);
  }

  /** Opens the file, or makes it with its directory. Throws StoreErrors that say what to do. */
  static async open(
    options: SqliteClientOptions,
  ): Promise<{ readonly client: SqliteClient; readonly opening: SqliteOpening }> {
    const { thread, opening } = await openThread(options.started ?? startThread(), options.path);
    return { client: new SqliteClient(options, thread), opening };
  }

  ask(request: SqliteRequest): Promise<SqliteDone> {
    if (this.#closed) return Promise.reject(new StoreError("store_closed", "the store is closed"));
    const lost = this.#lost;
    if (lost !== undefined && !this.#starting && this.#options.clock.monotonic() - lost.at < restartMs)
      return Promise.reject(lost.error);
    const { promise, resolve, reject } = Promise.withResolvers<SqliteDone>();
    this.#queue.push({ request, resolve, reject });
    if (this.#thread === undefined) void this.#startAgain();
    else this.#send();
    return promise;
  }

  /** Whether the file answers. While commits are on their way this waits for none of them. */
  async healthy(): Promise<boolean> {
    if (this.#sent.length > 0 && !this.#closed) return this.#options.clock.monotonic() - this.#sentAt < stalledMs;
    return await this.ask({ kind: "check" }).then(
      () => true,
      () => false,
    );
  }

  /** Ends the thread after all earlier calls were answered. */
  async close(): Promise<void> {
    if (this.#closed) return;
    // The thread answers in order, so all earlier calls were answered before this one.
    const last = this.ask({ kind: "check" });
    this.#closed = true;
    // Closing a database removes its log. After a failed sync the log is still needed, so the thread is ended without
    // closing.
    const whole = await last.then(
      () => true,
      () => false,
    );
    const thread = this.#thread;
    if (thread === undefined) return;
    const ended = once(thread, "exit");
    thread.ref();
    if (whole) tell(thread, { kind: "close" });
    else await thread.terminate();
    await ended;
  }

  #attach(thread: Worker): void {
    this.#thread = thread;
    this.#lost = undefined;
    // An open store does not keep the process alive; a call that waits for its answer does.
    thread.unref();
    let cause: Error | undefined;
    thread.on("message", (message: FromSqliteThread) => {
      if (message.kind === "answers") this.#answered(message.answers);
    });
    thread.on("error", (error) => {
      cause = error;
    });
    // Only now its database is closed, and the file free for the next thread.
    thread.on("exit", () => this.#ended(cause ?? new Error("it has ended")));
  }

  async #startAgain(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    const { path, logger } = this.#options;
    try {
      const { thread } = await openThread(startThread(), path);
      logger.warning("the thread that writes the store was started again", { path });
      this.#attach(thread);
      this.#send();
    } catch (error) {
      const failure = error instanceof StoreError ? error : this.#failure(error);
      this.#fail(failure);
    } finally {
      this.#starting = false;
    }
  }

  #send(): void {
    const thread = this.#thread;
    if (thread === undefined || this.#sent.length > 0 || this.#queue.length === 0) return;
    this.#sent = this.#queue.slice(0, maxBatch);
    this.#queue = this.#queue.slice(maxBatch);
    this.#sentAt = this.#options.clock.monotonic();
    thread.ref();
    tell(thread, { kind: "batch", requests: this.#sent.map(({ request }) => request) });
  }

  #answered(answers: readonly SqliteAnswer[]): void {
    const sent = this.#sent;
    this.#sent = [];
    this.#thread?.unref();
    // Send first, so that the thread works while this process handles the answers.
    this.#send();
    for (const [index, { resolve, reject }] of sent.entries()) {
      const answer = answers[index];
      if (answer === undefined) reject(new TypeError("the thread of the store gave no answer"));
      else if (answer.failure === undefined) resolve(answer);
      else reject(storeError(answer.failure));
    }
  }

  #ended(cause: Error): void {
    this.#thread = undefined;
    if (this.#closed && this.#sent.length === 0) return;
    const failure = this.#failure(cause);
    this.#options.logger.error(failure.message);
    this.#fail(failure);
  }

  #failure(cause: unknown): StoreError {
    const words = `the thread that writes ${this.#options.path} has ended (${messageOf(cause)}); whether what it had was stored is not known. It is started again with the next call; if this stays, restart cke-scheduler`;
    return new StoreError("store_unavailable", words, { cause });
  }

  /** Fails everything that waits. */
  #fail(error: StoreError): void {
    this.#lost = { error, at: this.#options.clock.monotonic() };
    const waiting = [...this.#sent, ...this.#queue];
    this.#sent = [];
    this.#queue = [];
    for (const { reject } of waiting) reject(error);
  }
}

const tell = (thread: Worker, message: ToSqliteThread) => thread.postMessage(message);
