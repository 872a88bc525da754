// The packed executor as an agent runs it: real sh, gzip and files, in a private directory.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pack } from "../../scripts/dist/self-extractor.ts";

const run = promisify(execFile);
let directory: string;
let packed: string;
let sha256: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-pack-"));
  const program = join(directory, "plain");
  await writeFile(program, `#!/bin/sh\necho "ran $*"\n# ${"x".repeat(200_000)}\n`, { mode: 0o755 });
  packed = join(directory, "packed");
  ({ sha256 } = await pack("cke-test", program, packed));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function sandbox(name: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  await copyFile(packed, join(path, "cke-test"));
  return path;
}
const start = (path: string, ...args: string[]) =>
  run(join(path, "cke-test"), args, {
    env: { PATH: "/usr/bin:/bin", MESOS_SANDBOX: path, CKE_CACHE_DIR: join(directory, "cache") },
  });

test("ten executors started at once share one unpacked file and give their sandbox's disk back", async () => {
  const sandboxes = await Promise.all(Array.from({ length: 10 }, (_, index) => sandbox(`sandbox-${index}`)));
  const answers = await Promise.all(sandboxes.map((path) => start(path, "a b", "c")));
  for (const { stdout } of answers) expect(stdout).toBe("ran a b c\n");
  expect(await readdir(join(directory, "cache", sha256))).toEqual(["cke-test"]);
  expect((await stat(join(directory, "cache", sha256, "cke-test"))).nlink).toBe(1);
  for (const path of sandboxes) expect((await stat(join(path, "cke-test"))).size).toBeLessThan(4096);
});

test("a sandbox whose payload was given back still starts from the shared copy", async () => {
  const path = await sandbox("again");
  await start(path);
  expect((await start(path, "twice")).stdout).toBe("ran twice\n");
});

test("outside a sandbox the packed file stays as it is", async () => {
  const before = await readFile(packed);
  await run(packed, [], { env: { PATH: "/usr/bin:/bin", CKE_CACHE_DIR: join(directory, "cache") } });
  expect((await readFile(packed)).equals(before)).toBe(true);
});

test("a torn download says so and leaves nothing that would run", async () => {
  const path = await sandbox("torn");
  const file = join(path, "cke-test");
  await truncate(file, (await stat(file)).size - 40);
  await expect(start(path)).rejects.toMatchObject({ stderr: expect.stringMatching(/torn|checksum/) });
  expect(await readdir(join(directory, "cache", sha256))).toEqual([]);
});

test("an unwritable cache directory is named with the remedy", async () => {
  const path = await sandbox("blocked");
  await writeFile(join(directory, "cache"), "a file where a directory should be");
  await expect(start(path)).rejects.toMatchObject({ stderr: expect.stringContaining("set CKE_CACHE_DIR") });
});
