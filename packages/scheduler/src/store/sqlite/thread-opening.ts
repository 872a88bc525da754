// Waits for the first message of the thread of the sqlite store. A thread that ends without a message is an error, so that the
// start of the scheduler never waits for a thread that is gone.
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { StoreError } from "../store.ts";
import type { FromSqliteThread } from "./sqlite-messages.ts";

/** Rejects when the thread fails or ends before it has said anything. */
export async function firstMessage(thread: Worker): Promise<FromSqliteThread | undefined> {
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
