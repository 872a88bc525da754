// Measures what this machine can do now, with plain loops that use no code of CKE. Other figures are compared with
// these.
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Baseline {
  /** Values of the size of a node record that pass JSON.stringify and JSON.parse per second. */
  readonly jsonPerSecond: number;
  /** Values that are appended per second, with an fdatasync after each 100. */
  readonly syncedPerSecond: number;
  /** Share of time for which this process had a processor, 0 to 1. */
  readonly processor: number;
}

const recordBytes = 5_000;

/** Takes about two seconds. */
export async function measureBaseline(): Promise<Baseline> {
  const value = { tasks: Array.from({ length: 10 }, (_, index) => ({ id: `task-${index}`, report: "x".repeat(480) })) };
  const cpu = process.cpuUsage();
  const from = performance.now();
  let count = 0;
  while (performance.now() - from < 1_000) {
    for (let index = 0; index < 100; index += 1) JSON.parse(JSON.stringify(value));
    count += 100;
  }
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  const directory = await mkdtemp(join(tmpdir(), "cke-baseline-"));
  try {
    const file = await open(join(directory, "log"), "a");
    const block = Buffer.alloc(recordBytes * 100, "x");
    const begin = performance.now();
    let synced = 0;
    while (performance.now() - begin < 1_000) {
      await file.write(block);
      await file.datasync();
      synced += 100;
    }
    const syncedPerSecond = (synced * 1_000) / (performance.now() - begin);
    await file.close();
    return { jsonPerSecond: (count * 1_000) / ms, syncedPerSecond, processor: (user + system) / 1_000 / ms };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
