import { getEventListeners } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onAbort } from "./shared-abort.ts";

test("an abort reaches all that wait, once, and nobody who left", () => {
  const control = new AbortController();
  const called: string[] = [];
  onAbort(control.signal, () => called.push("first"));
  const leave = onAbort(control.signal, () => called.push("left"));
  onAbort(control.signal, () => called.push("last"));
  leave();
  control.abort();
  control.abort();
  expect(called).toEqual(["first", "last"]);
});

test("the signal has one listener, however many wait", () => {
  const { signal } = new AbortController();
  const leaves = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const leave of leaves) leave();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
});

test("who comes after the abort does not wait in vain", () => {
  const control = new AbortController();
  const called: string[] = [];
  onAbort(control.signal, () => called.push("before"));
  control.abort();
  onAbort(control.signal, () => called.push("after"))();
  expect(called).toEqual(["before", "after"]);
});

test("signals do not mix", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const called: string[] = [];
  onAbort(one.signal, () => called.push("one"));
  onAbort(other.signal, () => called.push("other"));
  other.abort();
  expect(called).toEqual(["other"]);
});

test("however they come and go, those who stayed are called, each once", () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
  fc.assert(
    fc.property(numbers, (steps) => {
      const control = new AbortController();
      const called: number[] = [];
      const present = new Map<number, () => void>();
      for (const step of steps) {
        const leave = present.get(step);
        if (leave === undefined) {
          present.set(
            step,
            onAbort(control.signal, () => called.push(step)),
          );
          continue;
        }
        leave();
        leave();
        present.delete(step);
      }
      control.abort();
      expect(called.sort((one, other) => one - other)).toEqual([...present.keys()].sort((one, other) => one - other));
    }),
  );
});
