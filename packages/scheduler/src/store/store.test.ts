import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLogger, silentLogger } from "@cke/foundation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "./memory-store.ts";
import { openStorage } from "./open-storage.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { Store } from "./store.ts";

let directory: string;
let path: string;
const open = async (type: string): Promise<Store> =>
  type === "sqlite" ? SqliteStore.open(path, silentLogger) : new MemoryStore();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-store-"));
  path = join(directory, "below", "store.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe.each(["empty", "sqlite"])("store contract: %s", (type) => {
  let store: Store;
  beforeEach(async () => {
    store = await open(type);
  });
  afterEach(() => store.close());

  it("gives back what was put, with the revision that put it", async () => {
    const value = { text: "ä\u0000\n", list: [1, 2.5, null, true], nested: { a: {} } };
    expect(await store.commit([{ op: "put", key: "a/b", value }])).toEqual({ revision: 1 });
    expect(await store.get("a/b")).toEqual({ key: "a/b", value, revision: 1 });
    await store.commit([{ op: "put", key: "other", value: 0 }]);
    expect((await store.get("a/b"))?.revision).toBe(1);
    await store.commit([{ op: "put", key: "a/b", value: "new" }]);
    expect(await store.get("a/b")).toEqual({ key: "a/b", value: "new", revision: 3 });
  });

  it("knows nothing of what was never put or was deleted", async () => {
    expect(await store.get("a")).toBeUndefined();
    await store.commit([{ op: "put", key: "a", value: 1 }]);
    await store.commit([
      { op: "delete", key: "a" },
      { op: "delete", key: "never" },
    ]);
    expect(await store.get("a")).toBeUndefined();
    expect(await store.list("")).toEqual([]);
  });

  it("lists exactly the keys below a prefix, in order", async () => {
    const keys = ["a/2", "a/10", "a/x/y", "ab/1", "a", "b", "a-/1", "a0"];
    await store.commit(keys.map((key) => ({ op: "put", key, value: key })));
    expect((await store.list("a/")).map(({ key }) => key)).toEqual(["a/10", "a/2", "a/x/y"]);
    expect((await store.list("")).map(({ key }) => key)).toEqual(keys.toSorted());
    expect(await store.list("none/")).toEqual([]);
  });

  it("applies all operations of a commit or none", async () => {
    await store.commit([{ op: "put", key: "a", value: 1 }]);
    const circular: unknown[] = [];
    circular.push(circular);
    for (const bad of [undefined, () => 1, 1n, circular]) {
      const commit = store.commit([
        { op: "delete", key: "a" },
        { op: "put", key: "b", value: bad },
      ]);
      await expect(commit).rejects.toThrow();
    }
    expect((await store.list("")).map(({ key }) => key)).toEqual(["a"]);
    expect(await store.commit([])).toEqual({ revision: 1 });
  });

  it("keeps its own copy of values", async () => {
    const value = { list: [1] };
    await store.commit([{ op: "put", key: "a", value }]);
    value.list.push(2);
    expect((await store.get("a"))?.value).toEqual({ list: [1] });
  });

  it("commits under a guard only when every expectation holds", async () => {
    const put = { op: "put", key: "a", value: 1 } as const;
    await store.commit([put], { expect: [{ key: "a", revision: 0 }] });
    for (const expected of [
      [{ key: "a", revision: 0 }],
      [
        { key: "a", revision: 1 },
        { key: "b", revision: 7 },
      ],
    ]) {
      await expect(store.commit([{ ...put, value: 2 }], { expect: expected })).rejects.toMatchObject({
        code: "conflict",
        status: 409,
        retryable: true,
      });
    }
    expect(await store.get("a")).toMatchObject({ value: 1, revision: 1 });
    expect(await store.commit([put], { expect: [{ key: "a", revision: 1 }] })).toEqual({ revision: 2 });
  });

  it.each(["", "/a", "a/", "a//b", "a b", "ä", "x".repeat(513)])("refuses the key %j", async (key) => {
    await expect(store.get(key)).rejects.toMatchObject({ code: "store_invalid_key" });
    await expect(store.commit([{ op: "put", key, value: 1 }])).rejects.toMatchObject({ code: "store_invalid_key" });
  });

  it("refuses a prefix that ends inside a segment, and a key that occurs twice", async () => {
    await expect(store.list("a")).rejects.toMatchObject({ code: "store_invalid_key" });
    const twice = store.commit([
      { op: "put", key: "a", value: 1 },
      { op: "delete", key: "a" },
    ]);
    await expect(twice).rejects.toMatchObject({ code: "store_invalid_key" });
  });

  it("tells whether it answers, and refuses everything after close", async () => {
    expect(await store.healthy()).toBe(true);
    await store.close();
    await store.close();
    expect(await store.healthy()).toBe(false);
    await expect(store.get("a")).rejects.toMatchObject({ code: "store_closed", status: 503 });
    await expect(store.commit([])).rejects.toMatchObject({ code: "store_closed" });
  });
});

describe("sqlite store", () => {
  it("remembers across a reopening, in a file that only its owner can read", async () => {
    const first = await open("sqlite");
    await first.commit([{ op: "put", key: "a", value: { b: 1 } }]);
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777, file).toBe(0o600);
    await first.close();
    const second = await open("sqlite");
    expect(await second.get("a")).toEqual({ key: "a", value: { b: 1 }, revision: 1 });
    expect(await second.commit([{ op: "put", key: "c", value: 1 }])).toEqual({ revision: 2 });
    await second.close();
  });

  it("lets one scheduler in at a time and says so", async () => {
    const first = await open("sqlite");
    await expect(open("sqlite")).rejects.toThrow(/in use by another process: is another cke-scheduler running/);
    await first.close();
    await (await open("sqlite")).close();
  });

  it("refuses a newer format and says what to do", async () => {
    await (await open("sqlite")).close();
    const database = new DatabaseSync(path);
    database.exec("UPDATE meta SET number = 99 WHERE name = 'format'");
    database.close();
    await expect(open("sqlite")).rejects.toThrow(/written by a newer cke-scheduler \(format 99.*start that version/);
  });

  it("refuses a file that is no store, damaged or another program's", async () => {
    path = join(directory, "text");
    writeFileSync(path, "this is a text, and a long one, but certainly no database at all".repeat(20));
    await expect(open("sqlite")).rejects.toThrow(/damaged or no cke-scheduler store.*move it away/);
    path = join(directory, "foreign.db");
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE things (name TEXT)");
    database.close();
    await expect(open("sqlite")).rejects.toThrow(/database of another program/);
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

  it("says which directory it cannot use", async () => {
    path = "/proc/cke-no-such/x.db";
    await expect(open("sqlite")).rejects.toThrow(/^-storage_servers: cannot open \/proc\/cke-no-such\/x.db: /);
  });
});

describe("openStorage", () => {
  it("warns that memory forgets", async () => {
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
    await openStorage({ type: "empty", servers: undefined }, logger);
    expect(lines.join("")).toMatch(/"level":"warning".*a restart forgets every cluster/);
  });

  it.each([
    ["etcd", "http://1.2.3.4:2379", /-storage_type etcd is not in this build yet: use sqlite/],
    ["zookeeper", "h:2181", /-storage_type zookeeper is not in this build yet/],
    ["sqlite", undefined, /-storage_type sqlite needs -storage_servers/],
  ])("refuses %s with %s", async (type, servers, message) => {
    await expect(openStorage({ type, servers }, silentLogger)).rejects.toThrow(message);
  });
});
