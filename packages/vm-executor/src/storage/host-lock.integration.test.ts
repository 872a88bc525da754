// Locks between real processes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { HostLock } from "./host-lock.ts";

const holderProgram = fileURLToPath(new URL("testing/lock-holder.ts", import.meta.url));
const never = new AbortController().signal;
let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-lock-"));
  path = join(directory, "lock");
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Children of this process that hold locks: `cat` with the lock's file open. */
function holders(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return parent === String(process.pid) && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "cat";
    } catch {
      return false;
    }
  });
}

test("one at a time, and nothing is left", async () => {
  const first = await HostLock.acquire(path, { signal: never });
  expect(await HostLock.tryAcquire(path, never)).toBeUndefined();
  let waited = false;
  const second = HostLock.acquire(path, { signal: never, onWait: () => (waited = true) });
  await expect.poll(() => waited).toBe(true);
  await first.release();
  const lock = await second;
  expect(first.lost.aborted).toBe(false);
  await lock.release();
  expect(holders()).toEqual([]);
});

test("a lock ends with kill -9 of its owner", async () => {
  const owner = spawn(process.execPath, [holderProgram, path], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(owner.stdout, "data");
    expect(await HostLock.tryAcquire(path, never)).toBeUndefined();
    const lock = HostLock.acquire(path, { signal: never });
    owner.kill("SIGKILL");
    await (await lock).release();
  } finally {
    owner.kill("SIGKILL");
  }
});

test("who waits can give up", async () => {
  const lock = await HostLock.acquire(path, { signal: never });
  const patience = new AbortController();
  const onWait = () => patience.abort(new Error("enough"));
  await expect(HostLock.acquire(path, { signal: patience.signal, onWait })).rejects.toThrow("enough");
  await lock.release();
});

test("a lock whose file was removed is of no use: who waited for it makes a new one", async () => {
  const first = await HostLock.acquire(path, { signal: never });
  const waiting = [1, 2, 3].map(() => {
    const begun = Promise.withResolvers<void>();
    return { lock: HostLock.acquire(path, { signal: never, onWait: begun.resolve }), begun: begun.promise };
  });
  await Promise.all(waiting.map(({ begun }) => begun));
  await first.release({ remove: true });
  let inside = 0;
  await Promise.all(
    waiting.map(async ({ lock }) => {
      const held = await lock;
      inside += 1;
      expect(inside).toBe(1);
      expect(await HostLock.tryAcquire(path, never)).toBeUndefined();
      inside -= 1;
      await held.release({ remove: true });
    }),
  );
  expect(existsSync(path)).toBe(false);
});

test("its owner is told when its holder is killed", async () => {
  const lock = await HostLock.acquire(path, { signal: never });
  for (const pid of holders()) process.kill(Number(pid), "SIGKILL");
  await expect.poll(() => lock.lost.aborted).toBe(true);
  expect(lock.lost.reason).toMatchObject({ code: "lock_lost" });
  await lock.release();
});

test("a directory that is not there is named", async () => {
  await expect(HostLock.acquire(join(directory, "no/lock"), { signal: never })).rejects.toThrow("cannot be locked");
});
