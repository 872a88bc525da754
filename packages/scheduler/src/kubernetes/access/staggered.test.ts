import { systemClock } from "@cke/foundation";
import { expect, test } from "vitest";
import { AllFailedError, staggered } from "./staggered.ts";

const discarded: string[] = [];
const signal = new AbortController().signal;
const options = { clock: systemClock, staggerMs: 60_000, signal, discard: (name: string) => void discarded.push(name) };

test("the next one is asked as soon as one fails, and nobody after the first answer", async () => {
  const asked: string[] = [];
  const answer = staggered(
    ["a", "b", "c"],
    async (name) => {
      asked.push(name);
      if (name === "a") throw new Error("dead");
      return name;
    },
    options,
  );
  expect([await answer, asked]).toEqual(["b", ["a", "b"]]);
});

test("a slow one is not waited for; it is ended, and its late answer discarded", async () => {
  const slow = Promise.withResolvers<string>();
  const ended: string[] = [];
  const answer = staggered(
    ["slow", "quick"],
    (name, own) => {
      own.addEventListener("abort", () => ended.push(name));
      return name === "slow" ? slow.promise : Promise.resolve(name);
    },
    { ...options, staggerMs: 1 },
  );
  expect(await answer).toBe("quick");
  expect(ended).toEqual(["slow"]);
  slow.resolve("slow");
  await expect.poll(() => discarded).toEqual(["slow"]);
});

test("says why each one failed", async () => {
  const none = staggered(
    ["a", "b"],
    async (name) => {
      throw new Error(`${name} is dead`);
    },
    options,
  );
  const error: unknown = await none.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AllFailedError);
  const failures = error instanceof AllFailedError ? error.failures : [];
  expect(failures.map(({ candidate, error: why }) => `${candidate}: ${why}`)).toEqual([
    "a: Error: a is dead",
    "b: Error: b is dead",
  ]);
  await expect(staggered([], async (name) => name, options)).rejects.toThrow(AllFailedError);
});

test("ends with the signal", async () => {
  const controller = new AbortController();
  const gone = new Error("gone");
  const waits = staggered(["a"], () => new Promise<string>(() => {}), { ...options, signal: controller.signal });
  controller.abort(gone);
  await expect(waits).rejects.toBe(gone);
  await expect(staggered(["a"], async (name) => name, { ...options, signal: controller.signal })).rejects.toBe(gone);
});
