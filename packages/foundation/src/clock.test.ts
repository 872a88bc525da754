import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

const dayMs = 86_400_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test.each([1, 30, 365])("%d days are as long as they are", (days) => {
  const callback = vi.fn();
  systemClock.after(days * dayMs, callback);
  vi.advanceTimersByTime(days * dayMs - 1);
  expect(callback).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(callback).toHaveBeenCalledOnce();
});

test("what is cancelled after its first stretch never comes, nor does what is endless", () => {
  const callback = vi.fn();
  const cancel = systemClock.after(60 * dayMs, callback);
  systemClock.after(Number.POSITIVE_INFINITY, callback);
  vi.advanceTimersByTime(30 * dayMs);
  cancel();
  vi.advanceTimersByTime(300 * dayMs);
  expect(callback).not.toHaveBeenCalled();
});
