// The wrapper's states as Mesos task states.

import { processReport } from "@cke/executor-core/testing/recording-context";
import { ProcessState, type ProcessStateInit } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { processUpdate, significantKey } from "./process-report.ts";

const state = (init: ProcessStateInit) => ProcessState.create({ name: "etcd", ...init });
const idle = { killing: false, hasRun: false, ip: "" };

describe("process report", () => {
  test.each<[ProcessStateInit, Partial<typeof idle>, object]>([
    [{ phase: "waiting", reason: "waiting for etcd" }, {}, { state: "TASK_STARTING", message: "waiting for etcd" }],
    [{ phase: "waiting" }, { hasRun: true }, { state: "TASK_RUNNING", healthy: false }],
    [{ phase: "starting" }, {}, { state: "TASK_STARTING", message: "starting" }],
    [{ phase: "running", healthy: false }, {}, { state: "TASK_RUNNING", healthy: false, message: "not healthy yet" }],
    [{ phase: "running", healthy: true }, {}, { state: "TASK_RUNNING", healthy: true }],
    [
      { phase: "backoff", exitCode: 2, startedAtMs: 5 },
      {},
      { state: "TASK_RUNNING", healthy: false, message: "exited with code 2; will be started again" },
    ],
    [{ phase: "backoff" }, {}, { state: "TASK_STARTING" }],
    [{ phase: "finished" }, {}, { state: "TASK_FINISHED", message: "finished" }],
    [
      { phase: "failed", exitSignal: "SEGV", lastOutput: "x\n" },
      {},
      { state: "TASK_FAILED", message: "ended by signal SEGV; its last output: x" },
    ],
    [
      { phase: "failed", outOfMemory: true },
      {},
      { state: "TASK_FAILED", reason: "REASON_CONTAINER_LIMITATION_MEMORY" },
    ],
    [{ phase: "failed", reason: "gave up", lastOutput: "panic" }, {}, { message: "gave up; its last output: panic" }],
    [{ phase: "stopped" }, {}, { state: "TASK_FAILED", message: "stopped, though its task was not killed" }],
    [{ phase: "stopped" }, { killing: true }, { state: "TASK_KILLED", message: "stopped by request" }],
  ])("%j %j", (init, context, expected) => {
    const update = processUpdate(state(init), { ...idle, ...context });
    expect(update).toMatchObject(expected);
    expect(processReport(update.data)).toEqual(state(init));
  });

  test("a process that writes without end does not make a report without end", () => {
    const lastOutput = `${"x".repeat(1_048_576)}panic`;
    const update = processUpdate(state({ phase: "failed", reason: lastOutput, lastOutput }), idle);
    expect(update.data?.length).toBeLessThan(12_289);
    expect(processReport(update.data)).toMatchObject({ phase: "failed", lastOutput: expect.stringMatching(/panic$/) });
  });

  test("carries the node's address", () => {
    expect(processUpdate(state({ phase: "running" }), { ...idle, ip: "10.0.0.1" }).ipAddress).toBe("10.0.0.1");
  });

  const running = {
    phase: "running",
    healthy: true,
    health: [{ name: "h", passing: true, everPassed: true, message: "ok" }],
  } as const;
  test.each<[string, ProcessStateInit, boolean]>([
    [
      "a probe's words",
      { ...running, health: [{ name: "h", passing: true, everPassed: true, message: "2 ms" }] },
      false,
    ],
    ["the reason's words", { ...running, reason: "other" }, false],
    ["a probe that fails", { ...running, health: [{ name: "h", passing: false, everPassed: true }] }, true],
    ["a restart", { ...running, restarts: 1 }, true],
    ["health", { ...running, healthy: false }, true],
    ["limits", { ...running, resources: { cpuMillis: 5 } }, true],
  ])("%s: significant or not", (_name, changed, significant) => {
    expect(significantKey(state(changed)) !== significantKey(state(running))).toBe(significant);
  });
});
