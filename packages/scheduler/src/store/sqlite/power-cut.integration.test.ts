// Power cuts and failing syncs of the sqlite store. A process commits under strace, which records every write and sync. Then the
// test cuts the power at many moments of that record: each write that was not synced may be on the disk or not. Each time it
// opens the store that is left.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeOperations } from "../store.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { CutDisk } from "./testing/cut-disk.ts";
import { type DiskEvent, readTrace, straceFlags } from "./testing/disk-trace.ts";
import { operationsOf, stateAfter } from "./testing/numbered-commits.ts";

const writer = fileURLToPath(new URL("testing/commit-writer.ts", import.meta.url));
const cuts = Number(process.env.CUTS || 40);
const seed = Number(process.env.SEED || 7);

let directory: string;
let work: string;
/** Number of commits that were acknowledged, or returned by a read, before the present moment. */
let acknowledged = 0;
beforeEach(() => {
  acknowledged = 0;
  directory = mkdtempSync(join(tmpdir(), "cke-power-"));
  work = join(directory, "store");
  mkdirSync(work);
});
afterEach(() => rmSync(directory, { recursive: true }));

const writerArgv = (commits: number) =>
  [process.execPath, "--disable-warning=ExperimentalWarning", writer, work, commits].map(String);

/** Runs strace. The traced program has no compile cache, which would write files too. */
const strace = (...args: readonly string[]) =>
  promisify(execFile)("strace", [...args], { env: { ...process.env, NODE_COMPILE_CACHE: undefined } });

/** Records what `commits` commits do to the files in `work`. When sync number `deadAtSync` begins, the process gets SIGKILL. */
async function record(commits: number, deadAtSync = 0): Promise<readonly DiskEvent[]> {
  const trace = join(directory, "trace");
  const death = deadAtSync === 0 ? [] : ["-e", `inject=fsync:signal=KILL:when=${deadAtSync}`];
  const ended = strace(...straceFlags, ...death, "-o", trace, ...writerArgv(commits));
  if (deadAtSync === 0) await ended;
  else await expect(ended).rejects.toMatchObject({ signal: "SIGKILL" });
  const events = [...readTrace(readFileSync(trace, "latin1").split("\n"), work)];
  rmSync(trace);
  return events;
}

function heldIn(database: SqliteDatabase): ReadonlyMap<string, unknown> {
  const [answer] = database.answer([{ kind: "list", prefix: "" }]);
  if (answer === undefined || answer.failure !== undefined) throw new Error("the database does not answer");
  return new Map(answer.rows.map(({ key, json }) => [key, JSON.parse(json)]));
}

/** Checks a store after a cut: it holds the first n commits, all acknowledged ones are among them, and it takes a new commit. */
function judge(files: ReadonlyMap<string, Buffer>): void {
  const found = mkdtempSync(join(directory, "found-"));
  for (const [name, content] of files) writeFileSync(join(found, name), content);
  const path = join(found, "cke.db");
  const database = SqliteDatabase.open(path);
  const held = heldIn(database);
  const count = Number(held.get("count") ?? 0);
  expect(count).toBeGreaterThanOrEqual(acknowledged);
  expect(held).toEqual(stateAfter(count));
  const changes = encodeOperations(operationsOf(count + 1));
  expect(database.answer([{ kind: "commit", changes, expect: [] }])).toMatchObject([{ keys: [] }]);
  database.close();
  const again = SqliteDatabase.open(path);
  expect(heldIn(again).get("count")).toBe(count + 1);
  again.close();
  rmSync(found, { recursive: true });
}

/** Applies the events to the disk and cuts the power at seeded moments. The file `acks` tells which commits were acknowledged. */
function cutDuring(events: readonly DiskEvent[], disk: CutDisk, random: () => number): void {
  // A process that opens the store of another one: the power is always cut right after it has reported what it found.
  const told = events.findIndex((event) => event.kind === "write" && event.file === "acks") + 1;
  const any = Array.from({ length: cuts }, () => Math.floor(random() * events.length));
  const moments = [...Array.from({ length: 10 }, () => told), ...any].sort((a, b) => a - b);
  let at = 0;
  const until = (moment: number) => {
    for (const event of events.slice(at, moment)) {
      disk.apply(event);
      if (event.kind === "write" && event.file === "acks")
        acknowledged = Math.max(acknowledged, Number(event.data.toString()));
    }
    at = moment;
  };
  let doubtful = 0;
  for (const moment of moments) {
    until(moment);
    const files = new Map([...disk.cut(random)].filter(([name]) => name !== "acks"));
    if (disk.inDoubt("cke.db-wal") || disk.inDoubt("cke.db")) doubtful += 1;
    try {
      judge(files);
    } catch (error) {
      throw new Error(`cut ${moment} of ${events.length}, SEED=${seed}`, { cause: error });
    }
  }
  until(events.length);
  // Enough cuts must lose something, or the test proves nothing.
  expect(doubtful).toBeGreaterThan(cuts / 4);
}

test("B9: what sqlite acknowledged, or told after a crash, survives a power cut at any moment", async () => {
  const random = seededRandom(seed);
  const disk = new CutDisk();
  const fresh = await record(350);
  expect(fresh.filter(({ kind }) => kind === "sync-end").length).toBeGreaterThan(50);
  cutDuring(fresh, disk, random);
  expect(readdirSync(work).sort()).toEqual(["acks", "cke.db"]);
  // Used again after it was closed, killed while it syncs a commit, and used again with the log that was left.
  cutDuring(await record(350, 40), disk, random);
  expect(readdirSync(work)).toContain("cke.db-wal");
  cutDuring(await record(150), disk, random);
  expect(acknowledged).toBeGreaterThan(550);
});

/** Runs the writer while syncs of one file fail. `when` counts syncs from 1, as strace's `inject` does. */
async function failingSyncs(file: string, when: string, commits: number) {
  const fault = ["-P", join(work, file), "-e", "trace=fsync", "-e", `inject=fsync:error=EIO:when=${when}`];
  const output = ["-o", join(directory, "faults")];
  await strace("-f", ...fault, ...output, ...writerArgv(commits));
  const lines = (name: string) => readFileSync(join(work, name), "utf8").trim().split("\n");
  const refused = existsSync(join(work, "refused")) ? lines("refused").map((line) => line.split(" ")) : [];
  const database = SqliteDatabase.open(join(work, "cke.db"));
  const held = heldIn(database);
  database.close();
  const count = Number(held.get("count") ?? 0);
  expect(held).toEqual(stateAfter(count));
  return { acks: lines("acks").map(Number), refused, count };
}

test.each([5, 12])("B9: after sync %i of the log, which failed, nothing is answered as stored", async (nth) => {
  const { acks, refused, count } = await failingSyncs("cke.db-wal", String(nth), 100);
  expect(new Set(refused.map(([, code]) => code))).toEqual(new Set(["store_unavailable"]));
  // Calls are answered in their order, so no commit after the first refused one is acknowledged.
  expect(Math.max(...acks)).toBeLessThan(Math.min(...refused.map(([number]) => Number(number))));
  expect(acks.length + refused.length).toBe(101);
  expect(count).toBeGreaterThanOrEqual(Math.max(...acks));
});

test("B9: a file that cannot be synced takes no log over: the log keeps what was stored, and is not taken away", async () => {
  // Opening the store does the first four syncs.
  const { acks, refused, count } = await failingSyncs("cke.db", "5+", 600);
  expect(refused).toEqual([]);
  expect(Math.max(...acks)).toBe(600);
  expect(readFileSync(join(directory, "faults"), "utf8")).toContain("INJECTED");
  expect(count).toBe(600);
});

test("B9: a directory that the store makes for itself is on the disk before anything is stored in it", async () => {
  const path = join(work, "below", "cke.db");
  const module = fileURLToPath(new URL("sqlite-database.ts", import.meta.url));
  const program = `import { SqliteDatabase } from ${JSON.stringify(module)}; SqliteDatabase.open(${JSON.stringify(path)}).close();`;
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
  const trace = join(directory, "trace");
  await strace("-f", "-y", "-e", "trace=mkdir,fsync", "-o", trace, ...node);
  const synced = readFileSync(trace, "utf8")
    .split("\n")
    .flatMap((line) => (line.includes("mkdir(") ? ["made"] : (/fsync\(\d+<([^>]+)>\)\s+= 0/.exec(line)?.[1] ?? [])));
  expect(synced.slice(0, 3)).toEqual(["made", work, join(work, "below")]);
});
