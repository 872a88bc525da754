// What must be asked before a move is given up, and what is said when a host of it is gone for good.
import { expect, test } from "vitest";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import { giveUp, lostWords, type MovedRecords, markWords, sourceLostWords, standingWords } from "./give-up.ts";
import { moveGoal } from "./move-plan.ts";

type Progress = Partial<Pick<WorkloadPlan, "begun" | "done">> & { readonly live?: boolean };

const plan = ({ live = true, begun = [], done = [] }: Progress = {}): WorkloadPlan => ({
  ...{ id: "p1", goal: moveGoal, options: {}, sinceMs: 1, by: "", begunAtMs: {}, skipped: [], begun, done },
  stages: [
    ...(live ? [{ name: "live", action: "live", units: ["vm"] }] : []),
    { name: "copy", action: "copy", units: ["destination"] },
    { name: "move", action: "move", units: ["vm"] },
    { name: "start", action: "start", units: ["vm"] },
  ],
});
const [open, going, over] = [{}, { begun: ["vm:live"] }, { begun: ["vm:live"], done: ["vm:live"] }];
const moved = { ...over, done: ["vm:live", "vm:move"] };
const started = { ...over, done: ["vm:live", "vm:move", "vm:start"] };

const launch = {
  ...{
    incarnation: "i",
    executorId: "e",
    agentId: "S",
    hostname: "a",
    role: "cke",
    configHash: "",
    cleanup: false,
    executor: {},
  },
  ...{ createdAtMs: 1, readyAtMs: 1, evicted: "", tasks: [] },
};
const lost = (hostname: string) => ({ dataLost: { hostname, atMs: 1 } });
const source = { home: "a" };
const there = { home: "b" };
const gone = { home: "", ...lost("b") };
const runs = { launch };
type Guest = MovedRecords["guest"];

test.each<[string, Progress, Guest, Partial<MovedRecords>, object]>([
  ["is shut down for it", { live: false, begun: ["vm"] }, {}, { destination: there }, { kind: "free" }],
  ["is shut down for it, new host lost", { live: false }, {}, { destination: gone }, { kind: "free" }],
  ["was not asked yet", open, runs, { destination: there }, { kind: "free" }],
  ["goes", going, runs, { destination: there }, { kind: "ask" }],
  ["goes, without its executor", going, {}, { destination: there }, { kind: "look" }],
  ["has gone", over, {}, { destination: there }, { kind: "look" }],
  ["goes, new host lost", going, runs, { destination: gone }, { kind: "returns", lost: "b" }],
  ["goes, without its executor, new host lost", going, {}, { destination: gone }, { kind: "returns", lost: "b" }],
  ["has gone, new host lost", over, {}, { destination: gone }, { kind: "returns", lost: "b" }],
  ["belongs to its new host", moved, {}, { destination: there }, { kind: "refused", mayReturn: true }],
  ["belongs to a new host that is lost", moved, lost("b"), {}, { kind: "returns", lost: "b", both: false }],
  ["belongs to a new host that is lost with its taker", moved, {}, { destination: gone }, { kind: "returns" }],
  [
    "belongs to a new host that is lost, as is its old one",
    moved,
    lost("b"),
    { source: { home: "", ...lost("a") } },
    { kind: "returns", lost: "b", both: true },
  ],
  [
    "has lost both hosts before it belonged to its new one",
    moved,
    lost("a"),
    { source: { home: "", ...lost("a") }, destination: gone },
    { kind: "returns", lost: "b", both: true },
  ],
  ["starts on its new host", moved, runs, { destination: gone }, { kind: "refused", mayReturn: true }],
  [
    "belongs to it, and nothing is on the old one",
    moved,
    {},
    { source: undefined },
    { kind: "refused", mayReturn: false },
  ],
  ["has started there", started, lost("b"), {}, { kind: "refused", mayReturn: false }],
])("a guest that %s", (_what, progress, guest, others, expected) => {
  const records = { guest, source, destination: undefined, shared: false, ...others };
  expect(giveUp(plan(progress), records)).toMatchObject(expected);
});

test("both hosts are named when they are lost before the VM belongs to its new one", () => {
  const records = { guest: lost("a"), source: { home: "", ...lost("a") }, destination: gone, shared: false };
  const both = /^its new host b and its old host a are gone for good/;
  expect(standingWords(plan(moved), records)).toMatch(both);
  expect(standingWords(plan(moved), records)).toContain("POST …/replace");
  expect(standingWords(plan(moved), { ...records, shared: true })).toMatch(both);
  expect(standingWords(plan(moved), { ...records, shared: true })).toMatch(/starts elsewhere with its shared disks$/);
});

test.each<[string, Progress, Guest, Partial<MovedRecords>, boolean]>([
  ["both are there", going, runs, { destination: there }, false],
  ["its new host is gone while it goes", going, runs, { destination: gone }, true],
  ["its new host is gone while its disks are copied", { live: false }, {}, { destination: gone }, true],
  ["its new host is gone before it has started there", moved, lost("b"), {}, true],
  ["its new host is gone after it has started there", started, lost("b"), { destination: gone }, false],
])("words when %s", (_what, progress, guest, others, says) => {
  const words = lostWords(plan(progress), { guest, source, destination: undefined, shared: false, ...others });
  expect(words?.includes("its new host b is gone for good") ?? false).toBe(says);
  expect(words?.includes("DELETE …/migrate), and the VM goes on at a") ?? false).toBe(says);
});

test("words when its old host is gone, and of hosts that stay away", () => {
  const none = { guest: {}, source, destination: there, shared: false };
  expect(sourceLostWords(none)).toBeUndefined();
  expect(sourceLostWords({ ...none, guest: lost("a") })).toContain("its old host a is gone for good with its disks");
  expect(sourceLostWords({ ...none, guest: lost("a"), shared: true })).toMatch(
    /starts elsewhere with its shared disks$/,
  );
  expect(sourceLostWords({ ...none, source: gone })).toContain("its old host b is gone");
  expect(markWords("", "a")).toBe("");
  expect(markWords("b", "a")).toContain(
    "Should b never come back, switch the machine off, mark its agent gone in Mesos (MARK_AGENT_GONE)",
  );
});

test.each<[string, Progress, Partial<MovedRecords>, string | undefined]>([
  ["both are there", open, {}, undefined],
  ["its old host is gone before its guest was asked to go", open, { guest: lost("a") }, "its old host a"],
  ["its old host is gone with the executor that gives its disks away", open, { source: gone }, "its old host b"],
  ["its old host is gone while its guest goes", going, { guest: lost("a") }, undefined],
  ["its old host is gone when its guest has gone", over, { guest: lost("a") }, undefined],
  ["its old host is gone before its disks are copied", { live: false }, { guest: lost("a") }, "its old host a"],
  [
    "its old host is gone when its disks are copied",
    { live: false, done: ["destination:copy"] },
    { guest: lost("a") },
    undefined,
  ],
  ["its old host is gone when the VM belongs to its new one", moved, { source: gone }, undefined],
  ["its new host is gone while its guest goes", going, { destination: gone }, "its new host b"],
])("what keeps the plan when %s", (_what, progress, others, says) => {
  const words = standingWords(plan(progress), { guest: runs, source, destination: there, shared: false, ...others });
  if (says === undefined) expect(words).toBeUndefined();
  else expect(words).toMatch(new RegExp(`^${says} is gone for good .*give the move up`));
});
