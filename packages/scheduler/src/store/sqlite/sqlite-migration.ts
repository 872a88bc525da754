// Migrates a file of an older format, in the transaction in which it is opened: when the program dies meanwhile, the
// file stays as it was.
import type { DatabaseSync } from "node:sqlite";
import { currentFormat, migrations } from "../migrations/migrations.ts";
import { encodeOperations } from "../store.ts";
import { maxMigratedBytes } from "../store-limits.ts";
import { damagedFile } from "./sqlite-errors.ts";

/** Runs the migrations from format `from` to this program's. */
export function migrateEntries(path: string, database: DatabaseSync, from: number): void {
  const put = database.prepare(
    "INSERT INTO entries (key, value, revision) VALUES (?, ?, (SELECT number FROM meta WHERE name = 'revision')) ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision",
  );
  const remove = database.prepare("DELETE FROM entries WHERE key = ?");
  for (const migration of migrations.slice(from - 1)) {
    const rows = database.prepare("SELECT key, value FROM entries ORDER BY key").all();
    const entries = new Map(rows.map(({ key, value }) => [String(key), readValue(path, String(key), String(value))]));
    database.exec("UPDATE meta SET number = number + 1 WHERE name = 'revision'");
    for (const { key, json } of encodeOperations(migration(entries), maxMigratedBytes)) {
      if (json === undefined) remove.run(key);
      else put.run(key, json);
    }
  }
  database.prepare("UPDATE meta SET number = ? WHERE name = 'format'").run(currentFormat);
}

function readValue(path: string, key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damagedFile(path, `the value of ${key} is no JSON`, error);
  }
}
