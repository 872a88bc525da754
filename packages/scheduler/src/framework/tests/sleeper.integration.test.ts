// The second kind of workload with real processes: a sleeper is placed through the embedded Mesos, its executor runs `sleep`, and when that,
// its executor or its workload ends, what follows is what follows for a node. The framework here knows no Kubernetes at all.
import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@cke/foundation";
import { parseMasterAddress, SchedulerConnection } from "@cke/mesos";
import { masterDetector } from "@cke/mesos/master-detection";
import { type LocalMesos, parseResources, startLocalMesos } from "@cke/mesos-local";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryStore } from "../../store/memory-store.ts";
import { patientAgent } from "../../testing/patient-agents.ts";
import { SleeperKind, sleeperProgram, sleeperSpec } from "../../workload/testing/sleeper-kind.ts";
import { Framework } from "../loop/framework.ts";
import { testOptions } from "../testing/scenario.ts";
import { Sleepers } from "../testing/sleepers/sleepers.ts";

const executor = join(import.meta.dirname, "../testing/sleepers/sleeper-executor.ts");
const patience = { timeout: 120_000, interval: 50 };
/** A length of sleep that no other process has. */
const seconds = 86_400 + randomInt(1_000_000_000);

let directory: string;
let mesos: LocalMesos;
let framework: Framework;
let sleepers: Sleepers;
const asked: string[] = [];
const downloads = createServer((request, response) => {
  asked.push(request.url ?? "");
  response.end(`#!/bin/sh\nexec ${process.execPath} ${executor}\n`);
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-sleeper-"));
  await new Promise<void>((resolve) => downloads.listen(0, "127.0.0.1", resolve));
  const address = downloads.address();
  const executorUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  mesos = await startLocalMesos({
    listen: "127.0.0.1:0",
    agents: ["a", "b"].map((hostname) => ({
      hostname,
      resources: parseResources("cpus:4;mem:4096"),
      settings: patientAgent,
    })),
    workDir: join(directory, "mesos"),
    logger: silentLogger,
  });
  const basics = { clock: systemClock, logger: silentLogger };
  const detector = masterDetector(parseMasterAddress(mesos.masterAddress), { ...basics, secure: false });
  framework = new Framework({
    ...basics,
    kinds: [new SleeperKind()],
    options: { ...testOptions, name: `cke-${randomUUID()}`, executorUrl },
    store: new MemoryStore(),
    connect: (hooks) => new SchedulerConnection({ ...hooks, ...basics, detector }),
  });
  sleepers = new Sleepers(framework, systemClock);
  await framework.start();
});

afterEach(async () => {
  await framework.stop();
  await mesos.stop({ unregister: true });
  await new Promise((resolve) => downloads.close(resolve));
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** Pids of processes with this text among their arguments. */
async function processes(...words: readonly string[]): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      return words.every((word) => argv.includes(word)) ? [pid] : [];
    }),
  );
  return found.flat();
}
const sleeping = () => processes("sleep", String(seconds));

const record = () => framework.parts.ledger.unit("nap", "bed");
/** Resolves with the pid of the one that sleeps, when that is another one than before. */
async function asleep(before?: number): Promise<number> {
  let pids: readonly number[] = [];
  const isAnother = async () => {
    pids = await sleeping();
    return pids.length === 1 && pids[0] !== before && sleepers.asleep().get("nap") === true;
  };
  await expect.poll(isAnother, patience).toBe(true);
  return pids[0] ?? 0;
}

test("it is placed, sleeps, is launched again after its process and after its executor died, and is removed", async () => {
  const spec = { ...sleeperSpec("nap", { host: "b" }), seconds };
  await sleepers.create(spec);
  const first = await asleep();
  const { executorId, hostname, incarnation } = record()?.launch ?? {};
  expect(hostname).toBe("b");
  expect(executorId).toBe(`cke-sleeper.nap.bed.${incarnation}`);
  expect(asked).toEqual([`/exec/${sleeperProgram}`]);

  process.kill(first, "SIGKILL");
  const second = await asleep(first);
  expect(record()?.lastFailure).toContain("it ended with SIGKILL");
  expect(record()?.launch?.incarnation).not.toBe(incarnation);

  // That of the first launch may still be ending.
  const status = await readFile(`/proc/${second}/status`, "utf8");
  const running = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
  expect(await processes(executor)).toContain(running);
  process.kill(running, "SIGKILL");
  const third = await asleep(second);
  expect(await sleeping()).toEqual([third]);

  await sleepers.remove("nap");
  await expect.poll(() => framework.parts.ledger.workload("nap"), patience).toBeUndefined();
  await expect.poll(sleeping, patience).toEqual([]);
});
