import { expect, test } from "vitest";
import { withTimeout } from "./with-timeout.ts";

const late = () => new Error("late");
const never = new Promise<never>(() => {});

test("a promise that settles in time gives its own outcome", async () => {
  await expect(withTimeout(Promise.resolve(1), { ms: 60_000, late })).resolves.toBe(1);
  await expect(withTimeout(Promise.reject(new Error("own")), { ms: 60_000, late })).rejects.toThrow("own");
});

test("a promise that does not settle is given up after the time, or with the signal", async () => {
  await expect(withTimeout(never, { ms: 1, late })).rejects.toThrow("late");
  await expect(withTimeout(never, { signal: AbortSignal.abort(), late })).rejects.toThrow("late");
  const abort = new AbortController();
  const bounded = withTimeout(never, { signal: abort.signal, late });
  abort.abort();
  await expect(bounded).rejects.toThrow("late");
});
