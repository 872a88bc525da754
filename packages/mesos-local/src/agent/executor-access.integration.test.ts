// Executors over the agent's UNIX socket and with its token, on the real executor connection, over a restart of the agent.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentFixture, frameworkId, nodeCommand, runTask } from "./testing/agent-fixture.ts";

const program = join(import.meta.dirname, "testing/connected-executor.ts");
const command = nodeCommand(program);
/** Nobody listens there: what still works does not go over TCP. */
const nowhere = { MESOS_AGENT_ENDPOINT: "127.0.0.1:1" };

test("B21: an executor uses MESOS_DOMAIN_SOCKET and MESOS_EXECUTOR_AUTHENTICATION_TOKEN, also after its agent restarted", async () => {
  const access = { executorDomainSocket: true, authenticateExecutors: true, executorReregistrationTimeoutMs: 600_000 };
  await using fixture = await AgentFixture.make(access);
  const { master } = fixture;
  master.send(runTask({ id: "t1", command, environment: nowhere }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  await fixture.stopAgent();
  await fixture.startAgent(access);
  master.send(runTask({ id: "t2", command, environment: nowhere }));
  await master.expectUpdate("t2", "TASK_RUNNING");
  master.send({ type: "KILL_TASK", framework_id: frameworkId, task_id: { value: "t1" } });
  await master.expectUpdate("t1", "TASK_KILLED");
  const output = await readFile(join(fixture.sandbox(), "stderr"), "utf8");
  expect(output).not.toMatch(/eyJ/);
});

test("B23: without its token an executor is refused, and so is one with the token of another", async () => {
  await using fixture = await AgentFixture.make({
    authenticateExecutors: true,
    executorRegistrationTimeoutMs: 600_000,
  });
  const { master } = fixture;
  master.send(runTask({ id: "t1", command }));
  await master.expectUpdate("t1", "TASK_RUNNING");
  const call = {
    type: "SUBSCRIBE",
    executor_id: { value: "exec-1" },
    framework_id: frameworkId,
    subscribe: {},
  };
  const ask = (authorization?: string) =>
    fetch(`${fixture.url}/api/v1/executor`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
      body: JSON.stringify(call),
    });
  const without = await ask();
  expect([without.status, without.headers.get("www-authenticate")]).toEqual([
    401,
    'Bearer realm="mesos-agent-executor"',
  ]);
  expect((await ask("Bearer a.b.c")).status).toBe(401);
  master.send(runTask({ id: "t2", executor: "exec-2", command: `env > environment; ${command}` }));
  await master.expectUpdate("t2", "TASK_RUNNING");
  const environment = await readFile(join(fixture.sandbox("exec-2"), "environment"), "utf8");
  const token = /^MESOS_EXECUTOR_AUTHENTICATION_TOKEN=(.+)$/m.exec(environment)?.[1];
  expect((await ask(`Bearer ${token}`)).status).toBe(403);
  master.send(
    runTask({ id: "t3", executor: "exec-3", command: `env -u MESOS_EXECUTOR_AUTHENTICATION_TOKEN sh -c "${command}"` }),
  );
  await master.expectUpdate("t3", "TASK_FAILED");
  for (const path of ["/state", "/flags", "/containers"])
    expect(await (await fetch(fixture.url + path)).text()).not.toContain("eyJ");
});
