// The thread of the sqlite store: opens the database that it is told and carries batches out. It answers a batch as a whole, after
// it is on the disk. sqlite syncs in this thread, so the scheduler's main thread never waits for the disk.
import { parentPort } from "node:worker_threads";
import { SqliteDatabase } from "./sqlite-database.ts";
import { failureOf } from "./sqlite-errors.ts";
import type { FromSqliteThread, ToSqliteThread } from "./sqlite-messages.ts";

const tell = (message: FromSqliteThread) => parentPort?.postMessage(message);
let database: SqliteDatabase | undefined;

function open(path: string): void {
  try {
    database = SqliteDatabase.open(path);
  } catch (error) {
    const failure = failureOf(path, error);
    if (failure === undefined) throw error;
    tell({ kind: "refused", failure });
    return;
  }
  tell({ kind: "opened", opening: database.opening });
}

parentPort?.on("message", (message: ToSqliteThread) => {
  if (message.kind === "open") return open(message.path);
  if (database === undefined) throw new TypeError("the thread of the store was told no file");
  if (message.kind === "batch") return tell({ kind: "answers", answers: database.answer(message.requests) });
  database.close();
  parentPort?.close();
});
