// Every launch is answered honestly, and the executor ends.
import type { ExecutorContext, TaskUpdate } from "@cke/executor-core";
import { expect, test } from "vitest";
import { notAvailable, VmDriver } from "./vm-driver.ts";

test("a launch fails with the reason", () => {
  const updates: [string, TaskUpdate][] = [];
  let ended = false;
  const context: ExecutorContext = {
    executorId: "e",
    frameworkId: "f",
    frameworkName: "test",
    executorData: new Uint8Array(),
    killingState: false,
    agentHostname: "h",
    signal: new AbortController().signal,
    update: (taskId, update) => updates.push([taskId, update]),
    sendMessage: () => {},
    setLogLevel: () => {},
    end: () => {
      ended = true;
    },
  };
  const driver = new VmDriver();
  driver.start(context);
  const info = { name: "vm", task_id: { value: "vm-1" }, agent_id: { value: "a" } };
  driver.launch({ id: "vm-1", name: "vm", data: new Uint8Array(), info });
  expect(updates).toEqual([["vm-1", expect.objectContaining({ state: "TASK_FAILED", message: notAvailable })]]);
  expect(ended).toBe(true);
});
