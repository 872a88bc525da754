// Rotation on the two kinds of file systems: with and without FALLOC_FL_COLLAPSE_RANGE (tmpfs has none).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { FileSource } from "../files/file-source.ts";
import { pauseProcesses } from "../process/process-pause.ts";
import { OutputFile } from "./output-file.ts";
import { openOutputSource } from "./output-source.ts";

const directories: string[] = [];
function makeDirectory(parent: string): string {
  const directory = mkdtempSync(join(parent, "cke-output-"));
  directories.push(directory);
  return directory;
}
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const noPause = async () => () => {};
function everything(path: string): string {
  let text = readFileSync(path, "utf8");
  for (let index = 1; existsSync(`${path}.${index}`); index += 1)
    text = readFileSync(`${path}.${index}`, "utf8") + text;
  return text;
}
const places = [
  ["a disk", tmpdir()],
  ["tmpfs", "/dev/shm"],
] as const;

describe.each(places)("an output file on %s", (_, parent) => {
  it("loses nothing while a process writes as fast as it can", async () => {
    const path = join(makeDirectory(parent), "stdout");
    const file = new OutputFile(path, { rotateBytes: 50_000, keep: 1_000 });
    const descriptor = file.openForAppending();
    const lines = 60_000;
    const script = `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i+1)); done`;
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", descriptor, "inherit"], detached: true });
    let running = true;
    const ended = once(child, "exit").then(() => {
      running = false;
    });
    let rotations = 0;
    while (running) {
      if (await file.rotate(() => pauseProcesses(() => (running && child.pid !== undefined ? [child.pid] : []))))
        rotations += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
    expect(rotations).toBeGreaterThan(0);
    const expected = Array.from({ length: lines }, (_, index) => `line ${index}\n`).join("");
    expect(everything(path) === expected).toBe(true);
  });

  it("keeps as many rotated files as asked, and positions go on", async () => {
    const path = join(makeDirectory(parent), "stderr");
    const file = new OutputFile(path, { rotateBytes: 8_192, keep: 2 });
    const descriptor = file.openForAppending();
    for (let round = 0; round < 5; round += 1) {
      writeSync(descriptor, `${round}`.repeat(10_000));
      expect(await file.rotate(noPause)).toBe(true);
      expect(await file.rotate(noPause)).toBe(false);
    }
    expect(existsSync(`${path}.2`)).toBe(true);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect(file.end()).toBe(50_000);
    const buffer = Buffer.alloc(100);
    // The last byte of round 3 and the first of round 4, wherever they are now.
    expect(await file.read(39_999, buffer)).toMatchObject({ position: 39_999 });
    expect(String(buffer.subarray(0, 1))).toBe("3");
    // A position that is gone: the oldest byte that is left.
    const oldest = await file.read(0, buffer);
    expect(oldest.position).toBeGreaterThan(20_000);
    expect(oldest.bytes).toBeGreaterThan(0);
    expect(await file.tail(0, 20)).toBe("4".repeat(20));
  });
});

describe("a reader of an output file", () => {
  const bytesOf = async (source: FileSource) => {
    const buffer = Buffer.alloc(1_000_000);
    const { bytes } = await source.read(buffer);
    return buffer.toString("utf8", 0, bytes);
  };
  const make = () => {
    const file = new OutputFile(join(makeDirectory(tmpdir()), "stdout"), { rotateBytes: 8_192, keep: 1 });
    const descriptor = file.openForAppending();
    const rotated = async (letter: string) => {
      writeSync(descriptor, letter.repeat(10_000));
      await file.rotate(noPause);
    };
    return { file, descriptor, rotated };
  };

  it("goes on where it was over a rotation; when that is gone, it is told so", async () => {
    const { file, rotated } = make();
    await rotated("a");
    const source = await openOutputSource(file, { offset: 0, fromEnd: true, follow: true });
    await rotated("b");
    expect(await bytesOf(source)).toContain("bbb");
    await rotated("c");
    await rotated("d");
    await expect(source.read(Buffer.alloc(10))).rejects.toMatchObject({
      code: "out_of_range",
      message: expect.stringContaining("bytes were rotated away"),
    });
  });

  it("ends where the end was when it does not follow", async () => {
    const { file, descriptor } = make();
    writeSync(descriptor, "12345");
    const source = await openOutputSource(file, { offset: 2, fromEnd: true, follow: false });
    writeSync(descriptor, "678");
    expect([await bytesOf(source), await bytesOf(source)]).toEqual(["45", ""]);
    expect(source.size).toBe(5);
  });
});

describe("the tail of a run", () => {
  it("begins with a whole line, and not before the run", async () => {
    const path = join(makeDirectory(tmpdir()), "stderr");
    const file = new OutputFile(path, { rotateBytes: 1_000_000, keep: 2 });
    const descriptor = file.openForAppending();
    writeSync(descriptor, "earlier run\n");
    const from = file.end();
    expect(await file.tail(from, 100)).toBe("");
    writeSync(descriptor, "first line\nsecond line\nthird\n");
    expect(await file.tail(from, 100)).toBe("first line\nsecond line\nthird");
    expect(await file.tail(from, 20)).toBe("second line\nthird");
  });
});
