import { afterEach, describe, expect, test } from "vitest";
import { quick, rescind, SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";
import type { ScriptedMesosOptions } from "../testing/scripted-mesos.ts";
import { SchedulerConnection } from "./scheduler-connection.ts";
import { defaultSchedulerTiming, type SchedulerTiming } from "./scheduler-options.ts";

const harness = new SchedulerHarness();
afterEach(() => harness.stop());

describe("calls", () => {
  async function ready(respond: ScriptedMesosOptions["respond"], timing: Partial<SchedulerTiming> = {}) {
    const mesos = await harness.master(respond === undefined ? {} : { respond });
    const { connection, events, states } = harness.connect([mesos.endpoint], { timing: { ...quick, ...timing } });
    const subscription = await mesos.subscriptions.next();
    subscription.accept(subscribed());
    await events.next();
    return { mesos, connection, subscription, states };
  }

  test("B11: the master's operator API is asked beside the scheduler's path; what fails is a value", async () => {
    const answers = new Map([
      ["GET_TASKS", { status: 200, text: `{"type":"GET_TASKS","get_tasks":{"large":"${"x".repeat(100_000)}"}}` }],
      ["GET_AGENTS", { status: 403, text: "Forbidden" }],
      ["GET_EXECUTORS", { status: 200, text: "{" }],
    ]);
    const { mesos, connection } = await ready(({ type }) => answers.get(type));
    const answer = await connection.ask("GET_TASKS");
    expect(answer).toMatchObject({ kind: "answered", body: { type: "GET_TASKS" } });
    expect((await mesos.calls.next()).path).toBe("/api/v1");
    expect(await connection.ask("GET_AGENTS")).toMatchObject({ kind: "failed", status: 403 });
    expect(await connection.ask("GET_EXECUTORS")).toMatchObject({ kind: "failed" });
    expect(connection.state).toBe("subscribed");
    await connection.stop();
    expect(await connection.ask("GET_TASKS")).toMatchObject({ kind: "failed" });
  });

  test("a refusal is told with its status and text, and harms nothing", async () => {
    const { connection } = await ready(() => ({
      status: 400,
      text: "Failed to validate scheduler::Call: Not a valid UUID",
    }));
    expect(await connection.call({ type: "REVIVE" })).toEqual({
      kind: "rejected",
      status: 400,
      text: "Failed to validate scheduler::Call: Not a valid UUID",
    });
    expect(connection.state).toBe("subscribed");
  });

  test.each([
    [503, "No leader elected", "unreachable"],
    [307, "", "unreachable"],
  ])("B5: status %i says nothing about the call", async (status, text, kind) => {
    const { connection } = await ready(() => ({ status, text }));
    expect(await connection.call({ type: "REVIVE" })).toMatchObject({ kind });
  });

  test.each([
    [307, ""],
    [403, "Framework is not subscribed"],
    [400, "Framework cannot be found"],
    [
      400,
      "The stream ID 'x' included in this request didn't match the stream ID currently associated with framework ID y",
    ],
  ])("B1: status %i %s shows a stale subscription: it is made anew", async (status, text) => {
    const { mesos, connection, subscription } = await ready(() => ({ status, text }));
    await connection.call({ type: "REVIVE" });
    await subscription.closed;
    (await mesos.subscriptions.next()).accept(subscribed());
  });

  test("B4: a call without an answer times out, and the master that let it pass is left", async () => {
    const never = new Promise(() => {});
    const { mesos, connection, subscription } = await ready(() => ({ status: 202, after: never }), {
      callTimeoutMs: 50,
    });
    expect(await connection.call({ type: "REVIVE" })).toEqual({
      kind: "unreachable",
      reason: "no answer within 0.05 s",
    });
    await subscription.closed;
    (await mesos.subscriptions.next()).accept(subscribed());
    expect(defaultSchedulerTiming).toMatchObject({ callTimeoutMs: 75_000, heartbeatMs: 15_000, missedHeartbeats: 5 });
  });

  test("B5: calls in flight end with the subscription", async () => {
    const never = new Promise(() => {});
    const { mesos, connection, subscription } = await ready(() => ({ status: 202, after: never }));
    const results = Promise.all([connection.call({ type: "REVIVE" }), connection.call({ type: "SUPPRESS" })]);
    await mesos.calls.next();
    subscription.reset();
    expect(await results).toMatchObject([{ kind: "unreachable" }, { kind: "unreachable" }]);
  });

  test("acknowledgements do not wait behind other calls", async () => {
    const never = new Promise(() => {});
    const { connection } = await ready(({ type }) =>
      type === "REVIVE" ? { status: 202, after: never } : { status: 202 },
    );
    const held = connection.call({ type: "REVIVE" });
    const acknowledge = { agent_id: { value: "a" }, task_id: { value: "t" }, uuid: "TTfKDBOuTwGSU8DCr9NAIg==" };
    expect(await connection.call({ type: "ACKNOWLEDGE", acknowledge })).toMatchObject({ kind: "accepted" });
    await connection.stop();
    expect(await held).toMatchObject({ kind: "unreachable" });
  });
});

describe("one handler at a time", () => {
  test("a slow handler slows the master, loses nothing and is not taken for a silent master", async () => {
    const mesos = await harness.master();
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    let running = 0;
    let most = 0;
    const done = Promise.withResolvers<void>();
    const count = 3000;
    const { connection } = harness.connect([mesos.endpoint], {
      handler: async (event) => {
        running += 1;
        most = Math.max(most, running);
        if (event.type === "RESCIND") {
          if (seen.length === 0) await gate.promise;
          seen.push(event.rescind.offer_id.value);
          if (seen.length === count) done.resolve();
        }
        running -= 1;
      },
    });
    const subscription = await mesos.subscriptions.next();
    // 50 ms of silence would end the subscription, were the handler's time counted.
    subscription.accept(subscribed(0.01));
    const padding = "x".repeat(1000);
    let blocked = false;
    for (let index = 0; index < count; index += 1) {
      const text = JSON.stringify({ ...rescind(`o${index}`), padding });
      if (!subscription.sendRaw(`${text.length}\n${text}`)) blocked = true;
    }
    expect(blocked).toBe(true);
    // Another master that says nothing for as long is left meanwhile.
    const silent = await harness.master();
    harness.connect([silent.endpoint]);
    await (await silent.subscriptions.next()).accept(subscribed(0.01)).closed;
    expect(seen).toEqual([]);
    expect(connection.state).toBe("subscribed");
    gate.resolve();
    await done.promise;
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `o${index}`));
    expect(most).toBe(1);
  });

  test("stop waits for the handler", async () => {
    const mesos = await harness.master();
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let finished = false;
    const { connection } = harness.connect([mesos.endpoint], {
      handler: async () => {
        entered.resolve();
        await gate.promise;
        finished = true;
      },
    });
    (await mesos.subscriptions.next()).accept(subscribed());
    await entered.promise;
    const stopped = connection.stop();
    gate.resolve();
    await stopped;
    expect(finished).toBe(true);
  });

  test("stop before start, and start after stop, do nothing", async () => {
    const connection = new SchedulerConnection({
      detector: { masters: async () => [] },
      subscribe: () => ({ framework_info: { user: "root", name: "test" } }),
      handler: () => {},
    });
    await connection.stop();
    connection.start();
    expect(connection.state).toBe("stopped");
    expect(await connection.ended).toEqual({ kind: "stopped" });
  });
});
