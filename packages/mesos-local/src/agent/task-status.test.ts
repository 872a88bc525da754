import { isValidUuid } from "@cke/mesos";
import { expect, test } from "vitest";
import { agentStatus, executorTerminated } from "./task-status.ts";

test("the agent's own updates carry a valid uuid, source and reason", () => {
  const status = agentStatus({ taskId: "t", agentId: "a", executorId: "e", ending: executorTerminated, now: 1500 });
  expect(status).toMatchObject({ state: "TASK_FAILED", source: "SOURCE_AGENT", timestamp: 1.5 });
  expect(isValidUuid(status.uuid ?? "")).toBe(true);
});
