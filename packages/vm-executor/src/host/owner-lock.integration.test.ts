// The lock of a VM's directory between processes that end, are killed, and want it at the same time.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@cke/foundation";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OwnerLock } from "./owner-lock.ts";

const taker = fileURLToPath(new URL("testing/lock-taker.ts", import.meta.url));
const signal = new AbortController().signal;
let directory: string;
const take = (executorId: string, patienceMs = 0, onWait: (words: string) => void = () => {}) =>
  OwnerLock.take({ directory, executorId, clock: systemClock }, patienceMs, onWait, signal);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-owner-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function otherProcess(executorId: string) {
  const child = spawn(process.execPath, [taker, directory, executorId], { stdio: ["ignore", "pipe", "inherit"] });
  const [words] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => ["ended"])]);
  return { child, words: String(words).trim() };
}

/** The child of a process that holds its lock. */
const holderOf = (pid: number | undefined): number =>
  Number(
    execFileSync("pgrep", ["-P", String(pid), "-x", "flock|cat"])
      .toString()
      .split("\n")[0],
  );

test("one has it; who waits is told whom for, and gets it when that process is killed", async () => {
  const { child, words } = await otherProcess("e1");
  expect(words).toBe("held");
  await expect(take("e2")).rejects.toMatchObject({ code: "vm_busy", message: expect.stringContaining("executor e1") });
  const waits: string[] = [];
  const waiting = take("e2", 60_000, (one) => waits.push(one));
  await expect.poll(() => waits.length).toBeGreaterThan(0);
  child.kill("SIGKILL");
  const lock = await waiting;
  expect(readFileSync(join(directory, "owner.lock"), "utf8")).toContain('"e2"');
  await lock.release();
  expect(existsSync(join(directory, "owner.lock"))).toBe(false);
});

test("of many that find a dead owner one has it", async () => {
  writeFileSync(
    join(directory, "owner.lock"),
    JSON.stringify({ executorId: "dead", pid: 4_194_304, startTime: "1", bootId: "b", pidNamespace: "n" }),
  );
  const done = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => take(`e${index}`)));
  const having = done.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(having).toHaveLength(1);
  for (const lock of having) await lock.release();
});

test("a lock whose holder was killed stays with its executor, and is had again", async () => {
  const { child, words } = await otherProcess("e1");
  expect(words).toBe("held");
  process.kill(holderOf(child.pid), "SIGKILL");
  // Its owner runs: nobody takes the directory, also in the moment in which nobody has the lock.
  for (let attempt = 0; attempt < 5; attempt += 1) await expect(take("e2")).rejects.toMatchObject({ code: "vm_busy" });
  child.kill("SIGKILL");
  await (await take("e2", 60_000)).release();
});

test("one that is abandoned is free for the next executor of this process", async () => {
  const first = await take("e1");
  first.abandon();
  const second = await take("e2", 60_000);
  expect(second.held).toBe(true);
  await second.release();
});
