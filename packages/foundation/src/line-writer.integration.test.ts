import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LineWriter } from "./line-writer.ts";

const program = join(import.meta.dirname, "testing/line-program.ts");
/** 1 MB is more than any pipe, socket or terminal holds. */
const count = 5_000;

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-lines-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const ends: [end: string, code: number][] = [
  ["flush", 0],
  ["exit", 3],
  ["throw", 1],
];

/** Runs the program; reads its stderr only after it has said that all was written, and some time later. */
async function run(end: string, stderr: "pipe" | number, reader?: Readable) {
  const child = spawn(process.execPath, [program, String(count), end], { stdio: ["ignore", "pipe", stderr] });
  const exit = once(child, "exit");
  if (typeof stderr === "number") closeSync(stderr);
  await once(child.stdout ?? child, "data");
  await delay(200);
  const output = reader ?? child.stderr;
  const lines = output === null ? "" : await text(output);
  return { code: (await exit)[0], lines };
}

/** The program's lines; what Node itself says at an uncaught exception stands between them. */
const numbersIn = (lines: string) => lines.split("\n").flatMap((line) => /^(\d+) x{200}\r?$/.exec(line)?.[1] ?? []);
const everyNumber = Array.from({ length: count }, (_, index) => String(index));

test.each(ends)(
  "a reader of a socket gets every line, however late it reads and however the program ends: %s",
  async (end, code) => {
    // Node makes its "pipes" of sockets.
    const result = await run(end, "pipe");
    expect(result.code).toBe(code);
    expect(numbersIn(result.lines)).toEqual(everyNumber);
  },
);

test.each(ends)(
  "a reader of a pipe gets every line, however late it reads and however the program ends: %s",
  async (end, code) => {
    const path = join(directory, "pipe");
    expect(spawnSync("mkfifo", [path]).status).toBe(0);
    const reader = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
    const result = await run(end, openSync(path, "w"), reader);
    expect(result.code).toBe(code);
    expect(numbersIn(result.lines)).toEqual(everyNumber);
  },
);

test.each(ends)("a file has every line, however the program ends: %s", async (end, code) => {
  const path = join(directory, "log");
  const result = await run(end, openSync(path, "w"));
  expect(result.code).toBe(code);
  expect(numbersIn(readFileSync(path, "utf8"))).toEqual(everyNumber);
});

test.each(ends)("a terminal shows every line, however the program ends: %s", async (end, code) => {
  // script copies its terminal to its own stdout, which nobody reads at first.
  const command = `${process.execPath} ${program} ${count} ${end} > ${join(directory, "stdout")}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exit = once(child, "exit");
  await expect.poll(() => readFileSync(join(directory, "stdout"), "utf8"), { timeout: 120_000 }).toBe("written\n");
  await delay(200);
  expect(numbersIn(await text(child.stdout))).toEqual(everyNumber);
  expect((await exit)[0]).toBe(code);
});

test("the process ends although nobody ever reads", async () => {
  const child = spawn(process.execPath, [program, String(count), "exit"], { stdio: ["ignore", "ignore", "pipe"] });
  expect((await once(child, "exit"))[0]).toBe(3);
});

test("lines beyond the limit are dropped and counted", async () => {
  const path = join(directory, "log");
  const fd = openSync(path, "w");
  try {
    const writer = new LineWriter(fd, 25);
    for (let index = 0; index < 5; index += 1) writer.write(`line ${index}...\n`);
    await writer.flush();
    writer.write("again\n");
    await writer.flush();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.filter((line) => !line.startsWith("{"))).toEqual(["line 0...", "line 1...", "again"]);
    expect(lines.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []))).toEqual([
      expect.objectContaining({ level: "warning", lines: 3 }),
    ]);
  } finally {
    closeSync(fd);
  }
});
