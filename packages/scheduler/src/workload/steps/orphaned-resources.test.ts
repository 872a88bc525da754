import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import {
  type LaunchRecord,
  newTaskRecord,
  newUnitRecord,
  type OrphanedResources,
  type RecordedState,
  type TaskRecord,
  type UnitRecord,
} from "../records/records.ts";
import {
  cleanedInstance,
  cleanupSteps,
  isTakingOver,
  orphanedResourcesAfter,
  wasRemoved,
} from "./orphaned-resources.ts";

const now = 10_000_000;
const at = (step: string, data = "") =>
  Buffer.from(TaskReport.encode({ report: { kind: "unit", value: { launchStep: step, data } } })).toString("base64");
/** Its executor's own word. */
const said = { source: "SOURCE_EXECUTOR" };
const told = (state: RecordedState, data: string) => launch(task(state, "", { report: at("ready", data), ...said }));
const unable = Buffer.from(
  TaskReport.encode({ report: { kind: "unit", value: { launchStep: "stopping", cause: "removal_failed" } } }),
).toString("base64");
const made = Buffer.from(
  TaskReport.encode({ report: { kind: "unit", value: { launchStep: "secrets", containerId: "c1" } } }),
).toString("base64");
const task = (state: RecordedState, step = "", more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, now),
  state,
  report: step === "" ? "" : at(step),
  ...more,
});
const launch = (node: TaskRecord, more: Partial<LaunchRecord> = {}): LaunchRecord =>
  sampleLaunch({ createdAtMs: now - 1_000, tasks: [node], ...more });
const left = (hostname: string, more: Partial<OrphanedResources> = {}): OrphanedResources => ({
  hostname,
  agentRemoved: false,
  attempts: 0,
  retryAtMs: 0,
  ...more,
});
/** An executor has said that nothing runs there. */
const over = (hostname: string, more: Partial<OrphanedResources> = {}) => left(hostname, { ended: true, ...more });
/** It may still run there. */
const runs = (hostname: string, more: Partial<OrphanedResources> = {}) =>
  left(hostname, { mayRun: { agentId: "S-a" }, ...more });
const record = (orphaned: readonly OrphanedResources[], more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", "n", "a1"),
  orphaned,
  ...more,
});

const died = launch(task("TASK_FAILED", "ready", { reason: "REASON_EXECUTOR_TERMINATED" }));
const cleanup = (node: TaskRecord) => launch(node, { cleanup: true });
const ending = (node: TaskRecord) => launch(node, { cleanup: true, keepsData: true });

test.each<readonly [string, readonly OrphanedResources[], LaunchRecord, readonly OrphanedResources[]]>([
  ["its executor died", [], died, [runs("a")]],
  ["the same again", [left("a")], died, [runs("a")]],
  ["it moved and died again", [runs("b")], died, [runs("b"), runs("a")]],
  ["its executor removed it", [left("a"), left("b")], launch(task("TASK_KILLED", "stopping")), [left("b")]],
  ["its executor removed it and says so", [left("a"), left("b")], told("TASK_KILLED", "removed"), [left("b")]],
  ["its executor stopped it and kept the data", [left("b")], told("TASK_KILLED", "kept"), [left("b"), over("a")]],
  ["the executor could not end it", [], launch(task("TASK_FAILED", "", { report: unable, ...said })), [runs("a")]],
  ["its container died", [runs("a")], launch(task("TASK_FAILED", "ready", { startedAtMs: 1, ...said })), [over("a")]],
  ["a failed launch found what runs", [runs("a")], launch(task("TASK_FAILED", "wrapper", said)), [runs("a")]],
  [
    "a failed launch had made its container, and says nothing of its removal",
    [],
    launch(task("TASK_FAILED", "", { report: made, ...said })),
    [runs("a")],
  ],
  ["the first launch failed and had made nothing", [], launch(task("TASK_FAILED", "image", said)), [over("a")]],
  ["a failed launch found nothing", [over("a")], launch(task("TASK_FAILED", "image", said)), [over("a")]],
  [
    "a failed launch says nothing of what is not known",
    [left("a")],
    launch(task("TASK_FAILED", "image", said)),
    [left("a")],
  ],
  ["an executor ended what one before had left", [runs("a")], told("TASK_KILLED", "kept"), [over("a")]],
  ["it was over, and its executor died at its next launch", [over("a")], died, [runs("a")]],
  ["killed before its executor ran", [], launch(task("TASK_KILLED")), []],
  ["killed before the next executor ran", [runs("a")], launch(task("TASK_KILLED")), [runs("a")]],
  ["its executor never came up", [], launch(task("TASK_FAILED")), []],
  ["its offer was lost", [left("a")], launch(task("TASK_DROPPED")), [left("a")]],
  ["no master knows it", [], launch(task("TASK_UNKNOWN")), [runs("a")]],
  ["an operator says that the agent is gone", [runs("a")], launch(task("TASK_GONE_BY_OPERATOR", "ready")), []],
  [
    "Mesos removed the agent",
    [],
    launch(task("TASK_GONE", "ready", { reason: "REASON_AGENT_REMOVED" })),
    [runs("a", { agentRemoved: true })],
  ],
  ["cleaned up", [left("a")], cleanup(task("TASK_KILLED", "stopping")), []],
  [
    "what ran was ended, and its data kept",
    [runs("a", { attempts: 2, retryAtMs: 5 })],
    ending(task("TASK_KILLED", "", { report: at("stopping", "kept"), ...said })),
    [over("a")],
  ],
  [
    "what ran could not be ended",
    [runs("a", { attempts: 1 })],
    ending(task("TASK_FAILED", "", { report: unable, ...said })),
    [runs("a", { attempts: 2, retryAtMs: now + 4_000 })],
  ],
  [
    "what ran could not be ended, and nothing was known of it: it is not over",
    [],
    ending(task("TASK_FAILED", "", { report: unable, ...said })),
    [left("a")],
  ],
  [
    "the executor that came to end it died",
    [runs("a")],
    ending(task("TASK_FAILED", "engine")),
    [runs("a", { attempts: 1, retryAtMs: now + 2_000 })],
  ],
  [
    "it died under another agent of that host, which is the one to be marked gone",
    [runs("a")],
    launch(task("TASK_FAILED", "engine"), { cleanup: true, keepsData: true, agentId: "S-a2" }),
    [runs("a", { attempts: 1, retryAtMs: now + 2_000, mayRun: { agentId: "S-a2" } })],
  ],
  [
    "the clean-up failed",
    [left("a", { attempts: 1 })],
    cleanup(task("TASK_FAILED", "engine")),
    [left("a", { attempts: 2, retryAtMs: now + 4_000 })],
  ],
  [
    "the offer of the clean-up was lost",
    [left("a", { attempts: 1 })],
    cleanup(task("TASK_DROPPED")),
    [left("a", { attempts: 1, retryAtMs: now })],
  ],
])("orphaned resources: %s", (_title, before, ended, after) => {
  expect(orphanedResourcesAfter(record(before), ended, now, nodeRules)).toEqual(after);
});

test.each<readonly [string, LaunchRecord, boolean]>([
  ["an executor says so", told("TASK_KILLED", "removed"), true],
  ["an executor of an earlier version was killed", told("TASK_KILLED", ""), true],
  ["an executor kept it", told("TASK_KILLED", "kept"), false],
  ["a removal failed", told("TASK_FAILED", "kept"), false],
  ["the agent killed what no executor had heard of", launch(task("TASK_KILLED")), false],
  ["the report cannot be read", launch(task("TASK_KILLED", "", { report: "????" })), false],
])("removed with its data: %s", (_title, ended, expected) => {
  expect(wasRemoved(ended)).toBe(expected);
});

test.each<readonly [string, readonly OrphanedResources[], TaskRecord, number, boolean]>([
  ["nothing heard yet", [left("a")], task("TASK_STAGING"), 1_000, true],
  ["it looks at its host", [left("a")], task("TASK_STARTING", "engine"), 1_000, true],
  ["it has looked", [left("a")], task("TASK_STARTING", "image"), 1_000, false],
  ["it runs", [left("a")], task("TASK_RUNNING", "ready"), 1_000, false],
  ["it looks for too long", [left("a")], task("TASK_STARTING", "engine"), 60_000, false],
  ["there is nothing to take over here", [left("b")], task("TASK_STAGING"), 1_000, false],
])("taking over: %s", (_title, orphaned, node, age, expected) => {
  expect(isTakingOver(record(orphaned), launch(node, { createdAtMs: now - age }), { now, rules: nodeRules })).toBe(
    expected,
  );
});

test.each<readonly [string, readonly OrphanedResources[], boolean, string]>([
  ["first of the present one", [left("a", { instance: "i1" }), left("a")], false, "a1"],
  ["of an earlier one", [left("b"), left("a", { instance: "i1" })], false, "i1"],
  [
    "of an earlier one before what was given up",
    [left("a", { givenUp: true }), left("a", { instance: "i1" })],
    false,
    "i1",
  ],
  ["of what was given up", [left("a", { instance: "i1", givenUp: true })], false, "i1"],
  ["of one that may run", [left("a"), runs("a", { instance: "i1" })], true, "i1"],
  ["of the one that failed longest ago", [runs("a", { retryAtMs: 2 }), runs("a", { instance: "i1" })], true, "i1"],
])(
  "an executor on a host with remains of several instances cleans up those %s",
  (_title, orphaned, keepsData, instance) => {
    expect(cleanedInstance(record(orphaned), "a", keepsData)).toBe(instance);
  },
);

test.each<readonly [string, UnitRecord, number | undefined, string | undefined, string]>([
  ["nothing left", record([]), undefined, undefined, ""],
  ["not connected", record([left("a")]), undefined, "clean-up-unit", "host a may still hold container cke-c-n"],
  ["waits", record([left("a")]), now - 599_000, "clean-up-unit", "given up after 600 s"],
  ["too long", record([left("a")]), now - 600_000, "abandon-orphaned", "run on a: cke-k8s-exec -cleanup c/n"],
  ["agent removed", record([left("a", { agentRemoved: true })]), now - 29_000, "clean-up-unit", "after 30 s"],
  [
    "agent removed, gone",
    record([left("a", { agentRemoved: true })]),
    now - 30_000,
    "abandon-orphaned",
    "offered nothing",
  ],
  [
    "failed just now",
    record([left("a", { attempts: 2, retryAtMs: now + 1 })], { lastFailure: "no Docker" }),
    now,
    "wait",
    "clean-up 2 failed: no Docker",
  ],
  [
    "failed too long",
    record([left("a", { attempts: 2, retryAtMs: now + 1 })], { lastFailure: "no Docker" }),
    now - 600_000,
    "abandon-orphaned",
    "2 attempts failed: no Docker",
  ],
  ["given up", record([left("a", { givenUp: true })]), undefined, "clean-up-unit", "should it return"],
  ["given up, failed just now", record([left("a", { givenUp: true, retryAtMs: now + 1 })]), undefined, undefined, ""],
  [
    "the next one after it",
    record([left("a", { givenUp: true }), left("b")]),
    now,
    "clean-up-unit",
    "host b may still",
  ],
])("steps: %s", (_title, node, since, kind, words) => {
  const [step] = cleanupSteps(node, { now, rules: nodeRules, cleanupSinceMs: since });
  expect(step?.kind).toBe(kind);
  expect(step?.explanation ?? "").toContain(words);
});

test("steps: a host that is given up is named with the command of each instance that has left something there", () => {
  const node = record([
    left("a"),
    left("b"),
    left("a", { instance: "old" }),
    left("a", { instance: "older", givenUp: true }),
  ]);
  const rules = { ...nodeRules, cleanupCommand: ({ instance }: Pick<UnitRecord, "instance">) => `clean ${instance}` };
  const [step] = cleanupSteps(node, { now, rules, cleanupSinceMs: now - 600_000 });
  expect(step).toMatchObject({ kind: "abandon-orphaned", hostname: "a" });
  expect(step?.explanation).toMatch(new RegExp(`: run on a: clean ${node.instance}; clean old$`));
});

test("steps: a host that was given up may offer before the one that is waited for", () => {
  const node = record([left("a", { givenUp: true }), left("b"), left("c", { givenUp: true }), left("d")]);
  const steps = cleanupSteps(node, { now, rules: nodeRules, cleanupSinceMs: now });
  expect(steps).toMatchObject([{ kind: "clean-up-unit", hostname: "b", alsoAt: ["a", "c"] }]);
});

test("orphaned resources: a failed clean-up of a host that was given up makes nobody wait for it", () => {
  const before = record([left("a", { givenUp: true })]);
  const [after] = orphanedResourcesAfter(before, cleanup(task("TASK_FAILED", "engine")), now, nodeRules);
  expect(after).toMatchObject({ givenUp: true, attempts: 1 });
});
