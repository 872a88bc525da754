// What is told of a process while its node's wrapper does not answer, and after that.

import { setTimeout as delay } from "node:timers/promises";
import { processReport, RecordingContext } from "@cke/executor-core/testing/recording-context";
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import { ProcessState, TaskReport, WatchEvent } from "@cke/protocol";
import { expect, test } from "vitest";
import { WrapperError } from "../streams/wrapper-error.ts";
import { FakeWrapper, specHashOf } from "../testing/fake-wrapper.ts";
import { processSpec } from "../testing/launches.ts";
import { ProcessTask } from "./process-task.ts";

const sinceMs = Date.UTC(2030, 0, 1);
const words = "its state is not known: its node is unresponsive since then: its container is paused";

function lab(clock: Clock = systemClock) {
  const context = new RecordingContext();
  const task = new ProcessTask({
    taskId: "p",
    wanted: { spec: processSpec("p"), version: "", stopped: false },
    context,
    clock,
    logger: silentLogger,
  });
  const last = () => {
    const report = context.of("p").at(-1);
    const since = report?.data === undefined ? 0 : TaskReport.decode(report.data).unresponsiveSinceMs;
    return { message: report?.message, healthy: report?.healthy, reason: processReport(report?.data)?.reason, since };
  };
  return { context, task, last };
}

test("a process that runs says since when nobody knows, and what the wrapper said last when it answers again", async () => {
  const { context, task, last } = lab();
  await task.begin(new FakeWrapper(), "", true, new AbortController().signal);
  const before = last();
  task.unresponsive(sinceMs, words);
  expect(last()).toEqual({ message: words, healthy: false, reason: words, since: sinceMs });
  task.responsive();
  expect(last()).toEqual(before);
  const told = context.of("p").length;
  task.responsive();
  expect(context.of("p")).toHaveLength(told);
});

test("a process that the wrapper has said nothing of takes the words back too", () => {
  const { task, last } = lab();
  task.unresponsive(sinceMs, words);
  expect(last().message).toBe(`waiting for the node: ${words}`);
  task.responsive();
  expect(last().message).toBe("waiting for the node: it answers again");
});

const deadline = new WrapperError("deadline", "no answer within 120 s");
const refusal = new WrapperError("invalid-argument", "it cannot be started");
const unreached = new WrapperError("unavailable", "no connection");

test.each<[string, readonly WrapperError[], boolean]>([
  ["that is refused", [refusal], false],
  ["that is not answered in time, and then refused", [deadline, refusal], false],
  ["that is not answered, then not reached, then refused", [deadline, unreached, refusal], false],
  ["of a process that is stopped, not reached and then refused", [unreached, refusal], true],
])("after a restart %s its old run goes on, and what comes of it is told", async (_what, answers, stopped) => {
  const { context, task, last } = lab();
  const wrapper = new FakeWrapper();
  const ended = new AbortController();
  await task.begin(wrapper, "", true, ended.signal);
  const spec = processSpec("p");
  const run = { name: "p", phase: "running", pid: 101, startedAtMs: 1, specHash: specHashOf(spec) } as const;
  let sequence = 10;
  const event = (healthy: boolean, more = {}) => {
    sequence += 1;
    const state = ProcessState.create({ ...run, healthy, ...more });
    task.onEvent(WatchEvent.create({ sequence, instanceId: "one", state }));
  };
  if (stopped) await task.want({ spec, version: "off", stopped });
  else event(true);
  const before = last();
  const left = [...answers];
  wrapper.start = async () => {
    // Nothing is told of what comes before the answer; the last of it counts.
    if (!stopped) event(true, { restarts: 3 });
    throw left.shift() ?? refusal;
  };
  const problems = () =>
    context.of("p").map(({ data }) => (data === undefined ? "" : TaskReport.decode(data).processProblem));
  const changed = task.want({ spec: { ...spec, command: ["other"] }, version: "new", stopped: false });
  await context.until(() => problems().at(-1) === refusal.message);
  expect(last()).toEqual(before);
  expect(context.of("p").map(({ state }) => state)).not.toContain("TASK_FAILED");
  if (!stopped) {
    expect(processReport(context.of("p").at(-1)?.data)?.restarts).toBe(3);
    event(false, { restarts: 4 });
    expect([last().healthy, processReport(context.of("p").at(-1)?.data)?.restarts]).toEqual([false, 4]);
  }
  ended.abort();
  await changed;
});

test("a change that can only be refused is asked for once, one that lacks something again and quietly", async () => {
  const hasty: Clock = Object.create(systemClock, { sleep: { value: () => delay(1) } });
  const { context, task } = lab(hasty);
  const wrapper = new FakeWrapper();
  const ended = new AbortController();
  await task.begin(wrapper, "", true, ended.signal);
  const spec = processSpec("p");
  const restarts = () =>
    context.of("p").filter(({ data }) => processReport(data)?.reason === "it is being restarted").length;
  let asked = 0;
  let answer = refusal;
  wrapper.start = async () => {
    asked += 1;
    throw answer;
  };
  const wish = (version: string, ...command: string[]) =>
    task.want({ spec: { ...spec, command }, version, stopped: false });
  await wish("bad", "bad"); // it ends: nothing is tried again
  expect([asked, restarts(), processProblemOf(context)]).toEqual([1, 1, refusal.message]);
  await wish("bad", "bad");
  expect(asked).toBe(1);

  answer = new WrapperError("failed-precondition", "it is not there");
  const lacking = wish("lacking", "lacking");
  await expect.poll(() => asked).toBeGreaterThan(3);
  expect([restarts(), processProblemOf(context)]).toEqual([2, answer.message]);
  ended.abort();
  await lacking;
});

test("a change that waits for another attempt gives way to the next one, and to a kill", async () => {
  // No wait ends by itself.
  const sleep = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const { context, task } = lab(Object.create(systemClock, { sleep: { value: sleep } }));
  const wrapper = new FakeWrapper();
  await task.begin(wrapper, "", true, new AbortController().signal);
  const start = wrapper.start.bind(wrapper);
  const lacks = new WrapperError("failed-precondition", "it is not there");
  const spec = processSpec("p");
  const wish = async (version: string, ...command: string[]) =>
    await task.want({ spec: { ...spec, command }, version, stopped: false });
  wrapper.start = async () => {
    throw lacks;
  };
  const first = wish("lacking", "lacking");
  await context.until(() => processProblemOf(context) === lacks.message);
  wrapper.start = start;
  await Promise.all([wish("good", "good"), first]);
  expect(processProblemOf(context)).toBe("");
  wrapper.start = async () => {
    throw lacks;
  };
  const second = wish("lacking again", "lacking");
  await context.until(() => processProblemOf(context) === lacks.message);
  await Promise.all([task.kill(wrapper, undefined, new AbortController().signal), second]);
  expect(context.of("p").at(-1)?.state).toBe("TASK_KILLED");
});

function processProblemOf(context: RecordingContext): string {
  const data = context.of("p").at(-1)?.data;
  return data === undefined ? "" : TaskReport.decode(data).processProblem;
}
