import { expect, test } from "vitest";
import { ManualClock } from "../framework/testing/manual-clock.ts";
import { TermLease } from "./term-lease.ts";

/** A machine whose wall clock can move apart from its monotonic clock. */
class Machine extends ManualClock {
  wallMs = 0;

  override now(): number {
    return super.now() + this.wallMs;
  }
}

test("B8: a lease ends with the wall clock that jumped ahead while the machine was suspended", () => {
  const clock = new Machine();
  const lease = new TermLease(clock, clock.monotonic() + 9_500);
  clock.wallMs = 9_000;
  expect([lease.holds(), lease.remainingMs]).toEqual([true, 500]);
  clock.wallMs = 3_600_000;
  expect([lease.holds(), lease.remainingMs]).toEqual([false, 0]);
  clock.wallMs = 0;
  expect(lease.holds()).toBe(false);
  expect(String(lease.lost.reason)).toMatch(/its machine stood still/);
});

test("a clock that is set costs at most the present lease; one that is set back costs nothing", async () => {
  const clock = new Machine();
  const lease = new TermLease(clock, clock.monotonic() + 9_500);
  clock.wallMs = -86_400_000;
  expect(lease.remainingMs).toBe(9_500);
  await clock.advance(2_500);
  lease.renew(clock.monotonic() + 9_500);
  clock.wallMs += 5_000;
  expect(lease.remainingMs).toBe(4_500);
  lease.renew(clock.monotonic() + 9_500);
  expect(lease.remainingMs).toBe(9_500);
  await clock.advance(9_500);
  expect(lease.holds()).toBe(false);
});

test("a leadership that does not run out knows no time", () => {
  const clock = new Machine();
  const lease = new TermLease(clock, Number.POSITIVE_INFINITY);
  clock.wallMs = 1e12;
  expect([lease.holds(), lease.remainingMs]).toEqual([true, Number.POSITIVE_INFINITY]);
});
