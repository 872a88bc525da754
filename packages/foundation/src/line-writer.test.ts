import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { LineWriter } from "./line-writer.ts";

const program = join(import.meta.dirname, "testing/line-program.ts");

test.each([
  ["flush", 0],
  ["exit", 3],
  ["throw", 1],
])(
  "a reader that sleeps holds nobody up and gets every line in order, however the program ends: %s",
  async (end, code) => {
    const count = 5_000;
    const child = spawn(process.execPath, [program, String(count), end], { stdio: ["ignore", "pipe", "pipe"] });
    const exit = once(child, "exit");
    // 1 MB is more than any pipe holds.
    const [late] = await once(child.stdout, "data");
    await delay(200);
    const [lines] = await Promise.all([text(child.stderr), exit]);
    expect((await exit)[0]).toBe(code);
    const numbers = lines.split("\n").flatMap((line) => /^(\d+) x{200}$/.exec(line)?.[1] ?? []);
    expect(numbers.length).toBe(count);
    if (end === "flush") expect(numbers).toEqual(numbers.toSorted((left, right) => Number(left) - Number(right)));
    // The machine may be busy; a reader of 200 ms would show.
    expect(Number(String(late))).toBeLessThan(150);
  },
);

test("lines beyond the limit are dropped and counted", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-lines-"));
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
    rmSync(directory, { recursive: true });
  }
});
