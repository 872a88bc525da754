// 100 seeded runs. SEEDS, FIRST and SEED in the environment change that: `make soak SEEDS=2000`, `make soak SEED=1234`.
import { afterAll, expect, test } from "vitest";
import { FaultCount, faultKinds } from "../fault-model/fault-kinds.ts";
import { seededRun } from "./seeded-run.ts";

const one = process.env.SEED;
const first = one === undefined ? Number(process.env.FIRST || 1) : Number(one);
const count = one === undefined ? Number(process.env.SEEDS || 100) : 1;
const seeds = Array.from({ length: count }, (_, index) => first + index);

/** Operators change the masters of clusters in every other run. */
const optionsOf = (seed: number) => ({ masters: seed % 2 === 0 });

const faults = new FaultCount();
const began = performance.now();
let virtualSeconds = 0;
let launches = 0;

afterAll(() => {
  const seconds = (performance.now() - began) / 1000;
  const hours = (virtualSeconds / 3600).toFixed(1);
  console.log(`${count} seeds in ${seconds.toFixed(1)} s: ${hours} virtual hours, ${launches} launches; ${faults}`);
});

test.each(seeds)(
  "B9, B10: whatever fails, seed %i ends with every process once and with nothing left",
  async (seed) => {
    const result = await seededRun(seed, optionsOf(seed));
    faults.merge(result.faults);
    virtualSeconds += result.virtualSeconds;
    launches += result.launches;
  },
);

test.runIf(count >= 100)("every kind of fault has happened", () => {
  expect(faultKinds.filter((kind) => faults.of(kind) === 0)).toEqual([]);
});

test("a seed always gives the same run", async () => {
  const [once, again] = [await seededRun(first, optionsOf(first)), await seededRun(first, optionsOf(first))];
  expect(again.digest).toBe(once.digest);
});
