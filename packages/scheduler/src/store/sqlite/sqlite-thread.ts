// The thread of the sqlite store: opens the database at the given path and carries batches out. It answers a batch as a
// whole, after it is on the disk. sqlite syncs in this thread, so the scheduler's main thread never waits for the disk.
import { parentPort, workerData } from "node:worker_threads";
import { SqliteDatabase } from "./sqlite-database.ts";
import { failureOf } from "./sqlite-errors.ts";
import type { FromSqliteThread, ToSqliteThread } from "./sqlite-messages.ts";

const tell = (message: FromSqliteThread) => parentPort?.postMessage(message);

function serve(path: string): void {
  let database: SqliteDatabase;
  try {
    database = SqliteDatabase.open(path);
  } catch (error) {
    const failure = failureOf(path, error);
    if (failure === undefined) throw error;
    tell({ kind: "refused", failure });
    return;
  }
  parentPort?.on("message", (message: ToSqliteThread) => {
    if (message.kind === "batch") return tell({ kind: "answers", answers: database.answer(message.requests) });
    database.close();
    parentPort?.close();
  });
  tell({ kind: "opened", opening: database.opening });
}

serve(String(workerData));
