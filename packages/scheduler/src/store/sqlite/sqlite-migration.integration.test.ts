// A file that an earlier version wrote is migrated once, when it is opened.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { currentFormat, migrated } from "../migrations/migrations.ts";
import { storeOf4831b99 } from "../migrations/testing/earlier-stores.ts";
import { SqliteStore } from "./sqlite-store.ts";

test("a file of format 1 is brought to this format when it is opened, and is refused by a program of before", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-migration-"));
  const path = join(directory, "cke.db");
  try {
    const old = storeOf4831b99();
    const before = await SqliteStore.open(path, silentLogger);
    await before.commit([...old].map(([key, value]) => ({ op: "put", key, value })));
    await before.close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE meta SET number = 1 WHERE name = 'format'");
    database.close();
    for (let opening = 0; opening < 2; opening += 1) {
      const store = await SqliteStore.open(path, silentLogger);
      expect(new Map((await store.list("")).map(({ key, value }) => [key, value]))).toEqual(migrated(old, 1));
      await store.close();
    }
    const after = new DatabaseSync(path);
    expect(after.prepare("SELECT number FROM meta WHERE name = 'format'").get()).toEqual({ number: currentFormat });
    after.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
