// The thread of the sqlite store: opens the database whose path it was given, carries out batches, and answers each as a
// whole when it is on the disk. sqlite syncs here, so nothing else of the scheduler waits for the disk.
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
