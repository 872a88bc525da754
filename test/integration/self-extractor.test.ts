// The packed executor as an agent runs it: real sh, gzip and files, in a private directory.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { pack } from "../../scripts/dist/self-extractor.ts";

const run = promisify(execFile);
let directory: string;
let packed: string;
let sha256: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-pack-"));
  const program = join(directory, "plain");
  await writeFile(program, `#!/bin/sh\necho "ran $*"\n# ${randomBytes(100_000).toString("base64")}\n`, { mode: 0o755 });
  packed = join(directory, "packed");
  ({ sha256 } = await pack("cke-test", program, packed));
});
// What a program leaves to be done beside it may still write there.
afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 100, retryDelay: 20 }));

async function sandbox(name: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(path);
  await copyFile(packed, join(path, "cke-test"));
  return path;
}
const start = (path: string, ...args: string[]) =>
  run(join(path, "cke-test"), args, {
    env: {
      PATH: `${join(directory, "bin")}:/usr/bin:/bin`,
      MESOS_SANDBOX: path,
      CKE_CACHE_DIR: join(directory, "cache"),
    },
  });
/** A program of this name that is found first. */
async function program(name: string, script: string): Promise<void> {
  await mkdir(join(directory, "bin"), { recursive: true });
  await writeFile(join(directory, "bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
const patience = { timeout: 120_000, interval: 20 };
const shortened = async (path: string) => (await stat(join(path, "cke-test"))).size < 4096;
const others = async (path: string) => (await readdir(path)).length > 1;

test.each([
  ["", 1],
  [", each of its own where nothing can be locked,", 10],
])(
  "ten executors started at once share one unpacked file%s and give their sandbox's disk back",
  async (_, unpacked) => {
    const log = join(directory, "unpacked");
    // Slow enough that all of them have begun before the first is done.
    await program("gzip", `echo once >>${log}; sleep 1; exec /usr/bin/env PATH=/usr/bin:/bin gzip "$@"`);
    if (unpacked > 1) await program("flock", "exit 1");
    const sandboxes = await Promise.all(Array.from({ length: 10 }, (_, index) => sandbox(`sandbox-${index}`)));
    const answers = await Promise.all(sandboxes.map((path) => start(path, "a b", "c")));
    for (const { stdout } of answers) expect(stdout).toBe("ran a b c\n");
    expect(await readdir(join(directory, "cache", sha256))).toEqual([".verified", "cke-test"]);
    expect((await stat(join(directory, "cache", sha256, "cke-test"))).nlink).toBe(1);
    const times = (await readFile(log, "utf8")).split("\n").length - 1;
    // Without a lock one that begins late finds what others have unpacked.
    if (unpacked === 1) expect(times).toBe(1);
    else expect(times).toBeGreaterThan(0);
    // Beside the program, which has ended by then.
    for (const path of sandboxes)
      await vi.waitUntil(async () => (await shortened(path)) && !(await others(path)), patience);
  },
);

test("a sandbox whose payload was given back still starts from the shared copy", async () => {
  const path = await sandbox("again");
  await start(path);
  await vi.waitUntil(async () => (await shortened(path)) && !(await others(path)), patience);
  expect((await start(path, "twice")).stdout).toBe("ran twice\n");
});

test("what an executor leaves that is killed while it unpacks goes with a later start", async () => {
  const path = await sandbox("killed");
  await start(path);
  const cache = join(directory, "cache", sha256);
  for (const name of [".new.old", ".new.young"]) await writeFile(join(cache, name), "half");
  const [then, soon] = [Date.now() / 1_000 - 3_600, Date.now() / 1_000 + 3_600];
  await utimes(join(cache, ".new.old"), then, then);
  await utimes(join(cache, ".new.young"), soon, soon);
  await start(path);
  await vi.waitUntil(async () => !(await readdir(cache)).includes(".new.old"), patience);
  expect(await readdir(cache)).toEqual([".new.young", ".verified", "cke-test"]);
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

describe("an unpacked file that is damaged", () => {
  const unpacked = () => join(directory, "cache", sha256, "cke-test");
  const zeros = async () => await writeFile(unpacked(), Buffer.alloc((await stat(unpacked())).size));
  /** As if the host had booted since. */
  const reboot = async () => await writeFile(join(directory, "cache", sha256, ".verified"), "an earlier boot\n");

  test.each([
    ["empty", async () => await truncate(unpacked(), 0)],
    ["short", async () => await truncate(unpacked(), 100)],
    [
      "of the right size, with nothing in it, after a power cut",
      async () => {
        await zeros();
        await reboot();
      },
    ],
  ])("%s: it is replaced, by ten at once too", async (_title, damage) => {
    const first = await sandbox("first");
    expect((await start(first, "1")).stdout).toBe("ran 1\n");
    await damage();
    const sandboxes = await Promise.all(Array.from({ length: 10 }, (_, index) => sandbox(`again-${index}`)));
    for (const { stdout } of await Promise.all(sandboxes.map((path) => start(path, "2"))))
      expect(stdout).toBe("ran 2\n");
    expect(await readdir(join(directory, "cache", sha256))).toEqual([".verified", "cke-test"]);
    expect((await start(await sandbox("last"), "3")).stderr).toBe("");
  });

  test("a whole one is looked at once after each boot, and kept", async () => {
    await start(await sandbox("first"));
    const { ino } = await stat(unpacked());
    await reboot();
    expect((await start(await sandbox("second"))).stderr).toBe("");
    expect((await stat(unpacked())).ino).toBe(ino);
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    expect(await readFile(join(directory, "cache", sha256, ".verified"), "utf8")).toBe(boot);
  });
});

test("data is flushed before the name is given", async () => {
  const text = (await readFile(packed, "latin1")).slice(0, 4096);
  expect(text.indexOf('sync "$new"')).toBeGreaterThan(0);
  for (const names of ['ln "$new" "$program"', 'mv -f "$new" "$program"'])
    expect(text.indexOf(names)).toBeGreaterThan(text.indexOf('sync "$new"'));
});

test.each(["000", "077"])(
  "with an agent's umask of %s all may run what is unpacked, and its owner alone may write there",
  async (umask) => {
    const path = await sandbox(`umask-${umask}`);
    const env = { PATH: "/usr/bin:/bin", MESOS_SANDBOX: path, CKE_CACHE_DIR: join(directory, "var", "cache") };
    await run("/bin/sh", ["-c", `umask ${umask}; exec "$0"`, join(path, "cke-test")], { env });
    const [cache, own] = [env.CKE_CACHE_DIR, join(env.CKE_CACHE_DIR, sha256)];
    const paths = [join(directory, "var"), cache, own, join(own, "cke-test"), join(own, ".verified")];
    const modes = await Promise.all(paths.map(async (one) => ((await stat(one)).mode & 0o777).toString(8)));
    expect(modes).toEqual(["755", "755", "755", "755", "644"]);
  },
);

test("an unwritable cache directory is named with the remedy", async () => {
  const path = await sandbox("blocked");
  await writeFile(join(directory, "cache"), "a file where a directory should be");
  await expect(start(path)).rejects.toMatchObject({ stderr: expect.stringContaining("set CKE_CACHE_DIR") });
});
