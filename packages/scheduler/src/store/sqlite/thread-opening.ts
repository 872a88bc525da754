// Starts the thread of the sqlite store, and waits for its first message. A thread that ends without a message is an error, so that
// the start of the scheduler never waits for a thread that is gone.
import { once } from "node:events";
import { getAsset, isSea } from "node:sea";
import { Worker } from "node:worker_threads";
import { StoreError } from "../store.ts";
import type { FromSqliteThread, SqliteFailure, SqliteOpening, ToSqliteThread } from "./sqlite-messages.ts";

/** A thread that has opened nothing yet. It takes a tenth of a second to come up, and does nothing until it is told a file. */
export interface StartedThread {
  readonly worker: Worker;
  /** Its first message. Rejects when the thread fails or ends before it has said anything. */
  readonly first: Promise<FromSqliteThread | undefined>;
}

/** The thread's program is a file beside this one; in an executable it is an asset (scripts/dist/programs.ts). */
export function startThread(): StartedThread {
  const options = { name: "sqlite-store" };
  const worker = isSea()
    ? new Worker(getAsset("sqlite-thread", "utf8"), { ...options, eval: true })
    : new Worker(new URL("./sqlite-thread.ts", import.meta.url), options);
  return { worker, first: firstMessage(worker) };
}

/** Has the thread open the file, or make it with its directory. Throws StoreErrors that say what to do, and ends the thread then. */
export async function openThread(
  { worker, first }: StartedThread,
  path: string,
): Promise<{ readonly thread: Worker; readonly opening: SqliteOpening }> {
  worker.postMessage({ kind: "open", path } satisfies ToSqliteThread);
  const answer = await first;
  if (answer?.kind === "opened") return { thread: worker, opening: answer.opening };
  await worker.terminate();
  if (answer?.kind === "refused") throw storeError(answer.failure);
  throw new TypeError("the thread of the store answers before it was asked");
}

export const storeError = ({ code, message }: SqliteFailure) => new StoreError(code, message);

/** Rejects when the thread fails or ends before it has said anything. A rejection that nobody waits for yet is no fault. */
export function firstMessage(thread: Worker): Promise<FromSqliteThread | undefined> {
  const first = message(thread);
  first.catch(() => {});
  return first;
}

async function message(thread: Worker): Promise<FromSqliteThread | undefined> {
  const left = new AbortController();
  const { signal } = left;
  const ended = once(thread, "exit", { signal }).then(([code]) => {
    const words = `the thread of the store ended at its start (exit code ${code}): restart cke-scheduler, and report this as a fault of it`;
    throw new StoreError("store_unavailable", words);
  });
  try {
    const [first]: FromSqliteThread[] = await Promise.race([once(thread, "message", { signal }), ended]);
    return first;
  } finally {
    ended.catch(() => {}); // the wait that has lost the race
    left.abort();
  }
}
