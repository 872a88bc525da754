// The ends of an executor: shutdown, lost agent, SIGTERM, finished work; and how long it waits for acknowledgements.
import { type Clock, systemClock } from "@cke/foundation";
import { afterEach, describe, expect, test } from "vitest";
import { data, startExecutor, stopAgent, stopAgents, subscribedExecutor } from "./testing/executor-fixture.ts";

afterEach(stopAgents);

describe("ends", () => {
  test("a shutdown waits for the driver, reports open tasks as killed, and is over when that is acknowledged", async () => {
    const { agent, driver, end, called } = await subscribedExecutor();
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
    const { driver, end } = await startExecutor({ dismissing: true });
    expect((await end).kind).toBe("shut-down");
    expect(driver.calls).toEqual(["shutdown"]);
  });

  test("B21: an agent that stays away past MESOS_RECOVERY_TIMEOUT ends the executor; its driver decides what must stop", async () => {
    const { agent, driver, end, called } = await subscribedExecutor({ recovery: "300ms" });
    agent.launch("t1", data(""));
    await called("launch t1 ");
    const start = performance.now();
    await stopAgent(agent);
    expect((await end).kind).toBe("agent-lost");
    expect(performance.now() - start).toBeGreaterThanOrEqual(290);
    expect(driver.calls.slice(-1)).toEqual(["agent lost"]);
  });

  test("an agent that came back under a new id does not know the executor: its driver decides what must stop", async () => {
    const { agent, driver, end, called } = await subscribedExecutor();
    agent.launch("t1", data(""));
    await called("launch t1 ");
    agent.forgetful = true;
    agent.dropStream();
    expect(await end).toMatchObject({ kind: "refused", message: expect.stringContaining("cannot be found") });
    expect(driver.calls.slice(-1)).toEqual(["agent lost"]);
  });

  test("a failure of the executor itself is no word of its agent: what it runs is left to the next one", async () => {
    let broken = false;
    const token = () => {
      if (broken) throw new TypeError("this was not expected");
      return undefined;
    };
    const { agent, driver, end, called } = await subscribedExecutor({ token });
    agent.launch("t1", data(""));
    await called("launch t1 ");
    broken = true;
    agent.dropStream();
    expect(await end).toMatchObject({ kind: "failed", message: expect.stringContaining("this was not expected") });
    expect(driver.calls.slice(-1)).toEqual(["detach"]);
  });

  test("a shutdown that leaves something behind says so", async () => {
    const { agent, driver, end, called } = await subscribedExecutor();
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
    const { agent, driver, executor, end, called } = await subscribedExecutor();
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
    const { agent, end, context, called } = await subscribedExecutor();
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
      const { agent, executor, end, context, called } = await subscribedExecutor({ clock });
      agent.acknowledging = false;
      agent.launch("t1", data(""));
      await called("launch t1 ");
      context.update("t1", { state: "TASK_FINISHED" });
      await agent.until(() => agent.updates.length === 1);
      if (asked) executor.detach("test");
      else context.end();
      await expect.poll(() => waits).toContain(asked ? 5_000 : 120_000);
      const [status] = agent.updates;
      if (status !== undefined) agent.acknowledge(status);
      expect((await end).kind).toBe(asked ? "detached" : "done");
    }
  });

  test("the wait for acknowledgements is bounded", async () => {
    const { agent, end, context, called } = await subscribedExecutor({ exitWaitMs: 50 });
    agent.acknowledging = false;
    agent.launch("t1", data(""));
    await called("launch t1 ");
    context.update("t1", { state: "TASK_FINISHED" });
    context.end();
    expect((await end).kind).toBe("done");
  });
});
