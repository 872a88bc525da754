import { expect, test } from "vitest";
import type { UnitSpec } from "../records/workload-spec.ts";
import { moveAheadMs, noticeFor, placementHorizonMs, placementProblem, stayReason, windowOf } from "./maintenance.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const hour = 3_600_000;
const window = (startMs: number, lengthMs = hour) => ({ startMs, endMs: startMs + lengthMs });
const node = (more: Partial<UnitSpec> = {}): Pick<UnitSpec, "stateful" | "host" | "reservation"> => ({
  stateful: false,
  host: "*",
  reservation: false,
  ...more,
});

test("B14: a window is read from Mesos' nanoseconds, with and without an end", () => {
  const start = { nanoseconds: 1_795_441_978_481_000_000n };
  expect(windowOf({ start, duration: { nanoseconds: 60_000_000_000 } })).toEqual({
    startMs: 1_795_441_978_481,
    endMs: 1_795_442_038_481,
  });
  expect(windowOf({ start }).endMs).toBe(Number.POSITIVE_INFINITY);
});

test.each<readonly [string, ReturnType<typeof window>, boolean, boolean]>([
  ["begins within the horizon", window(now + placementHorizonMs - 1), false, true],
  ["begins later", window(now + placementHorizonMs), false, false],
  ["begins within the horizon, and there is no other place", window(now + 1), true, false],
  ["has begun, and there is no other place", window(now), true, true],
  ["has begun", window(now - 1), false, true],
  ["is over", window(now - hour), false, false],
])("B14: placing on an agent whose window %s", (_title, when, tied, refused) => {
  expect(placementProblem(when, tied, now) !== undefined).toBe(refused);
});

test.each<readonly [string, Partial<UnitSpec>, string]>([
  ["a master", { stateful: true }, "it stays, for its data is on this host"],
  ["a pinned node", { host: "a" }, "it stays, for it may run on host a only"],
  ["a reserved node", { reservation: true }, "it stays, for its resources are reserved on this host"],
  ["any other node", {}, "it is stopped at 2026-01-01T02:30:00.000Z, to be launched elsewhere"],
])("B14: %s is told what its agent's window means", (_title, more, words) => {
  const spec = node(more);
  const notice = noticeFor(window(now + 3 * hour), "a", spec, now);
  expect(notice?.explanation).toContain("agent a is in maintenance from 2026-01-01T03:00:00.000Z to 2026-01-01T04:00");
  expect(notice?.explanation).toContain(words);
  expect(notice?.moveAtMs).toBe(stayReason(spec) === undefined ? now + 3 * hour - moveAheadMs : undefined);
  expect(noticeFor(window(now - hour), "a", spec, now)).toBeUndefined();
});
