// A unit's record fits into the store, whatever texts were reported.

import { type TaskStatus, taskStates } from "@cke/mesos";
import { TaskReport } from "@cke/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { start } from "../../kubernetes/testing/arbitrary-records.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { maxValueBytes } from "../../store/store-limits.ts";
import { retire } from "../steps/retirement.ts";
import { boundedStatus } from "../tasks/bounded-event.ts";
import { applyStatus } from "../tasks/task-transition.ts";
import { withTask } from "./launches.ts";
import { describeOversize, jsonBytes, recordText, storableRecord } from "./record-text.ts";
import { isTerminal, newTaskRecord, newUnitRecord, reportOf, type UnitRecord } from "./records.ts";

const processes = ["", ...Array.from({ length: 15 }, (_, index) => `p${index}`)];
const tasks = processes.map((process) =>
  newTaskRecord({ taskId: `cke.c.n.i.${process}`, process, configHash: "h", failures: 0 }, start),
);
const launched: UnitRecord = { ...newUnitRecord("c", "n", "a1"), launch: sampleLaunch({ tasks }) };

/** Up to 300 KB, with characters of every width, and with those that take six bytes in JSON. */
const outsideText = fc
  .record({ unit: fc.constantFrom("x", "\u0000", '"', "\\", "日", "😀", "\ud800", "line\n"), bytes: fc.nat(300_000) })
  .map(({ unit, bytes }) => unit.repeat(bytes / Buffer.byteLength(unit)));

const report = fc
  .record({ text: outsideText, probes: fc.nat(200), node: fc.boolean() })
  .map(({ text, probes, node }) => {
    const health = Array.from({ length: probes }, () => ({ name: text.slice(0, 500), message: text.slice(0, 5_000) }));
    const told = node
      ? ({ kind: "unit", value: { launchStep: "image", detail: text } } as const)
      : ({ kind: "process", value: { phase: "failed", reason: text, lastOutput: text, health } } as const);
    return Buffer.from(TaskReport.encode({ report: told })).toString("base64");
  });

const status = fc
  .record({
    process: fc.constantFrom(...processes),
    state: fc.constantFrom(...taskStates),
    message: outsideText,
    reason: fc.oneof(fc.constant("REASON_EXECUTOR_TERMINATED"), outsideText),
    data: fc.oneof(report, outsideText),
    timestamp: fc.nat(1_000),
    uuid: fc.uuid(),
  })
  .map(({ process, ...rest }): TaskStatus => ({ task_id: { value: `cke.c.n.i.${process}` }, ...rest }));

function told(record: UnitRecord, one: TaskStatus): UnitRecord {
  const task = record.launch?.tasks.find(({ taskId }) => taskId === one.task_id.value);
  const after = task === undefined ? undefined : applyStatus(task, boundedStatus(one), start);
  const next = after === undefined ? record : withTask(record, after);
  return next.launch?.tasks.every(isTerminal) === true
    ? {
        ...retire(next, { now: start, stateful: false, rules: nodeRules }),
        superseded: next.superseded,
        launch: sampleLaunch({ tasks }),
      }
    : next;
}

const stored = (record: UnitRecord) => storableRecord(record, maxValueBytes)?.record;
const parsed = (json: string | undefined): unknown => (json === undefined ? undefined : JSON.parse(json));

describe("the text of a record", () => {
  it.each<[string, Partial<UnitRecord>]>([
    ["without a launch", { launch: undefined }],
    ["with a launch without tasks", { launch: sampleLaunch({ tasks: [] }) }],
    ["with an ExecutorInfo", { launch: { ...sampleLaunch({ tasks }), executor: { executor_id: { value: "e" } } } }],
    ["without one", { launch: { ...sampleLaunch({ tasks }), executor: undefined } }],
    ["with one that is no object", { launch: { ...sampleLaunch({ tasks }), executor: "e" } }],
    ["with earlier launches", { superseded: [sampleLaunch({ tasks }), sampleLaunch({ tasks })] }],
  ])("%s is that of JSON", (_name, part) => {
    const record = { ...launched, ...part };
    expect(parsed(recordText(record))).toEqual(parsed(JSON.stringify(record)));
  });

  it("is made anew for what has changed", () => {
    const one = { ...launched, launch: sampleLaunch({ tasks }) };
    expect(recordText(one)).not.toContain("TASK_LOST");
    const lost = tasks.map((task, index) => (index === 3 ? { ...task, state: "TASK_LOST" as const } : task));
    expect(parsed(recordText({ ...one, launch: { ...one.launch, tasks: lost } }))).toMatchObject({
      launch: { tasks: lost },
    });
  });
});

describe("the size of a node's record", () => {
  it("stays below the store's limit whatever is said of its tasks, in whatever order", () => {
    fc.assert(
      fc.property(fc.array(status, { minLength: 1, maxLength: 12 }), (said) => {
        let record = launched;
        for (const one of said) {
          record = told(record, one);
          const kept = storableRecord(record, maxValueBytes);
          expect(kept).toBeDefined();
          expect(Buffer.byteLength(kept?.json ?? "")).toBeLessThanOrEqual(maxValueBytes);
          expect(parsed(kept?.json)).toEqual(parsed(JSON.stringify(kept?.record)));
          record = kept?.record ?? record;
        }
      }),
      { numRuns: 20 },
    );
  });

  it("keeps what is decided by when all of 65 processes fail with as many words as they may say", () => {
    const names = ["", ...Array.from({ length: 64 }, (_, index) => `p${index}`)];
    const text = "\u0001".repeat(100_000);
    const value = { phase: "failed", restarts: 4, reason: text, lastOutput: text } as const;
    const data = Buffer.from(TaskReport.encode({ report: { kind: "process", value } })).toString("base64");
    const failed = names.map((process) => {
      const task = newTaskRecord({ taskId: process, process, configHash: "h", failures: 0 }, start);
      const one = { task_id: { value: process }, state: "TASK_FAILED", message: text, data, uuid: "u" } as const;
      return applyStatus(task, boundedStatus(one), start) ?? task;
    });
    const record: UnitRecord = { ...launched, launch: sampleLaunch({ tasks: failed }) };
    expect(jsonBytes(record)).toBeGreaterThan(maxValueBytes);
    const kept = stored(record);
    expect(jsonBytes(kept)).toBeLessThanOrEqual(maxValueBytes);
    expect(kept?.launch?.tasks.map(({ state }) => state)).toEqual(names.map(() => "TASK_FAILED"));
    const last = kept?.launch?.tasks.at(-1);
    expect(last === undefined ? undefined : reportOf(last)?.value).toMatchObject({ phase: "failed", restarts: 4 });
    expect(last?.message).toMatch(/bytes cut/);
  });

  it("leaves an ordinary record as it is", () => {
    expect(stored(launched)).toBe(launched);
  });

  it("says of one that is too large without words what it is, and what to do", () => {
    const left = { hostname: "h".repeat(100_000), agentRemoved: true, attempts: 0, retryAtMs: 0 };
    const record = { ...launched, orphaned: Array.from({ length: 10 }, () => left) };
    expect(stored(record)).toBeUndefined();
    expect(describeOversize(record, maxValueBytes)).toMatch(/10 hosts.*plan\/skip/);
    const many = { ...launched, superseded: Array.from({ length: 300 }, () => sampleLaunch({ tasks })) };
    expect(stored(many)).toBeUndefined();
    expect(describeOversize(many, maxValueBytes)).toMatch(/300 earlier launches.*MARK_AGENT_GONE/);
  });
});
