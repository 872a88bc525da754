// What the executor does with the events of an agent, and how its status updates reach it.
import { type Clock, systemClock } from "@cke/foundation";
import { isValidUuid } from "@cke/mesos";
import { afterEach, describe, expect, test } from "vitest";
import { data, stopAgents, subscribedExecutor } from "./testing/executor-fixture.ts";

afterEach(stopAgents);

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

describe("events", () => {
  test("reach the driver in order, and it learns who it works for", async () => {
    const { agent, driver, executor, end, context, called } = await subscribedExecutor();
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
    agent.launch("t2", data("two"), { kill_policy: { grace_period: { nanoseconds: 90_000_000_000 } } });
    agent.kill("t2");
    agent.message(data("end"));
    await called("message end");
    const first = ["start", "launch t1 one", "message hello", "kill t1 1500"];
    expect(driver.calls).toEqual([...first, "launch t2 two", "kill t2 90000", "message end"]);
    executor.detach("test");
    expect((await end).kind).toBe("detached");
  });

  test("a task group reaches the driver whole and once", async () => {
    const { agent, driver, executor, end, called } = await subscribedExecutor();
    agent.launchGroup("g1", "g2");
    agent.launchGroup("g1", "g2");
    agent.message(data("end"));
    await called("message end");
    expect(driver.calls).toEqual(["start", "group g1 g2", "message end"]);
    executor.detach("test");
    await end;
  });

  test("a task group with a task that is known already is not launched", async () => {
    const { agent, driver, executor, end, called } = await subscribedExecutor();
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
    const { agent, driver, end, called } = await subscribedExecutor();
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
    const { agent, executor, end, context } = await subscribedExecutor();
    context.sendMessage(data("secret please"));
    await agent.until(() => agent.messages.length === 1);
    executor.detach("test");
    await end;
  });
});

describe("status updates", () => {
  test("carry a uuid, keep their order, and nothing follows a terminal one", async () => {
    const { agent, executor, end, context, called } = await subscribedExecutor();
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
    const { agent, executor, end, context, called } = await subscribedExecutor({ clock });
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
    const { agent, executor, end, context, called } = await subscribedExecutor();
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
    const { agent, executor, end, context, called } = await subscribedExecutor();
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
    const { agent, executor, end, context, called } = await subscribedExecutor();
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
