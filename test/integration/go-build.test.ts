// scripts/go-build with a real Go, on a small module of the test.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../scripts/go-build/run", import.meta.url));
/** A build cache of the test, which does not contain what other builds have compiled. */
const cache = mkdtempSync(join(tmpdir(), "cke-go-cache-"));
afterAll(() => rmSync(cache, { recursive: true }));
let directory = "";
const file = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-go-build-test-"));
  mkdirSync(file("library"));
  mkdirSync(file("other"));
  writeFileSync(file("go.mod"), "module cke.test/small\n\ngo 1.19\n");
  writeFileSync(file("library/library.go"), 'package library\n\nfunc Words() string { return "built" }\n');
  const main = 'package main\n\nimport "cke.test/small/library"\n\nfunc main() { println(library.Words()) }\n';
  writeFileSync(file("main.go"), main);
  writeFileSync(file("other/main.go"), main);
});
afterEach(() => rmSync(directory, { recursive: true }));

const environment = () => ({
  ...process.env,
  GOCACHE: cache,
  GOFLAGS: "-mod=mod",
  CGO_ENABLED: "0",
  CKE_BUILD_PROGRESS: file("progress"),
});
async function build(...packages: readonly string[]) {
  const { stderr } = await run(script, ["-trimpath", "-ldflags", "-s -w", "-o", `${file("out")}/`, "--", ...packages], {
    cwd: directory,
    env: environment(),
  });
  return { words: stderr, progress: readFileSync(file("progress"), "utf8") };
}

test("packages and programs are counted, and what is cached is not", async () => {
  mkdirSync(file("out"));
  const first = await build(".", "./other");
  expect(first.progress).toMatch(/^100 % \((\d+) of \1 packages, 2 of 2 programs linked\), /);
  expect((await run(file("out/small"), [])).stderr).toBe("built\n");
  writeFileSync(file("library/library.go"), 'package library\n\nfunc Words() string { return "again" }\n');
  const second = await build(".", "./other");
  expect(second.progress).toMatch(/^100 % \(3 of 3 packages, 2 of 2 programs linked\), /);
  expect((await run(file("out/other"), [])).stderr).toBe("again\n");
  rmSync(file("out/small"));
  const third = await build(".");
  expect(third.progress).toMatch(/^100 % \(0 of 0 packages, 1 of 1 programs linked\), /);
});

test("go's own words and exit code come through when the source is wrong", async () => {
  writeFileSync(file("library/library.go"), "package library\n\nfunc Words() string { return 1 }\n");
  await expect(build(".")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("cannot use 1") });
  expect(existsSync(file("out/small"))).toBe(false);
});

test("a module that go cannot list is not the progress' failure: go says what is wrong", async () => {
  writeFileSync(file("main.go"), 'package main\n\nimport "cke.test/small/nowhere"\n\nfunc main() { nowhere.X() }\n');
  await expect(build(".")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("nowhere") });
});

test("without a file for it nothing is counted", async () => {
  const env = { ...environment(), CKE_BUILD_PROGRESS: "" };
  await run(script, ["-trimpath", "-o", file("plain"), "--", "."], { cwd: directory, env });
  expect(existsSync(file("progress"))).toBe(false);
  expect((await run(file("plain"), [])).stderr).toBe("built\n");
});
