import { afterEach, describe, expect, it } from "vitest";
import { SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";

// mayCall: what a scheduler that lost its leadership must not send any more, however far the sending had come.

const harness = new SchedulerHarness();
afterEach(() => harness.stop());

const kill = (task: string) => ({ type: "KILL" as const, kill: { task_id: { value: task } } });

describe("mayCall", () => {
  it("false from the start: no SUBSCRIBE goes out, and it is tried again later", async () => {
    let allowed = false;
    let asked = 0;
    const master = await harness.master();
    const mayCall = () => {
      asked += 1;
      return allowed;
    };
    const { connection } = harness.connect([master.endpoint], { mayCall });
    await expect.poll(() => asked).toBeGreaterThan(2);
    expect(master.connectionCount).toBe(0);
    expect(connection.state).toBe("connecting");
    allowed = true;
    (await master.subscriptions.next()).accept(subscribed());
    await expect.poll(() => connection.state).toBe("subscribed");
  });

  it("a SUBSCRIBE whose connection is being made when it becomes false is not sent", async () => {
    const master = await harness.master();
    let asked = 0;
    // Yes when the request is made and when it has its socket, no once the socket is connected.
    const { connection } = harness.connect([master.endpoint], { mayCall: () => ++asked < 3 });
    await expect.poll(() => asked).toBeGreaterThanOrEqual(4);
    await connection.stop();
    expect(master.connectionCount).toBe(1);
    expect(master.subscriptions.pending).toEqual([]);
  });

  it("calls that are queued behind another when it becomes false are not sent", async () => {
    let allowed = true;
    const answer = Promise.withResolvers<void>();
    const master = await harness.master({ respond: () => ({ status: 202, after: answer.promise }) });
    const { connection } = harness.connect([master.endpoint], { mayCall: () => allowed });
    (await master.subscriptions.next()).accept(subscribed());
    await expect.poll(() => connection.state).toBe("subscribed");
    const results = ["t1", "t2", "t3"].map((task) => connection.call(kill(task)));
    await master.calls.next();
    allowed = false;
    answer.resolve();
    expect(await Promise.all(results)).toEqual([
      { kind: "accepted", status: 202 },
      { kind: "unreachable", reason: "nothing may be sent any more" },
      { kind: "unreachable", reason: "nothing may be sent any more" },
    ]);
    expect(master.calls.pending).toEqual([]);
  });
});
