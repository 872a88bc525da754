// Power cuts of the sqlite store: a process commits under strace, which writes down what it does to its files in which order;
// then the disk is cut at many moments, with everything that was not synced there or not there, and the store is opened.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { silentLogger } from "@cke/foundation";
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";
import { CutDisk } from "./testing/cut-disk.ts";
import { type DiskEvent, readTrace, straceFlags } from "./testing/disk-trace.ts";
import { operationsOf, stateAfter } from "./testing/numbered-commits.ts";

const writer = fileURLToPath(new URL("testing/commit-writer.ts", import.meta.url));
const cuts = Number(process.env.CUTS || 40);
const seed = Number(process.env.SEED || 7);

let directory: string;
let work: string;
/** So many commits were acknowledged, or told to a reader, before the present moment. */
let acknowledged = 0;
beforeEach(() => {
  acknowledged = 0;
  directory = mkdtempSync(join(tmpdir(), "cke-power-"));
  work = join(directory, "store");
  mkdirSync(work);
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What so many commits do to the files in `work`; after `deadAfter` of them the process ends by SIGKILL. */
async function record(commits: number, deadAfter = 0): Promise<readonly DiskEvent[]> {
  const trace = join(directory, "trace");
  const argv = [process.execPath, "--disable-warning=ExperimentalWarning", writer, work, commits, deadAfter].map(
    String,
  );
  const ended = promisify(execFile)("strace", [...straceFlags, "-o", trace, ...argv]);
  if (deadAfter === 0) await ended;
  else await expect(ended).rejects.toMatchObject({ signal: "SIGKILL" });
  const events = [...readTrace(readFileSync(trace, "latin1").split("\n"), work)];
  rmSync(trace);
  return events;
}

/** The store that is found after a cut holds the first so many commits, all that were acknowledged among them, and works. */
async function judge(files: ReadonlyMap<string, Buffer>): Promise<void> {
  const found = mkdtempSync(join(directory, "found-"));
  for (const [name, content] of files) writeFileSync(join(found, name), content);
  const path = join(found, "cke.db");
  const store = await SqliteStore.open(path, silentLogger);
  const count = Number((await store.get("count"))?.value ?? 0);
  expect(count).toBeGreaterThanOrEqual(acknowledged);
  const held = new Map((await store.list("")).map(({ key, value }) => [key, value]));
  expect(held).toEqual(stateAfter(count));
  await store.commit(operationsOf(count + 1));
  await store.close();
  const again = await SqliteStore.open(path, silentLogger);
  expect((await again.get("count"))?.value).toBe(count + 1);
  await again.close();
  rmSync(found, { recursive: true });
}

/** Lets events happen to the disk, and cuts it at moments that the seed chooses. What was acknowledged is in the file `acks`. */
async function cutDuring(events: readonly DiskEvent[], disk: CutDisk, random: () => number): Promise<void> {
  const moments = Array.from({ length: cuts }, () => Math.floor(random() * events.length)).sort((a, b) => a - b);
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
    await judge(files).catch((error: unknown) => {
      throw new Error(`cut ${moment} of ${events.length}, SEED=${seed}`, { cause: error });
    });
  }
  until(events.length);
  // Cuts that lose nothing prove nothing.
  expect(doubtful).toBeGreaterThan(cuts / 4);
}

test("B9: what sqlite acknowledged, or told after a crash, survives a power cut at any moment", async () => {
  const random = seededRandom(seed);
  const disk = new CutDisk();
  const fresh = await record(350);
  expect(fresh.filter(({ kind }) => kind === "sync-end").length).toBeGreaterThan(50);
  await cutDuring(fresh, disk, random);
  expect(readdirSync(work).sort()).toEqual(["acks", "cke.db"]);
  // Used again after it was closed, killed while it commits, and used again with the log that was left.
  await cutDuring(await record(350, 200), disk, random);
  expect(readdirSync(work)).toContain("cke.db-wal");
  await cutDuring(await record(150), disk, random);
  expect(acknowledged).toBeGreaterThan(650);
});
