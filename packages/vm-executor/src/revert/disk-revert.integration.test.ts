// All disks go back, or none: with kill -9 at every step, and with disks that cannot go back.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CkeError, systemClock } from "@cke/foundation";
import { LibvirtServer } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import { finishRevert, forgetRevert, type RevertParts, revertDisks } from "./disk-revert.ts";

vi.setConfig({ testTimeout: 600_000 });
const missing = LibvirtServer.missing();
if (missing !== undefined) process.stderr.write(`skipped: disks that go back to a snapshot: ${missing}\n`);

const program = fileURLToPath(new URL("testing/reverting-process.ts", import.meta.url));
const signal = new AbortController().signal;
const qemuImg = new QemuImg();

describe.skipIf(missing !== undefined)("two disks", () => {
  let top: string;
  let disks: readonly string[];
  const parts = (more: Partial<RevertParts> = {}): RevertParts => ({
    qemuImg,
    journal: journal(),
    clock: systemClock,
    signal,
    ...more,
  });
  const journal = () => join(top, "revert.json");
  const io = (disk: string, ...words: readonly string[]) =>
    execFileSync("qemu-io", ["-f", "qcow2", "-c", words.join(" "), disk], { stdio: "pipe" }).toString();
  const write = (disk: string, byte: number) => io(disk, "write", "-P", String(byte), "0", "64k");
  /** What is in a disk: the first of the bytes that it begins with. */
  const content = (disk: string): number =>
    [1, 2].find((byte) => {
      try {
        io(disk, "read", "-P", String(byte), "0", "64k");
        return true;
      } catch {
        return false; // other bytes
      }
    }) ?? 0;
  const contents = () => disks.map(content);
  const snapshotsOf = async (disk: string) => (await qemuImg.snapshots(disk, signal)).map(({ name }) => name);
  const run = async (...args: readonly string[]): Promise<string> =>
    await promisify(execFile)(process.execPath, [program, ...args]).then(
      ({ stdout }) => stdout.trim(),
      (error: Error & { signal?: string }) => {
        if (error.signal !== "SIGKILL") throw error;
        return "killed";
      },
    );

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "cke-revert-"));
    disks = ["a", "b"].map((name) => join(top, `${name}.qcow2`));
    for (const disk of disks) {
      execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", disk, "1M"]);
      write(disk, 1);
      execFileSync("qemu-img", ["snapshot", "-c", "then", disk]);
      write(disk, 2);
    }
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  async function isClean(): Promise<void> {
    expect(existsSync(journal())).toBe(false);
    for (const disk of disks) {
      expect(await snapshotsOf(disk)).toEqual(["then"]);
      const { stdout } = await promisify(execFile)("qemu-img", ["check", "--output=json", disk]).catch(
        (error) => error,
      );
      expect(JSON.parse(stdout)).not.toHaveProperty("corruptions");
    }
  }

  test("go back", async () => {
    await revertDisks(disks, "then", parts());
    expect(contents()).toEqual([1, 1]);
    await isClean();
    expect(await finishRevert(parts())).toBe("");
  });

  test("kill -9 at every step, and kill -9 at every step of what the next executor does then", async () => {
    const steps = Number((await run("revert", journal(), "0", "then", ...disks)).replace("done in ", ""));
    expect(steps).toBeGreaterThan(8);
    const seen = new Set<string>();
    for (let step = 1; step <= steps; step += 1) {
      for (const disk of disks) write(disk, 2);
      expect(await run("revert", journal(), String(step), "then", ...disks)).toBe("killed");
      // The next executor is killed too, and the one after it, each a step later.
      for (let again = 1; (await run("finish", journal(), String(again))) === "killed"; again += 1);
      const [a, b] = contents();
      expect([a, b]).toEqual([a, a]);
      expect([1, 2]).toContain(a);
      seen.add(String(a));
      await isClean();
    }
    // Early steps are taken back, later ones completed.
    expect([...seen].toSorted()).toEqual(["1", "2"]);
  });

  test("a disk that another process has open for a moment is waited for", async () => {
    let busy = 2;
    const snapshot: QemuImg["snapshot"] = async (action, disk, ...rest) => {
      if (action === "apply" && busy > 0) {
        busy -= 1;
        throw new CkeError("disk_busy", "another process uses the disk");
      }
      await qemuImg.snapshot(action, disk, ...rest);
    };
    await revertDisks(
      disks,
      "then",
      parts({ qemuImg: { snapshots: (...args) => qemuImg.snapshots(...args), snapshot } }),
    );
    expect(contents()).toEqual([1, 1]);
  });

  test("a disk without the snapshot: nothing is begun", async () => {
    const [first = "", second = ""] = disks;
    execFileSync("qemu-img", ["snapshot", "-d", "then", second]);
    await expect(revertDisks([first, second], "then", parts())).rejects.toThrow(/b\.qcow2 has no snapshot then/);
    expect([contents(), existsSync(journal())]).toEqual([[2, 2], false]);
  });

  test.each(["create", "apply"] as const)("a second disk that fails (%s): all are as they were", async (what) => {
    let failed = 0;
    const snapshot: QemuImg["snapshot"] = async (action, disk, ...rest) => {
      if (action === what && disk.endsWith("b.qcow2") && failed === 0) {
        failed += 1;
        throw new CkeError("disk_full", "the storage is full");
      }
      await qemuImg.snapshot(action, disk, ...rest);
    };
    const failing = parts({ qemuImg: { snapshots: (...args) => qemuImg.snapshots(...args), snapshot } });
    await expect(revertDisks(disks, "then", failing)).rejects.toMatchObject({
      code: "snapshot_failed",
      message: expect.stringMatching(/are as they were: the storage is full/),
    });
    expect([failed, contents()]).toEqual([1, [2, 2]]);
    await isClean();
  });

  test("a storage that refuses both ways: the next executor ends it", async () => {
    const snapshot: QemuImg["snapshot"] = async (action, disk, ...rest) => {
      if (action === "apply" && disk.endsWith("b.qcow2")) throw new CkeError("disk_failed", "input/output error");
      await qemuImg.snapshot(action, disk, ...rest);
    };
    const failing = parts({ qemuImg: { snapshots: (...args) => qemuImg.snapshots(...args), snapshot } });
    await expect(revertDisks(disks, "then", failing)).rejects.toMatchObject({ code: "revert_unfinished" });
    expect(await finishRevert(parts())).toMatch(/all of them are as they were$/);
    expect(contents()).toEqual([2, 2]);
    await isClean();
  });

  test("a guest that somebody started meanwhile keeps what it has written", async () => {
    await run("revert", journal(), "6", "then", ...disks);
    for (const disk of disks) write(disk, 2);
    expect(await forgetRevert(journal())).toMatch(/started by somebody else/);
    expect(await finishRevert(parts())).toBe("");
    expect(contents()).toEqual([2, 2]);
    await isClean();
  });

  test("a snapshot whose name is the number of another one", async () => {
    // The snapshot "then" has the number 1.
    for (const disk of disks) execFileSync("qemu-img", ["snapshot", "-c", "1", disk]);
    for (const disk of disks) write(disk, 1);
    await revertDisks(disks, "1", parts());
    expect(contents()).toEqual([2, 2]);
  });

  test("a journal that cannot be read stops everything", async () => {
    writeFileSync(journal(), "{");
    await expect(finishRevert(parts())).rejects.toMatchObject({ code: "revert_unfinished" });
  });
});
