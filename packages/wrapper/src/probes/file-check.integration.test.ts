// A test of one path without a program gives the answer of the program, and no other command is taken for one.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileCheck } from "./file-check.ts";

const directory = mkdtempSync(join(tmpdir(), "cke-file-check-"));
let server: Server;
beforeAll(async () => {
  writeFileSync(join(directory, "file"), "x");
  mkdirSync(join(directory, "directory"));
  symlinkSync(join(directory, "file"), join(directory, "link"));
  symlinkSync(join(directory, "nothing"), join(directory, "broken"));
  symlinkSync(join(directory, "loop"), join(directory, "loop"));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(join(directory, "socket"), resolve));
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

const paths = ["file", "directory", "link", "broken", "loop", "socket", "nothing", "file/below"];
const rows = ["-e", "-f", "-d", "-S"].flatMap((operator) => paths.map((path) => [operator, path] as const));

test.each(rows)("test %s %s", async (operator, path) => {
  const command = ["/usr/bin/test", operator, join(directory, path)];
  const { status } = spawnSync(command[0] ?? "", command.slice(1));
  const run = fileCheck({ command, description: "it is not there yet" });
  const answer = await run?.(new AbortController().signal).then(
    () => 0,
    (error: Error) => error.message,
  );
  expect(answer).toBe(status === 0 ? 0 : "it is not there yet");
});

test.each([
  [["/usr/bin/test", "-x", "/file"]],
  [["/usr/bin/test", "-e", "relative"]],
  [["/usr/bin/test", "-e"]],
  [["/usr/bin/test", "-e", "/a", "-o", "-e", "/b"]],
  [["/usr/local/bin/test", "-e", "/file"]],
  [["/bin/sh", "-e", "/file"]],
])("%j is run as it is", (command) => {
  expect(fileCheck({ command, description: "" })).toBeUndefined();
});
