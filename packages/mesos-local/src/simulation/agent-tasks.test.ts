// Corners of an agent's duties that a scheduler meets only when messages cross.
import { silentLogger } from "@cke/foundation";
import type { TaskInfo } from "@cke/mesos";
import { expect, test } from "vitest";
import type { AgentMessage } from "../link/index.ts";
import { AgentTasks } from "./agent-tasks.ts";
import { promptExecutor } from "./executor-behaviour.ts";
import { VirtualClock } from "./virtual-clock.ts";

const framework = { framework_id: { value: "f" }, framework_info: { user: "root", name: "f" } };
const executor = { type: "CUSTOM" as const, executor_id: { value: "e" } };
const taskOf = (id: string): TaskInfo => ({ name: id, task_id: { value: id }, agent_id: { value: "S" }, executor });

test("a task for an executor that has ended is dropped, and the end is told again: the master has booked it anew", async () => {
  const clock = new VirtualClock();
  const sent: AgentMessage[] = [];
  const agent = new AgentTasks({
    hostname: "a",
    ip: "10.0.0.1",
    behaviour: promptExecutor(),
    clock,
    logger: silentLogger,
    random: () => 0.5,
    agentId: () => "S",
    up: () => true,
    registered: () => true,
    send: (message) => sent.push(message),
  });
  agent.connected();
  agent.perform({ type: "RUN_TASK", ...framework, task: taskOf("t1") });
  await clock.pass(1_000);
  agent.runs()[0]?.exit(9);
  const exits = () => sent.filter(({ type }) => type === "EXECUTOR_EXITED").length;
  expect(exits()).toBe(1);
  agent.perform({ type: "RUN_TASK", ...framework, task: taskOf("t2") });
  expect(exits()).toBe(2);
});
