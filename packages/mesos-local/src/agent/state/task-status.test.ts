import { isValidUuid } from "@cke/mesos";
import { expect, test } from "vitest";
import { agentStatus, commandExecutorInfo, executorTerminated } from "./task-status.ts";

test("the agent's own updates carry a valid uuid, source and reason", () => {
  const status = agentStatus({ taskId: "t", agentId: "a", executorId: "e", ending: executorTerminated, now: 1500 });
  expect(status).toMatchObject({ state: "TASK_FAILED", source: "SOURCE_AGENT", timestamp: 1.5 });
  expect(isValidUuid(status.uuid ?? "")).toBe(true);
});

test.each([
  [{ value: "env; echo out" }, "sh -c 'env; echo out'"],
  [{ value: "env; echo out; exit 0" }, "sh -c 'env; echo ou...'"],
  [{ value: "sleep 100" }, "sh -c 'sleep 100'"],
  [{ shell: false, value: "/bin/sh", arguments: ["sh", "-c", "exit 5"] }, "[/bin/sh, sh,...]"],
  [{ shell: false, value: "/a", arguments: ["a"] }, "[/a, a]"],
  [{}, "NO COMMAND"],
  [{ shell: false }, "NO EXECUTABLE"],
])("the executor of the command %j is named after it: %s", (command, text) => {
  const task = { name: "n", task_id: { value: "k1" }, agent_id: { value: "a" }, command };
  expect(commandExecutorInfo(task, "f").name).toBe(`Command Executor (Task: k1) (Command: ${text})`);
});
