// Many random cases for streams and bodies: the properties that must hold, and the memory that they may take. CASES
// (default 120,000 together), CKE_SEED=<seed of a failure> repeats one.
import { join } from "node:path";
import {
  damageDoesNotDependOnChunking,
  eventsNeverThrow,
  recordsSurviveChunking,
} from "@cke/mesos/testing/wire-properties";
import {
  executorBodiesAreAnswered,
  executorCallsAreAnswered,
  masterCallsAreAnswered,
  schedulerBodiesAreAnswered,
} from "@cke/mesos-local/testing/body-properties";
import { afterAll, expect, test } from "vitest";

const directory = join(import.meta.dirname, "../fixtures/mesos");
const total = Number(process.env.CASES || 120_000);
const parts: readonly (readonly [string, number, (cases: number) => void])[] = [
  ["B2: records survive any chunking", 0.2, recordsSurviveChunking],
  ["B2: a damaged stream fails in the same way in any chunks", 0.2, damageDoesNotDependOnChunking],
  ["events that are almost right never throw", 0.2, (cases) => eventsNeverThrow(directory, cases)],
  ["every body for the executor API is read or refused", 0.15, (cases) => executorBodiesAreAnswered(directory, cases)],
  ["every body for the scheduler API is answered", 0.15, (cases) => schedulerBodiesAreAnswered(directory, cases)],
  ["executors' calls with whatever fields are read or refused", 0.05, executorCallsAreAnswered],
  ["schedulers' and operators' calls with whatever fields are answered", 0.05, masterCallsAreAnswered],
];
/** A few thousand cases at a time, so that the memory can be checked between them. */
const batch = 3_000;
const maxHeapMb = 600;
let done = 0;

test.each(parts)("%s", (_what, share, run) => {
  for (let left = Math.ceil(total * share); left > 0; left -= batch) {
    const cases = Math.min(left, batch);
    run(cases);
    done += cases;
    expect(process.memoryUsage().heapUsed / 1e6).toBeLessThan(maxHeapMb);
  }
});

afterAll(() => {
  console.log(`${done} cases, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`);
});
