import { existsSync } from "node:fs";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readProcess } from "./containerizer/process-table.ts";
import { AgentFixture, frameworkId, frameworkInfo, runGroup, runTask } from "./testing/agent-fixture.ts";

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

test("the sandbox is laid out as Mesos does, the environment is the executor's own", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  process.env.CKE_TEST_SECRET = "agent only";
  master.send(runTask({ id: "t1", environment: { FOO: "bar baz" } }));
  const { status } = await master.expectUpdate("t1", "TASK_RUNNING");
  fixture.say("env");
  await master.until(() => fixture.heard().length > 0);
  const environment = JSON.parse(fixture.heard()[0] ?? "{}");
  const container = status.container_status?.container_id?.value ?? "";
  expect(environment).toMatchObject({
    FOO: "bar baz",
    MESOS_SANDBOX: await readlink(fixture.sandbox()),
    MESOS_AGENT_ENDPOINT: `127.0.0.1:${fixture.port}`,
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "3secs",
  });
  expect(environment.MESOS_SANDBOX).toContain(`/executors/exec-1/runs/${container}`);
  expect(environment).not.toHaveProperty("CKE_TEST_SECRET");
  expect((await readdir(fixture.sandbox())).sort()).toEqual(["stderr", "stdout"]);
});

test.each([
  ["exit 7", 1792],
  ["exit 0", 0],
  ["die", 9],
])(
  "an executor that ends (%s) fails its tasks, after a FAILURE with its wait status %d",
  async (command, waitStatus) => {
    await using fixture = await AgentFixture.make();
    const { master } = fixture;
    master.send(runTask({ id: "t1" }));
    await master.expectUpdate("t1", "TASK_RUNNING");
    fixture.say(command);
    const { status } = await master.expectUpdate("t1", "TASK_FAILED");
    expect(status).toMatchObject({
      message: "Executor terminated",
      source: "SOURCE_AGENT",
      reason: "REASON_EXECUTOR_TERMINATED",
      executor_id: { value: "exec-1" },
    });
    expect(status).not.toHaveProperty("container_status");
    expect(master.exits()).toMatchObject([{ executor_id: { value: "exec-1" }, status: waitStatus }]);
    const types = master.messages.map(({ type }) => type);
    expect(types.indexOf("EXECUTOR_EXITED")).toBeLessThan(types.lastIndexOf("STATUS_UPDATE"));
  },
);

test("a task for an executor that has ended is dropped, and the end is told again: the master has booked it anew", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.held.add("t1");
  master.send(runTask({ id: "t1" }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  fixture.say("exit 7");
  // Its end is not acknowledged, so that the agent still knows the executor.
  await master.until(() => master.exits().length === 1);
  master.send(runTask({ id: "t2" }));
  await master.expectUpdate("t2", "TASK_DROPPED");
  await master.until(() => master.exits().length === 2);
});

test("what an executor leaves behind is killed with it", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1", command: "setsid sleep 1000 & echo $! > child; exit 3" }));
  await master.expectUpdate("t1", "TASK_FAILED");
  const pid = Number(await readFile(join(fixture.sandbox(), "child"), "utf8"));
  expect((await readProcess(pid))?.zombie ?? true).toBe(true);
});

test("an executor that does not subscribe in time is killed", async () => {
  await using fixture = await AgentFixture.make({ executorRegistrationTimeoutMs: 300 });
  const { master } = fixture;
  master.send(runTask({ id: "t1", command: "exec sleep 1000" }));
  const { status } = await master.expectUpdate("t1", "TASK_FAILED");
  expect(status).toMatchObject({
    message: "Executor did not register within 300ms",
    reason: "REASON_EXECUTOR_REGISTRATION_TIMEOUT",
  });
  expect(master.exits()[0]?.status).toBe(9);
});

test("an executor that ignores SHUTDOWN is killed after its grace period", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1", graceMs: 300, environment: { TEST_DEAF: "1" } }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  master.send({ type: "SHUTDOWN_EXECUTOR", framework_id: frameworkId, executor_id: { value: "exec-1" } });
  const { status } = await master.expectUpdate("t1", "TASK_FAILED");
  expect(status.message).toBe("Executor terminated");
  expect(master.exits()[0]?.status).toBe(9);
});

test("a failed download fails the task in Mesos' words", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1", uris: [{ value: "/no/such/file" }] }));
  const { status } = await master.expectUpdate("t1", "TASK_FAILED");
  expect(status.reason).toBe("REASON_CONTAINER_LAUNCH_FAILED");
  expect(status.message).toMatch(
    /^Failed to launch container: Failed to fetch all URIs for container '[0-9a-f-]{36}': exited with status 1$/,
  );
  expect(master.exits()[0]?.status).toBe(256);
  expect(await readFile(join(fixture.sandbox(), "stderr"), "utf8")).toContain("cannot stat '/no/such/file'");
});

test("a task killed while its executor has not subscribed never starts", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1", environment: { TEST_MUTE: "1" } }));
  master.send({ type: "KILL_TASK", framework_id: frameworkId, task_id: { value: "t1" } });
  const { status } = await master.expectUpdate("t1", "TASK_KILLED");
  expect(status).toMatchObject({ source: "SOURCE_AGENT", reason: "REASON_TASK_KILLED_DURING_LAUNCH" });
  await master.until(() => master.exits().length === 1);
});

test("a kill of a task that the agent does not know is answered", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1" }));
  master.send({ type: "KILL_TASK", framework_id: frameworkId, task_id: { value: "ghost" } });
  const { status } = await master.expectUpdate("ghost", "TASK_DROPPED");
  expect(status.source).toBe("SOURCE_AGENT");
});

test("a task group reaches a custom executor as one", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runGroup(["g1", "g2"], { type: "CUSTOM" }));
  await master.expectUpdate("g1", "TASK_RUNNING");
  await master.expectUpdate("g2", "TASK_RUNNING");
  await master.until(() => fixture.heard().includes("group"));
  expect(fixture.heard().filter((text) => text === "group")).toHaveLength(1);
});

test("an unacknowledged update comes again after a lost link, with the same uuid", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.held.add("t1");
  master.send(runTask({ id: "t1" }));
  await master.until(() => master.updates("t1").length === 1);
  master.dropLink();
  await master.until(() => master.updates("t1").length === 2);
  const [first, second] = master.updates("t1");
  expect(second).toEqual(first);
});

test("an unacknowledged update is retried", async () => {
  await using fixture = await AgentFixture.make({ updateRetryMs: 100 });
  const { master } = fixture;
  master.held.add("t1");
  master.send(runTask({ id: "t1" }));
  await master.until(() => master.updates("t1").length === 3);
  expect(new Set(master.updates("t1").map(({ status }) => status.uuid)).size).toBe(1);
});

test("a removed framework takes its executors and checkpoints with it, silently", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1" }));
  const { status } = await master.expectUpdate("t1", "TASK_RUNNING");
  const before = master.messages.length;
  master.send({ type: "SHUTDOWN_FRAMEWORK", framework_id: frameworkId });
  const meta = join(fixture.workDir, "meta/frameworks", frameworkId.value);
  while (existsSync(meta)) await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await readProcess(status.container_status?.executor_pid ?? 0))?.zombie ?? true).toBe(true);
  expect(master.messages.slice(before)).toEqual([]);
  expect(existsSync(join(fixture.sandbox(), "stdout"))).toBe(true);
});

test("sandboxes of ended runs are deleted after a while", async () => {
  await using fixture = await AgentFixture.make({ sandboxKeepMs: 200 });
  const { master } = fixture;
  master.send(runTask({ id: "t1", command: "exit 1" }));
  master.send(runTask({ id: "t2", executor: "exec-2" }));
  await master.expectUpdate("t1", "TASK_FAILED");
  await master.expectUpdate("t2", "TASK_RUNNING");
  while (existsSync(join(fixture.sandbox(), ".."))) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(existsSync(join(fixture.sandbox("exec-2"), "stdout"))).toBe(true);
});

test("after a stop the next agent in the same process has id, port and executors back", async () => {
  await using fixture = await AgentFixture.make();
  const { master, port } = fixture;
  master.send(runTask({ id: "t1" }));
  const { status } = await master.expectUpdate("t1", "TASK_RUNNING");
  await fixture.stopAgent();
  await fixture.startAgent();
  expect(fixture.port).toBe(port);
  expect(fixture.agent.agentId).toBe(master.agentId);
  // The executor is no child of this agent, and none of the next one.
  await fixture.stopAgent();
  await fixture.startAgent();
  expect((await readProcess(status.container_status?.executor_pid ?? 0))?.zombie).toBe(false);
  fixture.say("exit 5");
  await master.expectUpdate("t1", "TASK_FAILED");
  expect(master.exits()).toMatchObject([{ status: 5 << 8 }]);
  const states = new Set(master.updates("t1").map(({ status: { state } }) => state));
  expect([...states]).toEqual(["TASK_RUNNING", "TASK_FAILED"]);
});

test("an executor runs as the framework's user, when the agent may switch", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  const root = process.getuid?.() === 0;
  const user = root ? "nobody" : frameworkInfo.user;
  master.send(runTask({ id: "t1", command: "id -un > who; exit 4" }, { ...frameworkInfo, user }));
  await master.expectUpdate("t1", "TASK_FAILED");
  expect(master.exits()[0]?.status).toBe(4 << 8);
  expect((await readFile(join(fixture.sandbox(), "who"), "utf8")).trim()).toBe(user);
  expect((await stat(join(fixture.sandbox(), "stdout"))).uid === 0).toBe(user === "root");
});

test("a user that does not exist fails the launch", async () => {
  await using fixture = await AgentFixture.make();
  const { master } = fixture;
  master.send(runTask({ id: "t1", command: "true" }, { ...frameworkInfo, user: "no-such-user" }));
  const { status } = await master.expectUpdate("t1", "TASK_FAILED");
  const root = process.getuid?.() === 0;
  const launch = "Failed to launch container: Failed to get user information for 'no-such-user'";
  expect(status.message).toBe(root ? launch : "Executor terminated");
});
