import { type TaskStatusReason, taskStatusReasons } from "@cke/mesos";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { type LaunchRecord, newTaskRecord, type TaskRecord } from "../records/records.ts";
import { classifyFailure, describeEnd, type FailureKind, isRefused, processRetryAtMs } from "./retry-policy.ts";
import { meaningOf, type ReasonKind } from "./status-reasons.ts";

const now = 1_000_000;
const never = Number.MAX_SAFE_INTEGER;
const ended = (reason: string, state: TaskRecord["state"] = "TASK_FAILED", startedAtMs = 0): TaskRecord => ({
  ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, now),
  state,
  reason,
  startedAtMs,
});
const launch = (node: TaskRecord): LaunchRecord => sampleLaunch({ createdAtMs: now, tasks: [node] });

/** Kind, what a node's launch makes of it when it failed before it ran, and when a process is launched again. */
const expected: Readonly<Record<TaskStatusReason, readonly [ReasonKind, FailureKind, number]>> = {
  REASON_COMMAND_EXECUTOR_FAILED: ["crash", "ordinary", 1_000],
  REASON_CONTAINER_LAUNCH_FAILED: ["crash", "ordinary", 1_000],
  REASON_CONTAINER_LIMITATION: ["limit", "configuration", 30_000],
  REASON_CONTAINER_LIMITATION_DISK: ["limit", "configuration", 30_000],
  REASON_CONTAINER_LIMITATION_MEMORY: ["limit", "configuration", 30_000],
  REASON_CONTAINER_PREEMPTED: ["moved", "moved", 1_000],
  REASON_CONTAINER_UPDATE_FAILED: ["crash", "ordinary", 1_000],
  REASON_MAX_COMPLETION_TIME_REACHED: ["limit", "configuration", 30_000],
  REASON_EXECUTOR_REGISTRATION_TIMEOUT: ["crash", "ordinary", 1_000],
  REASON_EXECUTOR_REREGISTRATION_TIMEOUT: ["crash", "ordinary", 1_000],
  REASON_EXECUTOR_TERMINATED: ["crash", "ordinary", 1_000],
  REASON_EXECUTOR_UNREGISTERED: ["crash", "ordinary", 1_000],
  REASON_FRAMEWORK_REMOVED: ["crash", "ordinary", 1_000],
  REASON_GC_ERROR: ["crash", "ordinary", 1_000],
  REASON_INVALID_FRAMEWORKID: ["race", "lost-offer", 0],
  REASON_INVALID_OFFERS: ["race", "lost-offer", 0],
  REASON_IO_SWITCHBOARD_EXITED: ["crash", "ordinary", 1_000],
  REASON_MASTER_DISCONNECTED: ["race", "lost-offer", 0],
  REASON_RECONCILIATION: ["state", "ordinary", 1_000],
  REASON_RESOURCES_UNKNOWN: ["race", "lost-offer", 0],
  REASON_AGENT_DISCONNECTED: ["race", "lost-offer", 0],
  REASON_AGENT_DRAINING: ["moved", "moved", 1_000],
  REASON_AGENT_REMOVED: ["moved", "moved", 1_000],
  REASON_AGENT_REMOVED_BY_OPERATOR: ["moved", "moved", 1_000],
  REASON_AGENT_REREGISTERED: ["state", "ordinary", 1_000],
  REASON_AGENT_RESTARTED: ["crash", "ordinary", 1_000],
  REASON_AGENT_UNKNOWN: ["race", "lost-offer", 0],
  REASON_TASK_KILLED_DURING_LAUNCH: ["state", "ordinary", 1_000],
  REASON_TASK_CHECK_STATUS_UPDATED: ["state", "ordinary", 1_000],
  REASON_TASK_HEALTH_CHECK_STATUS_UPDATED: ["state", "ordinary", 1_000],
  REASON_TASK_GROUP_INVALID: ["invalid", "ordinary", 1_000],
  REASON_TASK_GROUP_UNAUTHORIZED: ["invalid", "ordinary", 1_000],
  REASON_TASK_INVALID: ["invalid", "ordinary", 1_000],
  REASON_TASK_UNAUTHORIZED: ["invalid", "ordinary", 1_000],
  REASON_TASK_UNKNOWN: ["state", "ordinary", 1_000],
};

test.each(taskStatusReasons)("B15: %s has a class", (reason) => {
  const task = ended(reason);
  expect([
    meaningOf(reason).kind,
    classifyFailure(launch(task), nodeRules),
    processRetryAtMs(task, 0, now) - now,
  ]).toEqual(expected[reason]);
});

test.each<readonly [string, TaskRecord, FailureKind, boolean]>([
  ["refused as invalid", ended("REASON_TASK_INVALID", "TASK_ERROR"), "invalid", true],
  ["refused by the ACLs", ended("REASON_TASK_UNAUTHORIZED", "TASK_ERROR"), "invalid", true],
  ["an error of no known reason", ended("REASON_OF_A_NEWER_MESOS", "TASK_ERROR"), "invalid", true],
  ["an error that is a race", ended("REASON_INVALID_OFFERS", "TASK_ERROR"), "lost-offer", false],
  ["its agent left before the launch", ended("REASON_AGENT_REMOVED", "TASK_ERROR"), "lost-offer", false],
  ["dropped", ended("REASON_RECONCILIATION", "TASK_DROPPED"), "lost-offer", false],
  ["dropped by an agent that is ill", ended("REASON_GC_ERROR", "TASK_DROPPED"), "ordinary", false],
  ["drained", ended("REASON_AGENT_DRAINING", "TASK_KILLED", now), "moved", false],
  ["gone, by an operator", ended("", "TASK_GONE_BY_OPERATOR", now), "moved", false],
  ["ran, then its agent was not connected", ended("REASON_AGENT_DISCONNECTED", "TASK_LOST", now), "ordinary", false],
])("B15: a node's launch that ended: %s", (_title, task, kind, refused) => {
  expect(classifyFailure(launch(task), nodeRules)).toBe(kind);
  expect(isRefused(task)).toBe(refused);
  expect(processRetryAtMs(task, 0, now) === never).toBe(refused);
});

test("a node that was ready and then ran out of memory is launched again like one that crashed", () => {
  const node = ended("REASON_CONTAINER_LIMITATION_MEMORY", "TASK_FAILED", now);
  expect(classifyFailure(sampleLaunch({ createdAtMs: now, readyAtMs: now, tasks: [node] }), nodeRules)).toBe(
    "ordinary",
  );
  expect(classifyFailure(sampleLaunch({ createdAtMs: now, readyAtMs: 0, tasks: [node] }), nodeRules)).toBe(
    "configuration",
  );
});

test("B15: out of memory is told with what to do", () => {
  const task = { ...ended("REASON_CONTAINER_LIMITATION_MEMORY"), message: "Memory limit exceeded" };
  expect(describeEnd(task)).toBe(
    "Memory limit exceeded (TASK_FAILED, REASON_CONTAINER_LIMITATION_MEMORY: out of memory: raise mem)",
  );
  expect(describeEnd(ended("REASON_RECONCILIATION", "TASK_GONE"))).toBe("TASK_GONE (REASON_RECONCILIATION)");
});
