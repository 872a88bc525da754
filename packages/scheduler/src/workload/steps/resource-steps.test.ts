// How Mesos' ledger follows changed resources of a process, case by case.
import { type ProcessStateInit, TaskReport } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { type LaunchRecord, newTaskRecord, type RecordedState, type TaskRecord } from "../records/records.ts";
import { resourceSteps, roomMs } from "./resource-steps.ts";

const mebibyte = 1024 * 1024;
const amount = (cpu: number, mem: number) => ({ cpu, mem });
type Amount = ReturnType<typeof amount>;

function task(process: string, state: RecordedState, more: Partial<TaskRecord> = {}): TaskRecord {
  const record = newTaskRecord({ taskId: `e.${process}`, process, configHash: "", failures: 0 }, 1);
  return { ...record, state, ...more };
}
/** The process's own task, whose executor has reported these limits. */
function own(holds: Amount, granted: Amount, limits: Amount | undefined = granted, version = "v"): TaskRecord {
  const resources = limits && { cpuMillis: limits.cpu * 1000, memoryBytes: limits.mem * mebibyte };
  const value: ProcessStateInit = { name: "p", phase: "running", resources };
  const report = Buffer.from(TaskReport.encode({ report: { kind: "process", value }, processVersion: version }));
  return task("p", "TASK_RUNNING", { holds, granted, report: report.toString("base64") });
}
const beside = (number: number, holds: Amount, state: RecordedState = "TASK_RUNNING", more: Partial<TaskRecord> = {}) =>
  task(number === 1 ? "p.res" : `p.res-${number}`, state, { holds, ...more });
const launch = (...tasks: readonly TaskRecord[]): LaunchRecord => ({
  incarnation: "i",
  executorId: "e",
  agentId: "a",
  hostname: "h",
  role: "*",
  configHash: "",
  cleanup: false,
  evicted: "",
  executor: {},
  createdAtMs: 1,
  readyAtMs: 1,
  tasks: [task("", "TASK_RUNNING"), ...tasks],
});
interface Given {
  readonly now?: number;
  readonly reserved?: boolean;
}
/** In short: "hold p.res 0.1/256", "grant 0.2/512", "kill p.res", "kill p.res, anew", "wait". */
const words = (wanted: Amount, tasks: readonly TaskRecord[], { now = 100, reserved = false }: Given = {}) =>
  resourceSteps(launch(...tasks), { now, reserved, shares: new Map([["p", wanted]]) }).map((step) => {
    if (step.kind === "hold-resources") return `hold ${step.process} ${step.amount.cpu}/${step.amount.mem}`;
    if (step.kind === "grant-resources") return `grant ${step.amount.cpu}/${step.amount.mem}`;
    if (step.kind !== "kill-task") return step.kind;
    return `kill ${step.taskId.slice(2)}${step.heldAnew === true ? ", anew" : ""}`;
  });

const small = amount(0.1, 256);
const large = amount(0.2, 512);
const more = amount(0.1, 256);

describe("more", () => {
  test.each<[string, readonly TaskRecord[], readonly string[]]>([
    ["is held first", [own(small, small)], ["hold p.res 0.1/256"]],
    ["is waited for while its task is staged", [own(small, small), beside(1, more, "TASK_STAGING")], []],
    ["is granted when its task runs", [own(small, small), beside(1, more)], ["grant 0.2/512"]],
    ["is complete then", [own(small, large), beside(1, more)], []],
    [
      "is held again after its task was lost",
      [own(small, large), beside(1, more, "TASK_LOST")],
      ["hold p.res 0.1/256"],
    ],
    [
      "is held at once after its task was given back",
      [own(small, small), beside(1, more, "TASK_KILLED", { retryAtMs: 200 })],
      ["hold p.res 0.1/256"],
    ],
    ["waits after a failure", [own(small, small), beside(1, more, "TASK_FAILED", { retryAtMs: 200 })], ["wait"]],
    ["is held beside what is held already", [own(small, small), beside(1, amount(0, 100))], ["hold p.res-2 0.1/156"]],
    [
      "does not count what is being killed",
      [own(small, small), beside(1, more, "TASK_KILLING")],
      ["hold p.res-2 0.1/256"],
    ],
    ["takes the first free name", [own(small, small), beside(2, amount(0, 100))], ["hold p.res 0.1/156"]],
    ["is not held for an executor of an earlier version", [own(small, small, small, "")], []],
    ["needs no task where the process holds it already", [own(large, small)], ["grant 0.2/512"]],
  ])("%s", (_title, tasks, expected) => {
    expect(words(large, tasks)).toEqual(expected);
  });
});

test("what is asked to end is not granted again", () => {
  const tasks = launch(own(small, small), beside(1, more));
  const [killed] = tasks.tasks.slice(-1);
  const input = { now: 100, reserved: false, shares: new Map([["p", large]]) };
  expect(resourceSteps(tasks, input).map(({ kind }) => kind)).toEqual(["grant-resources"]);
  const killingSince = (taskId: string) => (taskId === killed?.taskId ? 90 : undefined);
  expect(resourceSteps(tasks, { ...input, killingSince })).toEqual([]);
});

describe("less", () => {
  test.each<[string, readonly TaskRecord[], readonly string[]]>([
    ["is not given back before the limits are lower", [own(small, small, large), beside(1, more)], []],
    ["is given back then", [own(small, small), beside(1, more)], ["kill p.res"]],
    ["is complete when its task has ended", [own(small, small), beside(1, more, "TASK_KILLED")], []],
    [
      "takes all that is not needed",
      [own(small, small), beside(1, more), beside(2, amount(0, 8))],
      ["kill p.res", "kill p.res-2"],
    ],
    ["stays with the process's own task", [own(large, small)], []],
  ])("%s", (_title, tasks, expected) => {
    expect(words(small, tasks)).toEqual(expected);
  });
});

describe("a part", () => {
  const wanted = amount(0.1, 300);
  const lowered = { ...own(small, wanted), loweredAtMs: 100 };
  const late = { now: 100 + roomMs };
  test.each<[string, readonly TaskRecord[], Given, readonly string[]]>([
    ["is held by a smaller task first", [lowered, beside(1, more)], {}, ["hold p.res-2 0/44"]],
    ["is waited for", [lowered, beside(1, more), beside(2, amount(0, 44), "TASK_STAGING")], {}, []],
    ["and then the larger one goes", [lowered, beside(1, more), beside(2, amount(0, 44))], {}, ["kill p.res"]],
    ["and that is all", [lowered, beside(1, more, "TASK_KILLED"), beside(2, amount(0, 44))], {}, []],
    ["where there is no room the larger one goes first", [lowered, beside(1, more)], late, ["kill p.res, anew"]],
    ["and the smaller one follows", [lowered, beside(1, more, "TASK_KILLED")], late, ["hold p.res 0/44"]],
    ["so it is where others cannot take it", [lowered, beside(1, more)], { reserved: true }, ["kill p.res, anew"]],
    [
      "so it is after a change by an earlier version",
      [own(small, wanted), beside(1, more)],
      { now: 1e12 },
      ["kill p.res, anew"],
    ],
    [
      "of several tasks is taken from those that need the smallest one in their place",
      [lowered, beside(1, amount(0, 40)), beside(2, amount(0, 30))],
      {},
      ["hold p.res-3 0/4"],
    ],
    [
      "of one figure",
      [{ ...own(small, wanted), loweredAtMs: 100 }, beside(1, amount(0.3, 44))],
      {},
      ["hold p.res-2 0/44"],
    ],
  ])("%s", (_title, tasks, given, expected) => {
    expect(words(wanted, tasks, given)).toEqual(expected);
  });

  test("less of one and more of the other: what is missing is held first", () => {
    const both = amount(0.5, 300);
    const limited = { ...own(small, amount(0.2, 300)), loweredAtMs: 100 };
    expect(words(both, [limited, beside(1, more)])).toEqual(["hold p.res-2 0.3/0"]);
    const granted = { ...own(small, both), loweredAtMs: 100 };
    expect(words(both, [granted, beside(1, more), beside(2, amount(0.3, 0))])).toEqual(["hold p.res-3 0.1/44"]);
  });
});

test("a process of which it is not known what its tasks hold has no steps, whatever it is to hold", () => {
  const untouched = task("p", "TASK_RUNNING");
  expect(words(large, [untouched])).toEqual([]);
  expect(resourceSteps(launch(own(small, small)), { now: 100 })).toEqual([]);
});

test("of many tasks the smallest is held by the next one, too, and goes when that runs", () => {
  const holding = [40, 10, 20, 30].map((mem, index) => beside(index + 1, amount(0, mem)));
  const wanted = amount(0.1, 400);
  expect(words(wanted, [own(small, small), ...holding])).toEqual(["hold p.res-5 0/54"]);
  const staged = beside(5, amount(0, 54), "TASK_STAGING");
  expect(words(wanted, [own(small, small), ...holding, staged])).toEqual([]);
  expect(words(amount(0.1, 500), [own(small, small), ...holding, staged])).toEqual([]);
  expect(words(wanted, [own(small, wanted), ...holding, beside(5, amount(0, 54))])).toEqual(["kill p.res-2"]);
});

test("what is held for a process whose own task has ended stays for its next one", () => {
  const ended = { ...own(small, large), state: "TASK_FAILED" as const };
  expect(words(large, [ended, beside(1, more)])).toEqual([]);
});
