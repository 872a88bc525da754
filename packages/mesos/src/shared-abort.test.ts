import { getEventListeners } from "node:events";
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

test("signals do not mix", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const called: string[] = [];
  onAbort(one.signal, () => called.push("one"));
  onAbort(other.signal, () => called.push("other"));
  other.abort();
  expect(called).toEqual(["other"]);
});
