import { expect, test } from "vitest";
import { AgentFixture, frameworkId, runTask } from "./testing/agent-fixture.ts";

test("a task runs on its executor, is acknowledged, messaged, killed", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1" }));
  const running = await master.expectUpdate("t1", "TASK_RUNNING");
  expect(running.status).toMatchObject({
    source: "SOURCE_EXECUTOR",
    agent_id: { value: master.agentId },
    executor_id: { value: "exec-1" },
    container_status: { network_infos: [{ ip_addresses: [{ protocol: "IPv4", ip_address: "127.0.0.1" }] }] },
  });
  fixture.say("echo hello");
  await master.until(() => fixture.heard().includes("hello"));
  master.send({ type: "KILL_TASK", framework_id: frameworkId, task_id: { value: "t1" } });
  await master.expectUpdate("t1", "TASK_KILLED");
  master.send({ type: "SHUTDOWN_EXECUTOR", framework_id: frameworkId, executor_id: { value: "exec-1" } });
  await master.until(() => master.exits().length === 1);
  expect(master.exits()[0]?.status).toBe(0);
});
