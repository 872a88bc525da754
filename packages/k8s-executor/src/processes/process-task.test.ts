// What is told of a process while its node's wrapper does not answer, and after that.

import { processReport, RecordingContext } from "@cke/executor-core/testing/recording-context";
import { silentLogger, systemClock } from "@cke/foundation";
import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { FakeWrapper } from "../testing/fake-wrapper.ts";
import { processSpec } from "../testing/launches.ts";
import { ProcessTask } from "./process-task.ts";

const sinceMs = Date.UTC(2030, 0, 1);
const words = "its state is not known: its node is unresponsive since then: its container is paused";

function lab() {
  const context = new RecordingContext();
  const task = new ProcessTask({
    taskId: "p",
    wanted: { spec: processSpec("p"), version: "", stopped: false },
    context,
    clock: systemClock,
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
