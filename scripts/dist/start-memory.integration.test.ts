// A real process that idles gives back the garbage of its start, and code caches fit it afterwards; one with a large heap is left alone.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const module = join(import.meta.dirname, "start-memory.ts");

/** Whether the garbage of a process is gone `untilMs` after its start, or before, and whether a code cache of the start still fits. */
async function outcome(heapUsed: number, untilMs: number): Promise<unknown> {
  const program = `
    import { Script } from "node:vm";
    import { releaseStartMemory } from ${JSON.stringify(module)};
    const cachedData = new Script("1 + 1").createCachedData();
    const garbage = { weak: (() => new WeakRef(new Array(1_000).fill({})))() };
    const end = performance.now() + ${untilMs};
    releaseStartMemory(100, () => ${heapUsed});
    const look = () => {
      const gone = garbage.weak.deref() === undefined;
      if (!gone && performance.now() < end) return setTimeout(look, 50);
      const fits = new Script("1 + 1", { cachedData }).cachedDataRejected === false;
      console.log(JSON.stringify({ gone, fits }));
    };
    setTimeout(look, 50);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program]);
  return JSON.parse(stdout);
}

test("garbage of the start is gone", async () => {
  expect(await outcome(99e6, 120_000)).toEqual({ gone: true, fits: true });
}, 180_000);

test("a large heap is not collected", async () => {
  expect(await outcome(101e6, 2_000)).toEqual({ gone: false, fits: true });
}, 180_000);
