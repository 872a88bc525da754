import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import type { ProcessOutline } from "../outline/unit-outline.ts";
import {
  type LaunchRecord,
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type TaskRecord,
  type UnitRecord,
} from "../records/records.ts";
import type { Step } from "../steps/step.ts";
import { pausedSteps, pauseOf, removalWaits, retryNow, skipProcess, skipUnit } from "./plan-control.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
const mark = { sinceMs: now, by: "ann" };
const task = (process: string, state: RecordedState, more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ taskId: `t.${process}`, process, configHash: "h", failures: 0 }, now),
  state,
  ...more,
});
const launch = (tasks: readonly TaskRecord[], more: Partial<LaunchRecord> = {}): LaunchRecord =>
  sampleLaunch({ incarnation: "i1", agentId: "a", hostname: "host-a", tasks, ...more });
const record = (more: Partial<UnitRecord> = {}): UnitRecord => ({ ...newUnitRecord("c", "n", "a1"), ...more });
const node = task("", "TASK_RUNNING");
const up = record({ launch: launch([node, task("proxy", "TASK_RUNNING"), task("load", "TASK_FINISHED")]) });
const later = now + 60_000;

const launchNode: Step = { kind: "launch-unit", explanation: "not launched yet" };
const relaunch: Step = { kind: "relaunch-process", process: "proxy", explanation: "proxy ended" };
const waits: Step = { kind: "wait", process: "proxy", untilMs: later, explanation: "proxy ended" };
const kill: Step = {
  kind: "kill-task",
  taskId: "t.",
  agentId: "a",
  executorId: "e",
  removal: false,
  explanation: "it is to die",
};
const cleanUp: Step = { kind: "clean-up-unit", hostname: "host-a", alsoAt: [], explanation: "left" };
const retire: Step = { kind: "retire-launch", explanation: "all ended" };
const evicted = record({ launch: launch([node], { evicted: "its agent is drained" }) });
const moved = record({
  launch: launch([task("", "TASK_KILLED"), task("proxy", "TASK_RUNNING", { taskId: "t." })], {
    evicted: "its agent is drained",
  }),
});
const skipped = record({ skipped: [{ process: "proxy", ...mark }] });
const paused = { paused: "paused", deleting: false };
const running = { paused: "", deleting: false };

test.each<readonly [string, Step, UnitRecord, Parameters<typeof pausedSteps>[2], string]>([
  ["not paused", launchNode, record(), running, "launch-unit: not launched yet"],
  ["a launch", launchNode, record(), paused, "wait: paused; not launched yet"],
  ["a relaunch", relaunch, up, paused, "wait proxy: paused; proxy ended"],
  ["a kill", kill, up, paused, "kill-task: it is to die"],
  ["a kill to move the node", kill, evicted, paused, "wait: paused; it is to die"],
  ["what is left of a node that was moved", kill, moved, paused, "kill-task: it is to die"],
  [
    "a move",
    { kind: "evict-launch", explanation: "its agent is drained" },
    up,
    paused,
    "wait: paused; its agent is drained",
  ],
  ["the same without a pause", kill, evicted, running, "kill-task: it is to die"],
  ["the same in a removal", kill, evicted, { ...paused, deleting: true }, "kill-task: it is to die"],
  ["the end of a launch", retire, up, paused, "retire-launch: all ended"],
  ["a clean-up", cleanUp, record(), { ...paused, deleting: true }, "clean-up-unit: left"],
  [
    "a skipped process",
    relaunch,
    skipped,
    running,
    "wait proxy: proxy was given up since 2030-01-01T00:00:00.000Z by ann, until a retry is asked for (plan/retry); proxy ended",
  ],
  [
    "a skipped process that waits",
    waits,
    skipped,
    running,
    "wait proxy: proxy was given up since 2030-01-01T00:00:00.000Z by ann, until a retry is asked for (plan/retry); proxy ended",
  ],
  ["another process", { ...relaunch, process: "docker" }, skipped, running, "relaunch-process docker: proxy ended"],
])("paused: %s", (_title, step, of, pause, expected) => {
  const [paused] = pausedSteps([step], of, pause);
  const process = paused !== undefined && "process" in paused ? ` ${paused.process}` : "";
  expect(`${paused?.kind}${process}: ${paused?.explanation}`).toBe(expected);
  if (paused?.kind === "wait" && paused.explanation.includes("given up")) expect(paused.untilMs).toBeUndefined();
});

test("a pause is told with its time and who asked for it, the cluster's before the node's", () => {
  expect(pauseOf({}, record(), nodeRules.words)).toBe("");
  expect(pauseOf({}, record({ paused: mark }), nodeRules.words)).toBe(
    "the node's plan is paused since 2030-01-01T00:00:00.000Z by ann",
  );
  expect(pauseOf({ paused: { ...mark, by: "" } }, record({ paused: mark }), nodeRules.words)).toBe(
    "the cluster's plan is paused since 2030-01-01T00:00:00.000Z",
  );
});

const failedTask = task("proxy", "TASK_FAILED", { failures: 3, attempt: 3, retryAtMs: later });
const refused = task("docker", "TASK_ERROR", { failures: 1, attempt: 0, retryAtMs: Number.MAX_SAFE_INTEGER });
const fresh = { failures: 0, retryAtMs: now };
const orphan = { hostname: "host-b", agentRemoved: false, attempts: 4, retryAtMs: later };

test.each<readonly [string, UnitRecord, string | undefined, Partial<UnitRecord> | undefined]>([
  ["nothing waits", up, undefined, undefined],
  ["never launched", record(), undefined, undefined],
  ["in backoff", record({ failures: 5, retryAtMs: later }), undefined, { ...fresh, blocked: false }],
  ["blocked", record({ failures: 1, blocked: true }), undefined, { ...fresh, blocked: false }],
  ["in backoff, one process asked for", record({ failures: 5, retryAtMs: later }), "proxy", undefined],
  [
    "processes ended",
    record({ launch: launch([node, failedTask, refused, task("load", "TASK_FINISHED", { failures: 1 })]) }),
    undefined,
    {
      launch: launch([
        node,
        { ...failedTask, ...fresh },
        { ...refused, ...fresh, attempt: 1 },
        task("load", "TASK_FINISHED", { failures: 1 }),
      ]),
    },
  ],
  [
    "one of them asked for",
    record({ launch: launch([node, failedTask, refused]) }),
    "proxy",
    { launch: launch([node, { ...failedTask, ...fresh }, refused]) },
  ],
  ["a pod, which ends as a whole", record({ launch: launch([node, failedTask], { pod: true }) }), undefined, undefined],
  ["skipped", skipped, undefined, { skipped: [] }],
  ["another one skipped", skipped, "docker", undefined],
  [
    "clean-up in backoff",
    record({ orphaned: [orphan] }),
    undefined,
    { orphaned: [{ ...orphan, attempts: 0, retryAtMs: 0 }] },
  ],
])("retry: %s", (_title, before, process, expected) => {
  const after = retryNow(before, process, now);
  if (expected === undefined) expect(after).toBe(before);
  else expect(after).toEqual({ ...before, ...expected });
});

const process = (name: string, required: boolean): ProcessOutline => ({
  name,
  res: { cpu: 1, mem: 1 },
  required,
  mayFinish: false,
});
const withTask = (state: RecordedState) => record({ launch: launch([node, task("proxy", state)]) });

test.each<readonly [string, UnitRecord, ProcessOutline, string]>([
  ["ended", withTask("TASK_FAILED"), process("proxy", false), "skipped"],
  ["skipped before", record({ ...withTask("TASK_FAILED"), ...skipped }), process("proxy", false), "the same"],
  [
    "needed",
    withTask("TASK_FAILED"),
    process("proxy", true),
    'plan_impossible 422: proxy of node "n" cannot be skipped: the node needs it',
  ],
  [
    "of a pod",
    record({ launch: launch([node, task("proxy", "TASK_FAILED")], { pod: true }) }),
    process("proxy", false),
    'plan_refused 409: proxy of node "n" ends with its pod, which is launched again as a whole',
  ],
  [
    "runs",
    withTask("TASK_RUNNING"),
    process("proxy", false),
    'plan_refused 409: proxy of node "n" has not ended (TASK_RUNNING): only what failed or waits can be skipped',
  ],
  [
    "not launched",
    record(),
    process("proxy", false),
    'plan_refused 409: proxy of node "n" is launched with its node, which waits itself',
  ],
])("skip of a process: %s", (_title, before, what, expected) => {
  expect(
    outcome(() => {
      const after = skipProcess(before, what, mark, nodeRules.words);
      if (after === before) return "the same";
      expect(after).toEqual({ ...before, skipped: [{ process: "proxy", ...mark }] });
      return "skipped";
    }),
  ).toBe(expected);
});

const away = launch([task("", "TASK_UNREACHABLE")], { hostname: "host-c" });
const left = record({ orphaned: [orphan] });

test.each<
  readonly [string, UnitRecord, boolean, string | { readonly record: UnitRecord; readonly words: readonly string[] }]
>([
  [
    "is to run",
    record(),
    false,
    'plan_impossible 422: the launch of node "n" cannot be skipped: pause it, or delete the cluster',
  ],
  ["nothing left", record(), true, 'plan_refused 409: the removal of node "n" cannot be skipped: it waits for nothing'],
  [
    "being killed",
    up,
    true,
    'plan_refused 409: the removal of node "n" cannot be skipped: it is being removed on host-a',
  ],
  [
    "a clean-up",
    left,
    true,
    {
      record: record({ orphaned: [{ ...orphan, givenUp: true }] }),
      words: ["the clean-up of host host-b is given up: run there: cke-k8s-exec -cleanup c/n@a1"],
    },
  ],
  [
    "an agent out of reach",
    record({ launch: away, superseded: [away] }),
    true,
    {
      record: record(),
      words: Array.from(
        { length: 2 },
        () => "agent host-c is out of reach and given up: should it return, the node is killed there",
      ),
    },
  ],
  [
    "an earlier agent out of reach, and a clean-up that runs",
    record({ ...up, superseded: [away], orphaned: [orphan] }),
    true,
    {
      record: record({ ...up, orphaned: [orphan] }),
      words: ["agent host-c is out of reach and given up: should it return, the node is killed there"],
    },
  ],
])("skip of a removal: %s", (_title, before, deleting, expected) => {
  if (typeof expected === "string")
    expect(outcome(() => JSON.stringify(skipUnit(before, { deleting, rules: nodeRules })))).toBe(expected);
  else {
    expect(skipUnit(before, { deleting, rules: nodeRules })).toEqual(expected);
    expect(removalWaits(before)).toBe(true);
    expect(removalWaits(expected.record)).toBe(
      expected.record.launch === undefined && expected.record.orphaned.some(({ givenUp }) => givenUp !== true),
    );
  }
});

test.each<readonly [string, boolean, readonly string[], readonly string[]]>([
  ["a removal", false, ["host-b", "host-b"], ["a1", "i1"]],
  ["a replacement, which waits for its own instance only", true, ["host-b"], ["a1"]],
])(
  "skip of %s: each host is given up with the command for the instance that it holds",
  (_title, replacing, hosts, instances) => {
    const before = record({ orphaned: [{ ...orphan, instance: "i1" }, orphan] });
    const { record: after, words } = skipUnit(before, { deleting: true, replacing, rules: nodeRules });
    expect(after.orphaned.filter(({ givenUp }) => givenUp === true).map(({ hostname }) => hostname)).toEqual(hosts);
    const commands = instances.map(
      (instance) => `the clean-up of host host-b is given up: run there: cke-k8s-exec -cleanup c/n@${instance}`,
    );
    expect(words).toEqual(commands);
  },
);

function outcome(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CkeError)) throw error;
    return `${error.code} ${error.status}: ${error.message}`;
  }
}
