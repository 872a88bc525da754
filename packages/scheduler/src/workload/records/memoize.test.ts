import { expect, test } from "vitest";
import { memoize } from "./memoize.ts";

interface Task {
  readonly id: string;
  readonly report: string;
}

function counted() {
  const calls: string[] = [];
  const lengthOf = memoize(({ id, report }: Task) => {
    calls.push(id);
    return report.length;
  });
  return { calls, lengthOf };
}

test("is computed once for each object, and anew for a copy", () => {
  const { calls, lengthOf } = counted();
  const task: Task = { id: "a", report: "four" };
  expect([lengthOf(task), lengthOf(task)]).toEqual([4, 4]);
  expect(lengthOf({ ...task, report: "seven77" })).toBe(7);
  expect(lengthOf(structuredClone(task))).toBe(4);
  expect(calls).toEqual(["a", "a", "a"]);
});

test("keeps undefined as well", () => {
  let calls = 0;
  const nothing = memoize((_task: Task) => {
    calls += 1;
    return undefined;
  });
  const task: Task = { id: "a", report: "" };
  expect([nothing(task), nothing(task), calls]).toEqual([undefined, undefined, 1]);
});

test("two of them do not mix", () => {
  const task: Task = { id: "abc", report: "four" };
  const idLength = memoize(({ id }: Task) => id.length);
  const { lengthOf } = counted();
  expect([idLength(task), lengthOf(task), idLength(task)]).toEqual([3, 4, 3]);
});

test("is seen neither in JSON nor by comparisons nor by who lists the fields, and a frozen object may have it", () => {
  const { lengthOf } = counted();
  const task: Task = Object.freeze({ id: "a", report: "four" });
  lengthOf(task);
  expect(JSON.stringify(task)).toBe('{"id":"a","report":"four"}');
  expect(Reflect.ownKeys(task)).toEqual(["id", "report"]);
  expect(task).toStrictEqual({ id: "a", report: "four" });
});

test("an error is thrown each time, and nothing is kept", () => {
  let calls = 0;
  const failing = memoize((_task: Task): number => {
    calls += 1;
    throw new RangeError(String(calls));
  });
  const task: Task = { id: "a", report: "" };
  expect(() => failing(task)).toThrow("1");
  expect(() => failing(task)).toThrow("2");
});
