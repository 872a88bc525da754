// The thread of the sqlite store ends unexpectedly, and is started again; and what is asked of it while it is at work.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLogger } from "@cke/foundation";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";

let directory: string;
let path: string;
let lines: string[] = [];
const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
const open = () => SqliteStore.open(path, logger);

beforeEach(() => {
  lines = [];
  directory = mkdtempSync(join(tmpdir(), "cke-sqlite-thread-"));
  path = join(directory, "store.db");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A store in which reading `worse` is a fault of the program: its revision is no number that JavaScript has. */
async function withFault(): Promise<SqliteStore> {
  const first = await open();
  for (const key of ["good", "worse"]) await first.commit([{ op: "put", key, value: key }]);
  await first.close();
  const database = new DatabaseSync(path);
  database.exec("UPDATE entries SET revision = -9007199254740993 WHERE key = 'worse'");
  database.close();
  return await open();
}

test("the calls that a thread had when it ended fail; those after it go to the next thread", async () => {
  const store = await withFault();
  const [fault, beside] = await Promise.allSettled([store.get("worse"), store.get("good")]);
  for (const outcome of [fault, beside])
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "store_unavailable", retryable: true } });
  expect(String(fault.status === "rejected" && fault.reason)).toMatch(/the thread that writes .* has ended/);
  await expect.poll(() => store.healthy(), { timeout: 120_000 }).toBe(true);
  expect(await store.get("good")).toMatchObject({ value: "good" });
  await store.commit([{ op: "put", key: "later", value: 1 }]);
  expect(lines.join("")).toContain("was started again");
  await store.close();
  const next = await open();
  expect(await next.keys("")).toEqual(["good", "later", "worse"]);
  await next.close();
});

test("a thread that ends again and again is not started without a pause", async () => {
  const store = await withFault();
  const until = performance.now() + 2_500;
  for (; performance.now() < until; await new Promise((resolve) => setTimeout(resolve, 5)))
    await expect(store.get("worse")).rejects.toMatchObject({ code: "store_unavailable" });
  expect(lines.filter((line) => line.includes("was started again")).length).toBeLessThanOrEqual(3);
  await store.close();
});

test("a store that is at work is healthy, and says so at once", async () => {
  const store = await open();
  const value = "x".repeat(100_000);
  let stored = 0;
  const commits = Array.from({ length: 800 }, (_, index) =>
    store.commit([{ op: "put", key: `key/${index}`, value }]).then(() => {
      stored += 1;
    }),
  );
  expect(await store.healthy()).toBe(true);
  expect(stored).toBe(0);
  await Promise.all(commits);
  expect(await store.healthy()).toBe(true);
  await store.close();
  expect(await store.healthy()).toBe(false);
});
