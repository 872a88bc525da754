import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOfProgram, schedulerAction } from "./running-program.ts";

test.each([
  [false, undefined, "start"],
  [false, "a", "start"],
  [true, "a", "keep"],
  [true, "b", "replace"],
  [true, undefined, "replace"], // started by an earlier CKE that noted no digest
] as const)("running %s, started from %s, checkout a: %s", (running, started, action) => {
  expect(schedulerAction(running, started, "a")).toBe(action);
});

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-program-"));
  writeFileSync(join(directory, "program"), "one");
  writeFileSync(join(directory, "cke.conf"), "a: 1");
});
afterEach(() => rmSync(directory, { recursive: true }));
const digest = (flags: readonly string[] = ["-name", "x"]) =>
  digestOfProgram(join(directory, "program"), flags, directory);

test("the digest stays while nothing changes, whatever the times of the files", async () => {
  const before = await digest();
  writeFileSync(join(directory, "program"), "one");
  expect(await digest()).toBe(before);
});

test("program, flags and configuration each change the digest", async () => {
  const seen = [await digest(), await digest(["-name", "y"])];
  writeFileSync(join(directory, "cke.conf"), "a: 2");
  seen.push(await digest());
  writeFileSync(join(directory, "program"), "two");
  seen.push(await digest());
  expect(new Set(seen).size).toBe(4);
});
