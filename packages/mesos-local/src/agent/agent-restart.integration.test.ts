import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readProcess } from "./containerizer/process-table.ts";
import { AgentFixture, frameworkInfo, runCommand, runTask } from "./testing/agent-fixture.ts";

test("an executor outlives a killed agent, and what it reported meanwhile arrives once", async () => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  master.send(runTask({ id: "t1" }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  master.held.add("t2");
  master.send(runTask({ id: "t2" }));
  await master.until(() => master.updates("t2").length === 1);
  fixture.say("pid");
  await master.until(() => fixture.heard().length === 1);
  const [before] = fixture.heard();
  await fixture.crashAgent();
  master.messages.length = 0;
  await fixture.startAgent({ separateProcess: true });
  const again = await master.expectUpdate("t2", "TASK_RUNNING");
  expect(again.status.container_status?.executor_pid).toBeGreaterThan(0);
  const registration = master.registrations.at(-1);
  expect(registration?.agent_id).toEqual({ value: master.agentId });
  expect(registration?.frameworks[0]?.executors[0]?.tasks.map(({ task }) => task.task_id.value)).toEqual(["t1", "t2"]);
  fixture.say("report t1 TASK_FINISHED");
  await master.expectUpdate("t1", "TASK_FINISHED");
  fixture.say("pid");
  await master.until(() => fixture.heard().length === 1);
  expect(fixture.heard()).toEqual([before]);
  expect(master.updates("t2")).toHaveLength(1);
});

test("an update made while the agent is away arrives once, and is acknowledged to the executor", async () => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  master.send(runTask({ id: "t1", environment: { TEST_REPORT_WHEN_ALONE: "t1" } }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  await fixture.crashAgent();
  master.messages.length = 0;
  await fixture.startAgent({ separateProcess: true });
  await master.expectUpdate("t1", "TASK_FINISHED");
  fixture.say("echo done");
  await master.until(() => fixture.heard().includes("done"));
  expect(master.updates("t1").filter(({ status }) => status.state === "TASK_FINISHED")).toHaveLength(1);
});

test("an executor that does not come back in time is killed and its tasks are gone", async () => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  master.send(runTask({ id: "t1", environment: { TEST_LATE: "30000" } }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  await fixture.crashAgent();
  await fixture.startAgent({ separateProcess: true, executorReregistrationTimeoutMs: 300 });
  const { status } = await master.expectUpdate("t1", "TASK_GONE");
  expect(status).toMatchObject({
    message: "Executor did not reregister within 300ms",
    source: "SOURCE_AGENT",
    reason: "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
  });
  expect(master.exits()).toMatchObject([{ executor_id: { value: "exec-1" }, status: 9 }]);
});

test("executors of frameworks without checkpointing end with the agent", async () => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  const info = { ...frameworkInfo, checkpoint: false };
  master.send(runTask({ id: "t1" }, info));
  const { status } = await master.expectUpdate("t1", "TASK_RUNNING");
  await fixture.crashAgent();
  await fixture.startAgent({ separateProcess: true });
  expect(master.registrations.at(-1)?.frameworks).toEqual([]);
  expect((await readProcess(status.container_status?.executor_pid ?? 0))?.zombie ?? true).toBe(true);
});

test("an executor that ended while the agent was away leaves its exit code", async () => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  master.send(runTask({ id: "t1", environment: { TEST_EXIT_WHEN_ALONE: "7" } }));
  const { status } = await master.expectUpdate("t1", "TASK_RUNNING");
  await fixture.crashAgent();
  await gone(status.container_status?.executor_pid ?? 0);
  await fixture.startAgent({ separateProcess: true });
  const failed = await master.expectUpdate("t1", "TASK_FAILED");
  expect(failed.status).toMatchObject({ message: "Executor terminated", reason: "REASON_EXECUTOR_TERMINATED" });
  expect(master.exits()[0]?.status).toBe(7 << 8);
});

test("a command task is taken over by the next agent", async () => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master } = fixture;
  master.send(runCommand("k1", { value: "while [ ! -e go ]; do sleep 0.05; done; exit 3" }));
  await master.expectUpdate("k1", "TASK_RUNNING");
  await fixture.crashAgent();
  await fixture.startAgent({ separateProcess: true });
  await writeFile(join(fixture.sandbox("k1"), "go"), "");
  const failed = await master.expectUpdate("k1", "TASK_FAILED");
  expect(failed.status.message).toBe("Command exited with status 3");
});

async function gone(pid: number): Promise<void> {
  while ((await readProcess(pid))?.zombie === false) await new Promise((resolve) => setTimeout(resolve, 20));
}
