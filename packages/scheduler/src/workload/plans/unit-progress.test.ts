// When the host of a unit changes: every combination of what runs of it and of where its data is.
import { expect, test } from "vitest";
import { destinationOption, sourceOption } from "../records/plan-record.ts";
import { newUnitRecord, type UnitRecord } from "../records/records.ts";
import { moveProgress, moveTarget } from "./unit-progress.ts";

const plan = { options: { [destinationOption]: "destination" } };
const lost = (hostname: string) => ({ dataLost: { hostname, atMs: 1 } });
const launch: NonNullable<UnitRecord["launch"]> = {
  ...{ incarnation: "i", executorId: "e", agentId: "S", hostname: "a", role: "cke", configHash: "", cleanup: false },
  ...{ executor: {}, createdAtMs: 1, readyAtMs: 1, evicted: "", tasks: [] },
};

test.each<[string, Partial<UnitRecord>, Partial<UnitRecord> | undefined, string, string | undefined]>([
  ["runs", { launch }, { home: "b" }, "open: it has not ended on a", undefined],
  ["has ended", {}, { home: "b" }, "open: it is about to be launched there", "b"],
  ["has ended, its data on no host", {}, { home: "" }, "open: no host has its data yet", undefined],
  ["has ended, without a destination", {}, undefined, "open: no host has its data yet", undefined],
  ["has lost its host", lost("a"), { home: "b" }, "open: it is about to be launched there", "b"],
  ["has a lost destination", {}, { home: "", ...lost("b") }, "open: no host has its data yet", undefined],
  ["has lost its host and its destination", lost("a"), { home: "", ...lost("b") }, "reached", undefined],
  [
    "has lost both, and still counts as launched",
    { launch, ...lost("a") },
    lost("b"),
    "open: it has not ended on a",
    undefined,
  ],
])("one that %s", (_what, record, destination, progress, target) => {
  const unit = { ...newUnitRecord("web", "vm", "i1"), ...record };
  const other = { ...newUnitRecord("web", "destination", "i1"), ...destination };
  const units = destination === undefined ? [unit] : [unit, other];
  const now = moveProgress(plan, unit, units);
  expect(now.state === "reached" ? "reached" : `${now.state}: ${now.reason}`).toBe(progress);
  expect(moveTarget(plan, unit, units)).toBe(target);
});

// The unit that gives its data away makes sure that it has ended, on its own host alone.
test.each([
  ["a", "open: it is about to be launched there", "b"],
  [
    "c",
    "open: it may still run on c, whose executor ended without a word: give its move up to have it launched there again",
    undefined,
  ],
])("one that may run on %s without an executor", (mayRunOn, progress, target) => {
  const moving = { options: { [destinationOption]: "destination", [sourceOption]: "source" } };
  const record = (unit: string, more: object) => ({ ...newUnitRecord("web", unit, "i1"), ...more });
  const unit = record("vm", { mayRunOn });
  const units = [unit, record("destination", { home: "b" }), record("source", { home: "a" })];
  const now = moveProgress(moving, unit, units);
  expect(now.state === "open" && `${now.state}: ${now.reason}`).toBe(progress);
  expect(moveTarget(moving, unit, units)).toBe(target);
});
