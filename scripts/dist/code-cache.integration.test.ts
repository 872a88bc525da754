// V8's code cache as the build makes it, used by another process of Node under the same flags, and under others.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { moduleFunction } from "./program-assets.ts";

const run = promisify(execFile);
const flags = ["--max-semi-space-size=1", "--v8-pool-size=1"];
const maker = join(import.meta.dirname, "code-cache.ts");
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-cache-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Says whether the cache was taken, and what the program says. */
const user = `
  const { readFileSync } = require("node:fs");
  const { constants, Script } = require("node:vm");
  const [program, cache] = process.argv.slice(2);
  const script = new Script(readFileSync(program, "latin1"), {
    cachedData: readFileSync(cache),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const made = { exports: {} };
  script.runInThisContext()(made.exports, require, made, program, "/");
  made.exports.then((said) => console.log(script.cachedDataRejected, said));`;

test("every function is in the cache, modules of Node can be loaded late, and other flags make the cache useless", async () => {
  const [program, cache, using] = ["program", "cache", "user.cjs"].map((name) => join(directory, name));
  if (program === undefined || cache === undefined || using === undefined) throw new Error("no paths");
  const late = 'async function late() { return (await import("node:path")).sep; }';
  await writeFile(program, moduleFunction(`${late} module.exports = late();`));
  await writeFile(using, user);
  await run(process.execPath, [...flags, maker, "make", program, cache]);
  const said = async (given: readonly string[]) =>
    (await run(process.execPath, [...given, using, program, cache])).stdout;
  expect(await said(flags)).toBe("false /\n");
  expect(await said(["--no-opt"])).toBe("true /\n");
  // The build finds that out.
  const check = (given: readonly string[]) => run(process.execPath, [...given, maker, "check", program, cache]);
  await check(flags);
  await expect(check(["--no-opt"])).rejects.toMatchObject({
    stderr: expect.stringContaining(`the code cache ${cache}`),
  });
});
