// The executor against an agent on loopback and a driver that records: what is sent, when, and what ends it.
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import { isValidUuid, readExecutorEnvironment } from "@cke/mesos";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ExecutorContext, ExecutorDriver, KillOptions, LaunchedTask } from "./driver.ts";
import { Executor } from "./executor.ts";
import { MesosAgentLink } from "./mesos-agent-link.ts";
import { FakeAgent } from "./testing/fake-agent.ts";

class ScriptedDriver implements ExecutorDriver {
  readonly calls: string[] = [];
  context: ExecutorContext | undefined;
  onShutdown: () => Promise<void> = async () => {};

  start(context: ExecutorContext): void {
    this.context = context;
    this.calls.push("start");
  }
  launch(task: LaunchedTask): void {
    this.calls.push(`launch ${task.id} ${Buffer.from(task.data).toString("utf8")}`);
  }
  launchGroup(tasks: readonly LaunchedTask[]): void {
    this.calls.push(`group ${tasks.map(({ id }) => id).join(" ")}`);
  }
  kill(task: LaunchedTask, { graceMs }: KillOptions): void {
    this.calls.push(`kill ${task.id}${graceMs === undefined ? "" : ` ${graceMs}`}`);
  }
  message(data: Uint8Array): void {
    this.calls.push(`message ${Buffer.from(data).toString("utf8")}`);
  }
  async shutdown(): Promise<void> {
    this.calls.push("shutdown");
    await this.onShutdown();
  }
  async agentLost(): Promise<void> {
    this.calls.push("agent lost");
  }
  async detach(): Promise<void> {
    this.calls.push("detach");
  }
}

const agents: FakeAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
});

/** The host's clock, which somebody sets. */
class SteppedClock implements Clock {
  stepMs = 0;
  now(): number {
    return systemClock.now() + this.stepMs;
  }
  monotonic(): number {
    return systemClock.monotonic();
  }
  after(ms: number, work: () => void): () => void {
    return systemClock.after(ms, work);
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }
}

interface RunOptions {
  readonly exitWaitMs?: number;
  readonly recovery?: string;
  readonly clock?: Clock;
  readonly dismissing?: boolean;
}

async function started({ dismissing = false, ...options }: RunOptions = {}) {
  const agent = new FakeAgent({ frameworkId: "f-1", executorData: Buffer.from("configuration") });
  agent.dismissing = dismissing;
  await agent.start();
  agents.push(agent);
  const { recovery = "15mins", clock = systemClock, ...settings } = options;
  const environment = readExecutorEnvironment({ ...agent.environment("e-1"), MESOS_RECOVERY_TIMEOUT: recovery });
  const driver = new ScriptedDriver();
  const parts = { clock, logger: silentLogger };
  const executor = new Executor({
    executorId: "e-1",
    frameworkId: "f-1",
    link: new MesosAgentLink({ environment, ...parts }),
    driver,
    ...parts,
    ...settings,
  });
  return { agent, driver, executor, end: executor.run() };
}

async function subscribed(options: RunOptions = {}) {
  const { agent, driver, executor, end } = await started(options);
  const context = await vi.waitUntil(() => driver.context);
  const called = (call: string) => vi.waitFor(() => expect(driver.calls).toContain(call));
  return { agent, driver, executor, end, context, called };
}

const data = (text: string) => new Uint8Array(Buffer.from(text));

describe("events", () => {
  test("reach the driver in order, and it learns who it works for", async () => {
    const { agent, driver, executor, end, context, called } = await subscribed();
    expect(context).toMatchObject({ executorId: "e-1", frameworkId: "f-1", frameworkName: "test", killingState: true });
    expect(Buffer.from(context.executorData).toString()).toBe("configuration");
    agent.launch("t1", data("one"));
    agent.launch("t1", data("again"));
    agent.message(data("hello"));
    agent.send({
      type: "KILL",
      kill: { task_id: { value: "t1" }, kill_policy: { grace_period: { nanoseconds: 1_500_000_000 } } },
    });
    agent.kill("unknown");
    agent.message(data("end"));
    await called("message end");
    expect(driver.calls).toEqual(["start", "launch t1 one", "message hello", "kill t1 1500", "message end"]);
    executor.detach("test");
    expect((await end).kind).toBe("detached");
  });

  test("a task group reaches the driver whole and once", async () => {
    const { agent, driver, executor, end, called } = await subscribed();
    agent.launchGroup("g1", "g2");
    agent.launchGroup("g1", "g2");
    agent.message(data("end"));
    await called("message end");
    expect(driver.calls).toEqual(["start", "group g1 g2", "message end"]);
    executor.detach("test");
    await end;
  });

  test("a task group with a task that is known already is not launched", async () => {
    const { agent, driver, executor, end, called } = await subscribed();
    agent.launch("t1", data(""));
    await called("launch t1 ");
    agent.launchGroup("t1", "g2");
    await agent.until(() => agent.last("g2")?.state === "TASK_FAILED");
    expect(agent.last("g2")?.message).toContain("whole or not at all");
    expect(agent.last("t1")).toBeUndefined();
    expect(driver.calls).not.toContain("group g2");
    executor.detach("test");
    await end;
  });

  test("a task group that comes while the executor ends is killed whole", async () => {
    const { agent, driver, end, called } = await subscribed();
    const removed = Promise.withResolvers<void>();
    driver.onShutdown = () => removed.promise;
    agent.shutdown();
    await called("shutdown");
    agent.launchGroup("g1", "g2");
    await agent.until(() => agent.last("g2") !== undefined);
    expect(agent.updates.map(({ state }) => state)).toEqual(["TASK_KILLED", "TASK_KILLED"]);
    removed.resolve();
    await end;
  });

  test("a framework message goes to the scheduler", async () => {
    const { agent, executor, end, context } = await subscribed();
    context.sendMessage(data("secret please"));
    await agent.until(() => agent.messages.length === 1);
    executor.detach("test");
    await end;
  });
});

describe("status updates", () => {
  test("carry a uuid, keep their order, and nothing follows a terminal one", async () => {
    const { agent, executor, end, context, called } = await subscribed();
    agent.launch("t1", data(""));
    await called("launch t1 ");
    context.update("t1", { state: "TASK_STARTING", message: "one" });
    context.update("t1", { state: "TASK_RUNNING", healthy: true, data: data("report"), ipAddress: "10.0.0.1" });
    context.update("t1", { state: "TASK_FAILED", message: "broken", reason: "REASON_CONTAINER_LAUNCH_FAILED" });
    context.update("t1", { state: "TASK_RUNNING" });
    await agent.until(() => agent.last("t1")?.state === "TASK_FAILED");
    expect(agent.updates.map(({ state }) => state)).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_FAILED"]);
    expect(agent.updates.every(({ uuid, source }) => isValidUuid(uuid ?? "") && source === "SOURCE_EXECUTOR")).toBe(
      true,
    );
    expect(agent.updates[1]).toMatchObject({
      healthy: true,
      data: Buffer.from("report").toString("base64"),
      container_status: { network_infos: [{ ip_addresses: [{ ip_address: "10.0.0.1" }] }] },
    });
    executor.detach("test");
    await end;
  });

  test("times never go backwards, although the host's clock does: the scheduler tells by them which is newer", async () => {
    const clock = new SteppedClock();
    const { agent, executor, end, context, called } = await subscribed({ clock });
    agent.launch("t1", data(""));
    await called("launch t1 ");
    context.update("t1", { state: "TASK_STARTING" });
    await agent.until(() => agent.last("t1")?.state === "TASK_STARTING");
    clock.stepMs = -3_600_000;
    context.update("t1", { state: "TASK_RUNNING", healthy: true });
    await agent.until(() => agent.last("t1")?.state === "TASK_RUNNING");
    const times = agent.updates.map(({ timestamp = 0 }) => timestamp);
    expect(times).toHaveLength(2);
    expect(times[1]).toBeGreaterThan(times[0] ?? 0);
    executor.detach("test");
    await end;
  });

  test("B21: what is not acknowledged comes again with the next SUBSCRIBE, with the same uuid, tasks included", async () => {
    const { agent, executor, end, context, called } = await subscribed();
    agent.acknowledging = false;
    agent.launch("t1", data(""));
    await called("launch t1 ");
    context.update("t1", { state: "TASK_RUNNING" });
    await agent.until(() => agent.updates.length === 1);
    agent.dropStream();
    context.update("t1", { state: "TASK_FINISHED" });
    agent.acknowledging = true;
    await agent.until(() => agent.subscriptions.length === 2);
    const again = agent.subscriptions[1]?.subscribe;
    expect(again?.unacknowledged_tasks?.map(({ task_id }) => task_id.value)).toEqual(["t1"]);
    expect(again?.unacknowledged_updates?.[0]?.status.uuid).toBe(agent.updates[0]?.uuid);
    await agent.until(() => agent.last("t1")?.state === "TASK_FINISHED");
    agent.message(data("after the acknowledgements"));
    await called("message after the acknowledgements");
    agent.dropStream();
    await agent.until(() => agent.subscriptions.length === 3);
    expect(agent.subscriptions[2]?.subscribe).toEqual({ unacknowledged_tasks: [], unacknowledged_updates: [] });
    executor.detach("test");
    await end;
  });

  test("an agent that answers 503 gets the update again", async () => {
    const { agent, executor, end, context, called } = await subscribed();
    agent.launch("t1", data(""));
    await called("launch t1 ");
    agent.updateStatus = 503;
    context.update("t1", { state: "TASK_RUNNING" });
    await agent.until(() => agent.refused > 0);
    agent.updateStatus = 202;
    await agent.until(() => agent.last("t1")?.state === "TASK_RUNNING");
    executor.detach("test");
    await end;
  });

  test("progress does not pile up while the agent is away", async () => {
    const { agent, executor, end, context, called } = await subscribed();
    agent.launch("t1", data(""));
    await called("launch t1 ");
    agent.dropStream();
    // The connection notices in its own time; what was sent before that is simply sent.
    for (let index = 0; index < 100; index += 1) context.update("t1", { state: "TASK_STARTING", message: `${index}` });
    await agent.until(() => agent.last("t1")?.message === "99");
    expect(agent.updates.length).toBeLessThan(5);
    executor.detach("test");
    await end;
  });
});

describe("ends", () => {
  test("a shutdown waits for the driver, reports open tasks as killed, and is over when that is acknowledged", async () => {
    const { agent, driver, end, called } = await subscribed();
    const removed = Promise.withResolvers<void>();
    driver.onShutdown = () => removed.promise;
    agent.launch("t1", data(""));
    agent.launch("t2", data(""));
    await called("launch t2 ");
    agent.shutdown();
    await called("shutdown");
    agent.launch("t3", data(""));
    expect(agent.updates).toEqual([]);
    removed.resolve();
    expect((await end).kind).toBe("shut-down");
    expect(agent.updates.map(({ task_id, state }) => `${task_id.value} ${state}`).toSorted()).toEqual([
      "t1 TASK_KILLED",
      "t2 TASK_KILLED",
      "t3 TASK_KILLED",
    ]);
  });

  test("a shutdown in place of SUBSCRIBED ends the executor, which has nothing to stop", async () => {
    const { driver, end } = await started({ dismissing: true });
    expect((await end).kind).toBe("shut-down");
    expect(driver.calls).toEqual(["shutdown"]);
  });

  test("B21: an agent that stays away past MESOS_RECOVERY_TIMEOUT ends the executor; its driver decides what must stop", async () => {
    const { agent, driver, end, called } = await subscribed({ recovery: "300ms" });
    agent.launch("t1", data(""));
    await called("launch t1 ");
    const start = performance.now();
    agents.splice(agents.indexOf(agent), 1);
    await agent.stop();
    expect((await end).kind).toBe("agent-lost");
    expect(performance.now() - start).toBeGreaterThanOrEqual(290);
    expect(driver.calls.slice(-1)).toEqual(["agent lost"]);
  });

  test("a shutdown that leaves something behind says so", async () => {
    const { agent, driver, end, called } = await subscribed();
    driver.onShutdown = async () => {
      throw new Error("the engine is away");
    };
    agent.launch("t1", data(""));
    await called("launch t1 ");
    agent.shutdown();
    await end;
    expect(agent.last("t1")).toMatchObject({
      state: "TASK_FAILED",
      message: expect.stringContaining("the engine is away"),
    });
  });

  test("SIGTERM during a shutdown does not cut it short", async () => {
    const { agent, driver, executor, end, called } = await subscribed();
    const removed = Promise.withResolvers<void>();
    driver.onShutdown = () => removed.promise;
    agent.shutdown();
    await called("shutdown");
    executor.detach("signal SIGTERM");
    removed.resolve();
    expect((await end).kind).toBe("shut-down");
    expect(driver.calls).not.toContain("detach");
  });

  test("the driver's end waits for the terminal update's acknowledgement", async () => {
    const { agent, end, context, called } = await subscribed();
    agent.acknowledging = false;
    agent.launch("t1", data(""));
    await called("launch t1 ");
    context.update("t1", { state: "TASK_FINISHED" });
    context.end();
    await agent.until(() => agent.updates.length === 1);
    const [status] = agent.updates;
    if (status !== undefined) agent.acknowledge(status);
    expect((await end).kind).toBe("done");
  });

  test("a busy agent has two minutes to acknowledge how the work ended; whoever asks for the end waits for 5 s", async () => {
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (ms, work, options) => {
        waits.push(ms);
        return systemClock.after(ms, work, options);
      },
    };
    for (const asked of [false, true]) {
      const { agent, executor, end, context, called } = await subscribed({ clock });
      agent.acknowledging = false;
      agent.launch("t1", data(""));
      await called("launch t1 ");
      context.update("t1", { state: "TASK_FINISHED" });
      await agent.until(() => agent.updates.length === 1);
      if (asked) executor.detach("test");
      else context.end();
      await vi.waitUntil(() => waits.includes(asked ? 5_000 : 120_000));
      const [status] = agent.updates;
      if (status !== undefined) agent.acknowledge(status);
      expect((await end).kind).toBe(asked ? "detached" : "done");
    }
  });

  test("the wait for acknowledgements is bounded", async () => {
    const { agent, end, context, called } = await subscribed({ exitWaitMs: 50 });
    agent.acknowledging = false;
    agent.launch("t1", data(""));
    await called("launch t1 ");
    context.update("t1", { state: "TASK_FINISHED" });
    context.end();
    expect((await end).kind).toBe("done");
  });
});
