import { expect, test } from "vitest";
import { ProbeSemaphore } from "./probe-semaphore.ts";

const never = () => new AbortController().signal;

test("no more than its number at once, first come first served", async () => {
  const slots = new ProbeSemaphore(2);
  const order: number[] = [];
  const gives: (() => void)[] = [];
  const takers = [0, 1, 2, 3].map(async (taker) => {
    const give = await slots.take(never());
    order.push(taker);
    gives.push(give);
  });
  await Promise.all(takers.slice(0, 2));
  expect(order).toEqual([0, 1]);
  gives[0]?.();
  gives[0]?.();
  await takers[2];
  expect(order).toEqual([0, 1, 2]);
  gives[1]?.();
  await takers[3];
  expect(order).toEqual([0, 1, 2, 3]);
});

test("whoever leaves while it waits takes no place", async () => {
  const slots = new ProbeSemaphore(1);
  const give = await slots.take(never());
  const leaving = new AbortController();
  const left = slots.take(leaving.signal);
  const next = slots.take(never());
  leaving.abort(new Error("no more"));
  await expect(left).rejects.toThrow("no more");
  give();
  (await next)();
  await expect(slots.take(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
});
