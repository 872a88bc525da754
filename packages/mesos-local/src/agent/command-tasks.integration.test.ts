// Command tasks and the default executor, against the states and texts of recordings task-failures and operations.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TaskInfo } from "@cke/mesos";
import { expect, test } from "vitest";
import { AgentFixture, frameworkId, runCommand, runGroup, runTask } from "./testing/agent-fixture.ts";

const states = (fixture: AgentFixture, task: string) => fixture.master.updates(task).map(({ status }) => status.state);

test.each([
  [{ value: "env; echo out" }, "TASK_FINISHED", "Command exited with status 0"],
  [
    { shell: false, value: "/bin/sh", arguments: ["sh", "-c", "exit 5"] },
    "TASK_FAILED",
    "Command exited with status 5",
  ],
  [{ value: "kill -9 $$" }, "TASK_FAILED", "Command terminated with signal Killed"],
])("command %j ends %s: %s", async (command, state, message) => {
  await using fixture = await AgentFixture.make();
  fixture.master.send(runCommand("k1", command));
  const { status } = await fixture.master.expectUpdate("k1", state);
  expect(status).toMatchObject({ message, source: "SOURCE_EXECUTOR", executor_id: { value: "k1" } });
  expect(status.container_status?.executor_pid).toBeGreaterThan(0);
  expect(states(fixture, "k1")).toEqual(["TASK_STARTING", "TASK_RUNNING", state]);
  expect(fixture.master.exits()).toEqual([]);
});

test("a killed command is terminated, and killed when it does not care", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runCommand("k1", { value: "sleep 100" }));
  master.send(runCommand("k2", { value: "trap '' TERM; while :; do sleep 0.1; done" }));
  for (const [id, graceMs] of [
    ["k1", 600_000],
    ["k2", 300],
  ] as const) {
    await master.expectUpdate(id, "TASK_RUNNING");
    const kill_policy = { grace_period: { nanoseconds: graceMs * 1e6 } };
    master.send({ type: "KILL_TASK", framework_id: frameworkId, task_id: { value: id }, kill_policy });
  }
  const first = await master.expectUpdate("k1", "TASK_KILLED");
  expect(first.status.message).toBe("Command terminated with signal Terminated");
  const second = await master.expectUpdate("k2", "TASK_KILLED");
  expect(second.status.message).toBe("Command terminated with signal Killed");
  expect(states(fixture, "k1")).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_KILLED"]);
});

test("a health check reports, and kills a command that stays unhealthy", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  const check = {
    type: "COMMAND",
    delay_seconds: 0,
    interval_seconds: 0.1,
    timeout_seconds: 120,
    grace_period_seconds: 0,
  };
  const health_check = { ...check, command: { value: "test ! -e sick" }, consecutive_failures: 2 };
  master.send(
    runCommand("k1", { value: "until [ -e go ]; do sleep 0.05; done; touch sick; sleep 100" }, { health_check }),
  );
  const healthy = () => master.updates("k1").find(({ status }) => status.healthy === true);
  await master.until(() => healthy() !== undefined);
  expect(healthy()?.status.reason).toBe("REASON_TASK_HEALTH_CHECK_STATUS_UPDATED");
  await writeFile(join(fixture.sandbox("k1"), "go"), "");
  const { status } = await master.expectUpdate("k1", "TASK_KILLED");
  expect(status.healthy).toBe(false);
});

test("the URIs of a command task are fetched, its output is kept", async () => {
  await using fixture = await AgentFixture.make();
  const source = join(fixture.workDir, "meta/agent.json");
  fixture.master.send(runCommand("k1", { value: "cat agent.json", uris: [{ value: source }] }));
  await fixture.master.expectUpdate("k1", "TASK_FINISHED");
  expect(await readFile(join(fixture.sandbox("k1"), "stdout"), "utf8")).toContain(fixture.master.agentId);
});

test("a task group of the default executor ends as a whole", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  const group = runGroup(["g1", "g2"], { type: "DEFAULT" });
  const tasks = group.tasks.map((task, index) => ({
    ...task,
    command: { value: index === 0 ? "exit 1" : "sleep 100" },
  }));
  master.send({ ...group, tasks });
  const failed = await master.expectUpdate("g1", "TASK_FAILED");
  expect(failed.status.container_status?.container_id?.parent?.value).toMatch(/^[0-9a-f-]{36}$/);
  await master.expectUpdate("g2", "TASK_KILLED");
  await master.until(() => master.exits().length === 1);
  expect(master.exits()[0]?.status).toBe(0);
});

test("a command whose container cannot be made is refused, and never runs on the host", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  const evidence = join(fixture.workDir, "ran");
  const command = { value: `touch '${evidence}'` };
  const mode = "RW" as const;
  const containers: Readonly<Record<string, NonNullable<TaskInfo["container"]>>> = {
    docker: { type: "DOCKER", docker: { image: "alpine" } },
    image: { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: "alpine" } } } },
    volume: { type: "MESOS", volumes: [{ mode, container_path: "c", host_path: "/" }] },
    network: { type: "MESOS", network_infos: [{ name: "cni" }] },
  };
  const answers: Record<string, string> = {};
  for (const [id, container] of Object.entries(containers)) {
    master.send(runCommand(id, command, { container }));
    const { status } = await master.expectUpdate(id, "TASK_FAILED");
    expect(status.source).toBe("SOURCE_AGENT");
    answers[id] = `${status.reason} ${status.message}`;
    expect(states(fixture, id)).toEqual(["TASK_FAILED"]);
  }
  expect(answers).toEqual({
    docker: "REASON_EXECUTOR_TERMINATED Abnormal executor termination: unknown container",
    image: "REASON_CONTAINER_LAUNCH_FAILED Failed to launch container: Unsupported container image type: DOCKER",
    volume: "REASON_CONTAINER_LAUNCH_FAILED Failed to launch container: Volumes in ContainerInfo is not supported",
    network: "REASON_CONTAINER_LAUNCH_FAILED Failed to launch container: Unknown CNI network 'cni'",
  });
  await expect(readFile(evidence)).rejects.toThrow("ENOENT");
});

test("an executor whose container cannot be made ends with a status that nobody knows", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  const message = runTask({ id: "t" });
  if (message.executor_info === undefined) throw new Error("there is no executor");
  const executor_info = { ...message.executor_info, container: { type: "DOCKER" as const, docker: { image: "i" } } };
  master.send({ ...message, executor_info, task: { ...message.task, executor: executor_info } });
  const { status } = await master.expectUpdate("t", "TASK_FAILED");
  expect(status.reason).toBe("REASON_EXECUTOR_TERMINATED");
  await master.until(() => master.exits().length === 1);
  expect(master.exits()[0]?.status).toBe(-1);
});

test("a command sees the value of a secret, and its time to complete may be none", async () => {
  await using fixture = await AgentFixture.make();
  const secret = { type: "VALUE", value: { data: Buffer.from("hidden").toString("base64") } };
  const variables = [{ name: "S", type: "SECRET", secret }];
  const more = { max_completion_time: { nanoseconds: 0 } };
  fixture.master.send(runCommand("k1", { value: 'test "$S" = hidden', environment: { variables } }, more));
  await fixture.master.expectUpdate("k1", "TASK_FINISHED");
});

test("a task of a group whose container cannot be made fails, and its group with it", async () => {
  await using fixture = await AgentFixture.make();
  const group = runGroup(["g1", "g2"], { type: "DEFAULT" });
  const container = { type: "MESOS" as const, network_infos: [{ name: "cni" }] };
  const tasks = group.tasks.map((task, index) => ({
    ...task,
    command: { value: "sleep 100" },
    ...(index === 0 ? {} : { container }),
  }));
  fixture.master.send({ ...group, tasks });
  const { status } = await fixture.master.expectUpdate("g2", "TASK_FAILED");
  expect(status.message).toBe("Unknown CNI network 'cni'");
  await fixture.master.expectUpdate("g1", "TASK_KILLED");
});
