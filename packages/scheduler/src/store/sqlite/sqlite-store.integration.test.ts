// The sqlite store on real files, through its thread: the contract of every store, and what only a store in a file has.
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLogger, silentLogger } from "@cke/foundation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStorage } from "../storage/open-storage.ts";
import { storeContract } from "../testing/store-contract.ts";
import { SqliteStore } from "./sqlite-store.ts";

let directory: string;
let path: string;
const open = () => SqliteStore.open(path, silentLogger);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-store-"));
  path = join(directory, "below", "store.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("store contract: sqlite", () => {
  storeContract(async () => {
    let store = await open();
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await open();
        return store;
      },
      end: () => store.close(),
    };
  }, 60);
});

describe("sqlite store", () => {
  it("remembers across a reopening, in a file that only its owner can read", async () => {
    const first = await open();
    await first.commit([{ op: "put", key: "a", value: { b: 1 } }]);
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777, file).toBe(0o600);
    await first.close();
    const second = await open();
    expect(await second.get("a")).toEqual({ key: "a", value: { b: 1 }, revision: 1 });
    expect(await second.commit([{ op: "put", key: "c", value: 1 }])).toEqual({ revision: 2 });
    await second.close();
  });

  it("lets one scheduler in at a time and says so", async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(/in use by another process: is another cke-scheduler running/);
    await first.close();
    await (await open()).close();
  });

  it("takes its log over into the file as it goes on, in order, and stays the only one there", async () => {
    const first = await open();
    const value = "x".repeat(20_000);
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const done: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      // All at once: commits that arrive during a checkpoint wait and keep their order.
      const commits = keys.map((key) => first.commit([{ op: "put", key, value: `${round} ${value}` }]));
      done.push(...(await Promise.all(commits)).map(({ revision }) => revision));
    }
    expect(done).toEqual(done.toSorted((left, right) => left - right));
    // The commits wrote 24 MB.
    expect(statSync(`${path}-wal`).size).toBeLessThan(12 * 1024 * 1024);
    expect(statSync(path).size).toBeGreaterThan(keys.length * value.length);
    await expect(open()).rejects.toThrow(/in use by another process/);
    // The files as a crash would leave them.
    const copy = join(directory, "copy.db");
    for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${copy}${end}`);
    const other = await SqliteStore.open(copy, silentLogger);
    for (const key of keys) expect((await other.get(key))?.value).toBe(`29 ${value}`);
    await other.close();
    await first.close();
  });

  it("refuses a newer format and says what to do", async () => {
    await (await open()).close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE meta SET number = 99 WHERE name = 'format'");
    database.close();
    await expect(open()).rejects.toThrow(/written by a newer cke-scheduler \(format 99.*start that version/);
  });

  it("refuses a file that is no store, damaged or another program's, and leaves it as it is", async () => {
    const asItIs = () => [readFileSync(path), statSync(path).mode, readdirSync(directory)];
    path = join(directory, "text");
    for (const text of ["hello", "this is a text, and a long one, but certainly no database at all".repeat(20)]) {
      writeFileSync(path, text, { mode: 0o644 });
      const before = asItIs();
      await expect(open()).rejects.toThrow(/damaged or no cke-scheduler store.*move it away/);
      expect(asItIs()).toEqual(before);
    }
    path = join(directory, "foreign.db");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE things (name TEXT)");
    database.close();
    chmodSync(path, 0o644);
    const before = asItIs();
    await expect(open()).rejects.toThrow(/database of another program/);
    expect(asItIs()).toEqual(before);
  });

  it.each([
    ["DELETE FROM meta WHERE name = 'revision'", /its revision is gone/],
    ["UPDATE meta SET number = 0 WHERE name = 'revision'", /its revision is 0, that of an entry 1/],
    ["DROP TABLE entries", /it has no entries/],
  ])("refuses a file after %s", async (statement, words) => {
    const first = await open();
    await first.commit([{ op: "put", key: "a", value: 1 }]);
    await first.close();
    const database = new DatabaseSync(path);
    database.exec(statement);
    database.close();
    await expect(open()).rejects.toMatchObject({ code: "store_corrupt", message: expect.stringMatching(words) });
    await expect(open()).rejects.toThrow(/restore it from a backup/);
  });

  it("says which value is damaged, and what to do", async () => {
    const first = await open();
    await first.commit([{ op: "put", key: "a/b", value: 1 }]);
    await first.close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE entries SET value = '{' WHERE key = 'a/b'");
    database.close();
    const second = await open();
    await expect(second.list("")).rejects.toThrow(/"a\/b" is damaged.*restore the store from a backup/);
    await second.close();
  });

  it("closes a file that others could read, and says so", async () => {
    path = join(directory, "open.db");
    writeFileSync(path, "", { mode: 0o644 });
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
    await (await openStorage({ type: "sqlite", servers: path }, logger)).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(lines.join("")).toContain("readable by others");
  });

  it("takes a name that sqlite would understand otherwise for a file like any other", async () => {
    path = `file:cke-test-${process.pid}?mode=memory`;
    try {
      const first = await open();
      await first.commit([{ op: "put", key: "a", value: 1 }]);
      await first.close();
      const second = await open();
      expect(await second.get("a")).toMatchObject({ value: 1 });
      await second.close();
    } finally {
      for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    }
  });

  it("says which directory it cannot use", async () => {
    path = "/proc/cke-no-such/x.db";
    await expect(open()).rejects.toThrow(/^-storage_servers: cannot open \/proc\/cke-no-such\/x.db: /);
  });
});
