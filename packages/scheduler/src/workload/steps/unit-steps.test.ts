import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { vmRules } from "../../vm/steps/vm-rules.ts";
import {
  type LaunchRecord,
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type TaskRecord,
  type UnitRecord,
} from "../records/records.ts";
import { retire, unblock } from "./retirement.ts";
import type { StepContext } from "./step.ts";
import { stepsOf } from "./unit-steps.ts";

const now = 10_000_000;
const task = (process: string, state: RecordedState, more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ taskId: `t.${process}`, process, configHash: "h", failures: 0 }, now - 60_000),
  state,
  ...more,
});
const launch = (tasks: readonly TaskRecord[], more: Partial<LaunchRecord> = {}): LaunchRecord =>
  sampleLaunch({ incarnation: "i1", agentId: "a", hostname: "host-a", createdAtMs: now - 60_000, tasks, ...more });
const record = (tasks?: readonly TaskRecord[], more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", "n", "a1"),
  ...(tasks === undefined ? {} : { launch: launch(tasks) }),
  ...more,
});
const context = (more: Partial<StepContext> = {}): StepContext => ({
  now,
  rules: nodeRules,
  deleting: false,
  mayFinish: new Set(["load"]),
  tied: false,
  killingSince: () => undefined,
  partitionGraceMs: 600_000,
  ...more,
});
const kinds = (node: UnitRecord, more: Partial<StepContext> = {}) =>
  stepsOf(node, context(more)).map((step) =>
    "taskId" in step
      ? `${step.kind} ${step.taskId}`
      : "process" in step && step.process
        ? `${step.kind} ${step.process}`
        : step.kind,
  );

/** A node that runs, with an earlier incarnation of these tasks. */
const superseding = (tasks: readonly TaskRecord[]): UnitRecord =>
  record([task("", "TASK_RUNNING")], { superseded: [launch(tasks, { incarnation: "i0" })] });

const up = [task("", "TASK_RUNNING"), task("etcd", "TASK_RUNNING"), task("load", "TASK_FINISHED")];
const failedAt = (ms: number) => ({ changedAtMs: now - ms });

test.each<readonly [string, UnitRecord, Partial<StepContext>, readonly string[]]>([
  ["new", record(), {}, ["launch-unit"]],
  ["all is well", record(up), {}, []],
  ["failed before, too early", record(undefined, { failures: 1, retryAtMs: now + 1 }), {}, ["wait"]],
  ["failed before, time", record(undefined, { failures: 1, retryAtMs: now }), {}, ["launch-unit"]],
  ["invalid", record(undefined, { blocked: true }), {}, ["wait"]],
  ["its data is lost, and others have theirs", record(), { tied: true, lostOn: "a" }, ["wait"]],
  ["process ended", record([task("", "TASK_RUNNING"), task("etcd", "TASK_FAILED")]), {}, ["relaunch-process etcd"]],
  [
    "process ended, too early",
    record([task("", "TASK_RUNNING"), task("etcd", "TASK_FAILED", { retryAtMs: now + 5 })]),
    {},
    ["wait etcd"],
  ],
  [
    "process finished that should not",
    record([task("", "TASK_RUNNING"), task("etcd", "TASK_FINISHED")]),
    {},
    ["relaunch-process etcd"],
  ],
  [
    "process invalid",
    record([task("", "TASK_RUNNING"), task("etcd", "TASK_ERROR", { retryAtMs: Number.MAX_SAFE_INTEGER })]),
    {},
    ["wait etcd"],
  ],
  [
    "process invalid, scheduler restarted",
    unblock(
      record([task("", "TASK_RUNNING"), task("etcd", "TASK_ERROR", { retryAtMs: Number.MAX_SAFE_INTEGER })]),
      now,
    ),
    {},
    ["relaunch-process etcd"],
  ],
  ["invalid, scheduler restarted", unblock(record(undefined, { blocked: true }), now), {}, ["launch-unit"]],
  [
    "node ended just now",
    record([task("", "TASK_FAILED", failedAt(1_000)), task("etcd", "TASK_RUNNING")]),
    {},
    ["wait"],
  ],
  [
    "node ended, process left",
    record([task("", "TASK_FAILED", failedAt(9_000)), task("etcd", "TASK_RUNNING")]),
    {},
    ["kill-task t.etcd"],
  ],
  ["not to run, never launched", record(), { stopped: true }, ["wait"]],
  [
    "not to run, its host has data",
    record(undefined, { orphaned: [{ hostname: "a", agentRemoved: false, attempts: 0, retryAtMs: 0 }] }),
    { stopped: true },
    ["wait"],
  ],
  ["not to run, ended", record([task("", "TASK_KILLED")]), { stopped: true }, ["retire-launch"]],
  ["everything ended", record([task("", "TASK_FAILED"), task("etcd", "TASK_FAILED")]), {}, ["retire-launch"]],
  ["out of reach", record([task("", "TASK_UNREACHABLE"), task("etcd", "TASK_UNREACHABLE")]), {}, ["wait"]],
  ["B13: out of reach for long", record([task("", "TASK_UNREACHABLE", failedAt(600_000))]), {}, ["launch-unit"]],
  ["B13: not quite so long", record([task("", "TASK_UNREACHABLE", failedAt(599_000))]), {}, ["wait"]],
  [
    "B13: out of reach for long, master",
    record([task("", "TASK_UNREACHABLE", failedAt(99_000_000))]),
    { tied: true },
    ["wait"],
  ],
  [
    "B13: out of reach for long, grace 0",
    record([task("", "TASK_UNREACHABLE", failedAt(99_000_000))]),
    { partitionGraceMs: 0 },
    ["wait"],
  ],
  ["B13: gone", record([task("", "TASK_GONE")]), { tied: true }, ["retire-launch"]],
  ["B13: gone, by an operator", record([task("", "TASK_GONE_BY_OPERATOR")]), { tied: true }, ["retire-launch"]],
  ["B13: dropped", record([task("", "TASK_DROPPED")]), { tied: true }, ["retire-launch"]],
  [
    "B13: superseded, still away",
    superseding([task("", "TASK_UNREACHABLE"), task("etcd", "TASK_UNREACHABLE")]),
    {},
    ["wait"],
  ],
  ["B13: superseded, back", superseding([task("", "TASK_RUNNING")]), {}, ["kill-task t."]],
  ["B13: superseded, over", superseding([task("", "TASK_KILLED")]), {}, ["retire-superseded"]],
  [
    "B13: superseded, forgotten by Mesos",
    superseding([task("", "TASK_UNKNOWN", failedAt(130_000))]),
    { tied: true },
    ["retire-superseded"],
  ],
  [
    "B12: deleting, out of reach",
    record([task("", "TASK_UNREACHABLE", failedAt(60_000))]),
    { deleting: true },
    ["wait"],
  ],
  ["B12: deleting, unknown", record([task("", "TASK_UNKNOWN", failedAt(60_000))]), { deleting: true }, ["wait"]],
  [
    "B12: deleting, out of reach for too long",
    record([task("", "TASK_UNREACHABLE", failedAt(120_000))]),
    { deleting: true, tied: true },
    ["retire-launch"],
  ],
  [
    "B12: deleting, one process out of reach",
    record([task("", "TASK_UNREACHABLE", failedAt(1)), task("etcd", "TASK_RUNNING")]),
    { deleting: true },
    ["kill-task t.etcd"],
  ],
  ["unknown, not for long", record([task("", "TASK_UNKNOWN", failedAt(60_000))]), {}, ["wait"]],
  ["unknown for long", record([task("", "TASK_UNKNOWN", failedAt(130_000))]), {}, ["retire-launch"]],
  ["unknown for long, master", record([task("", "TASK_UNKNOWN", failedAt(130_000))]), { tied: true }, ["wait"]],
  [
    "unknown for long, master, deleting",
    record([task("", "TASK_UNKNOWN", failedAt(130_000))]),
    { tied: true, deleting: true },
    ["retire-launch"],
  ],
  [
    "silent launch",
    { ...record(), launch: launch([task("", "TASK_INTENDED")], { createdAtMs: now - 2_000_000 }) },
    {},
    ["kill-task t."],
  ],
  ["deleting", record(up), { deleting: true }, ["kill-task t."]],
  ["deleting, patience", record(up), { deleting: true, killingSince: () => now - 1_000 }, ["kill-task t."]],
  [
    "deleting, no patience",
    record(up),
    { deleting: true, killingSince: () => now - 20_000 },
    ["kill-task t.", "kill-task t.etcd"],
  ],
  ["deleting, all ended", record([task("", "TASK_KILLED")]), { deleting: true }, ["retire-launch"]],
  ["deleting, never launched", record(), { deleting: true }, []],
])("%s", (_title, node, more, expected) => {
  expect(kinds(node, more)).toEqual(expected);
});

/** Which kills take the data with them, by the task that is killed. */
const removals = (node: UnitRecord, more: Partial<StepContext> = {}) =>
  stepsOf(node, context(more)).flatMap((step) => (step.kind === "kill-task" ? [`${step.taskId} ${step.removal}`] : []));
const long = { killingSince: () => now - 20_000 };

test.each<readonly [string, UnitRecord, Partial<StepContext>, readonly string[]]>([
  ["the cluster is being deleted", record(up), { deleting: true }, ["t. true"]],
  ["deleted, no patience", record(up), { deleting: true, ...long }, ["t. true", "t.etcd false"]],
  [
    "a clean-up of what is not deleted any more",
    { ...record(), launch: launch(up, { cleanup: true }) },
    {},
    ["t. false"],
  ],
  ["superseded, and its agent is back", superseding(up), {}, ["t. false"]],
  ["superseded, back while its cluster is being deleted", superseding(up), { deleting: true }, ["t. true", "t. true"]],
  ["not to run", record(up), { stopped: true }, ["t. false"]],
  [
    "not to run, out of reach for long",
    record([task("", "TASK_UNREACHABLE", failedAt(9_000_000))]),
    { stopped: true },
    [],
  ],
  ["evicted", { ...record(), launch: launch(up, { evicted: "moved" }) }, {}, ["t. false"]],
  [
    "silent for too long",
    { ...record(), launch: launch([task("", "TASK_STAGING")], { createdAtMs: now - 2_000_000 }) },
    {},
    ["t. false"],
  ],
  [
    "its node ended, a process stayed",
    record([task("", "TASK_KILLED", failedAt(10_000)), task("etcd", "TASK_RUNNING")]),
    {},
    ["t.etcd false"],
  ],
])("the data goes with a kill: %s", (_title, node, more, expected) => {
  expect(removals(node, more)).toEqual(expected);
});

test.each([
  ["a worker that was drained waits for no host", "REASON_AGENT_DRAINING", "", false, ""],
  ["a worker that was evicted waits for no host", "", "maintenance", false, ""],
  ["a master that was drained waits for the host of its data", "REASON_AGENT_DRAINING", "", true, "host-a"],
  ["a worker that somebody killed goes back to its data", "", "", false, "host-a"],
])("%s", (_title, reason, evicted, stateful, home) => {
  const report = Buffer.from(
    TaskReport.encode({ report: { kind: "unit", value: { launchStep: "ready", data: "kept" } } }),
  ).toString("base64");
  const before = launch([task("", "TASK_KILLED", { reason, report, statusUuid: "u" })], { evicted });
  const after = retire(
    { ...record(undefined, { home: "host-a", homeSinceMs: 1 }), launch: before },
    { now, stateful, rules: nodeRules },
  );
  expect(after).toMatchObject({ home, orphaned: [{ hostname: "host-a" }] });
});

const ended = (node: TaskRecord, more: Partial<LaunchRecord> = {}, before: Partial<UnitRecord> = {}) =>
  retire(
    { ...record(undefined, { home: "host-a", ...before }), launch: launch([node], more) },
    { now, stateful: false, rules: nodeRules },
  );

test.each<readonly [string, UnitRecord, Partial<UnitRecord>]>([
  [
    "crash",
    ended(task("", "TASK_FAILED", { message: "boom" })),
    { failures: 1, retryAtMs: now, lastFailure: "boom (TASK_FAILED)", home: "host-a" },
  ],
  ["third crash", ended(task("", "TASK_FAILED"), {}, { failures: 2 }), { failures: 3, retryAtMs: now + 4_000 }],
  [
    "crash after a long life",
    ended(task("", "TASK_FAILED"), { readyAtMs: now - 700_000 }, { failures: 5 }),
    { failures: 1, retryAtMs: now },
  ],
  ["lost offer", ended(task("", "TASK_DROPPED", { reason: "REASON_INVALID_OFFERS" })), { failures: 0, retryAtMs: now }],
  ["never made", ended(task("", "TASK_GONE")), { failures: 0, retryAtMs: now }],
  ["invalid", ended(task("", "TASK_ERROR", { reason: "REASON_TASK_INVALID" })), { failures: 1, blocked: true }],
  ["gone for good", ended(task("", "TASK_GONE_BY_OPERATOR", { statusUuid: "u" })), { failures: 0, home: "" }],
])("after %s", (_title, after, expected) => {
  expect(after).toMatchObject(expected);
  expect(after.launch).toBeUndefined();
});

const lostOnA = { hostname: "host-a", atMs: now };

test.each([
  ["a master with data there", { home: "host-a" }, {}, true, nodeRules, lostOnA],
  ["a master that had reported nothing yet: it may have begun its data", { home: "" }, {}, true, nodeRules, lostOnA],
  ["a master that was only cleaned up there", { home: "" }, { cleanup: true }, true, nodeRules, undefined],
  ["a worker", { home: "host-a" }, {}, false, nodeRules, undefined],
  ["a VM with data there", { home: "host-a" }, {}, true, vmRules, lostOnA],
  ["a VM that had reported nothing yet: its disks hold nothing", { home: "" }, {}, true, vmRules, undefined],
])("an agent is marked gone, and with it the data of %s", (_title, before, more, stateful, rules, dataLost) => {
  const gone = launch([task("", "TASK_GONE_BY_OPERATOR", { statusUuid: "u" })], more);
  const after = retire({ ...record(undefined, before), launch: gone }, { now, stateful, rules });
  expect(after.dataLost).toEqual(dataLost);
});

test("a restart changes nothing of what was not refused", () => {
  const node = record([task("", "TASK_RUNNING"), task("etcd", "TASK_FAILED", { retryAtMs: now + 5 })]);
  expect(unblock(node, now)).toBe(node);
  const lost = record([task("", "TASK_RUNNING"), task("etcd", "TASK_ERROR", { reason: "REASON_INVALID_OFFERS" })]);
  expect(unblock(lost, now)).toBe(lost);
});
