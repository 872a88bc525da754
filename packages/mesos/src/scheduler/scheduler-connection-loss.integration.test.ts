import { afterEach, describe, expect, test } from "vitest";
import { AsyncQueue } from "../testing/async-queue.ts";
import { quick, rescind, SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";

const harness = new SchedulerHarness();
afterEach(() => harness.stop());

describe("finding the leader", () => {
  test.each([
    ["//host:port/path", (port: number) => `//127.0.0.1:${port}/master/api/v1/scheduler`, "/master/api/v1/scheduler"],
    ["host:port", (port: number) => `127.0.0.1:${port}`, "/api/v1/scheduler"],
    ["URL", (port: number) => `http://127.0.0.1:${port}/api/v1/scheduler`, "/api/v1/scheduler"],
  ])("B3: follows a redirect to %s and sends calls to the leader", async (_form, location, path) => {
    const [follower, leader] = [await harness.master(), await harness.master()];
    const { connection, events } = harness.connect([follower.endpoint]);
    (await follower.subscriptions.next()).answer({ status: 307, headers: { Location: location(leader.port) } });
    const subscription = await leader.subscriptions.next();
    expect(subscription.call.path).toBe(path);
    subscription.accept(subscribed());
    await events.next();
    expect(await connection.call({ type: "REVIVE" })).toMatchObject({ kind: "accepted" });
    expect((await leader.calls.next()).path).toBe(path);
  });

  test("B3: goes on to the next master when one is dead, not ready, or redirects to a dead one", async () => {
    const [dead, notReady, follower, leader] = [
      await harness.master(),
      await harness.master(),
      await harness.master(),
      await harness.master(),
    ];
    const deadEndpoint = dead.endpoint;
    await dead.close();
    const { events } = harness.connect([deadEndpoint, notReady.endpoint, follower.endpoint, leader.endpoint]);
    (await notReady.subscriptions.next()).answer({ status: 503, text: "No leader elected" });
    (await follower.subscriptions.next()).answer({
      status: 307,
      headers: { Location: `//127.0.0.1:${deadEndpoint.port}/master/api/v1/scheduler` },
    });
    (await leader.subscriptions.next()).accept(subscribed());
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
  });

  test("B3: two masters that redirect to each other do not spin for ever", async () => {
    const [a, b] = [await harness.master(), await harness.master()];
    const delays: number[] = [];
    const { connection } = harness.connect([a.endpoint], {
      random: () => {
        delays.push(1);
        return 0.5;
      },
    });
    for (let round = 0; round < 6; round += 1) {
      const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
      expect(delays).toHaveLength(0);
      (await from.subscriptions.next()).answer({ status: 307, headers: { Location: `//127.0.0.1:${to.port}` } });
    }
    await a.subscriptions.next();
    expect(delays).toHaveLength(1);
    await connection.stop();
  });

  test("B3: after a loss the last leader is tried first", async () => {
    const [follower, leader] = [await harness.master(), await harness.master()];
    const { events } = harness.connect([follower.endpoint]);
    (await follower.subscriptions.next()).answer({ status: 307, headers: { Location: `//127.0.0.1:${leader.port}` } });
    const first = await leader.subscriptions.next();
    first.accept(subscribed());
    await events.next();
    first.reset();
    (await leader.subscriptions.next()).accept(subscribed());
    await events.next();
    expect(follower.subscriptions.pending).toHaveLength(0);
  });
});

describe("losing the subscription", () => {
  test.each([
    ["the stream ends", (subscription: Stream) => subscription.end(), /closed the stream/],
    ["the connection is reset", (subscription: Stream) => subscription.reset(), /broke/],
    [
      "a record is torn",
      (subscription: Stream) => {
        subscription.sendRaw('99\n{"type"');
        subscription.end();
      },
      /inside a record/,
    ],
    ["the framing is garbage", (subscription: Stream) => subscription.sendRaw("<html>oops"), /not RecordIO/],
    ["a record is not JSON", (subscription: Stream) => subscription.sendRaw("3\n{a}"), /not JSON/],
    ["a record is too large", (subscription: Stream) => subscription.sendRaw("5000\n"), /limit of 4096/],
  ])("B2: subscribes anew when %s", async (_what, breakIt, reason) => {
    const mesos = await harness.master();
    const reasons: string[] = [];
    const { connection, events } = harness.connect([mesos.endpoint], {
      maxRecordBytes: 4096,
      onState: (state, why) => void (state === "disconnected" && reasons.push(why)),
    });
    const first = await mesos.subscriptions.next();
    first.accept(subscribed(), rescind("before"));
    await events.next(({ type }) => type === "SUBSCRIBED");
    await events.next(({ type }) => type === "RESCIND");
    breakIt(first);
    const second = await mesos.subscriptions.next();
    expect(reasons).toEqual([expect.stringMatching(reason)]);
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "not_subscribed" });
    second.accept(subscribed());
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
    await connection.call({ type: "REVIVE" });
    expect((await mesos.calls.next()).headers["mesos-stream-id"]).toBe(second.streamId);
  });

  test("B4: five missed heartbeats end it, four do not", async () => {
    const mesos = await harness.master();
    const { events } = harness.connect([mesos.endpoint]);
    const first = await mesos.subscriptions.next();
    const start = performance.now();
    first.accept(subscribed(0.05));
    await events.next();
    await first.closed;
    expect(performance.now() - start).toBeGreaterThan(0.05 * 4 * 1000);
    const second = await mesos.subscriptions.next();
    second.accept(subscribed(15));
    await events.next();
  });

  test("B4: a master that accepts the connection and says nothing is left", async () => {
    const mesos = await harness.master();
    const { events } = harness.connect([mesos.endpoint], { timing: { ...quick, subscribeTimeoutMs: 50 } });
    const silentBeforeHeaders = await mesos.subscriptions.next();
    await silentBeforeHeaders.closed;
    const silentAfterHeaders = await mesos.subscriptions.next();
    silentAfterHeaders.accept();
    await silentAfterHeaders.closed;
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
  });

  test("B4: the backoff grows while subscriptions do not last", async () => {
    const mesos = await harness.master();
    const sleeps: number[] = [];
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      sleep: async (ms: number) => void sleeps.push(ms),
      after: () => () => {},
    };
    const { connection } = harness.connect([mesos.endpoint], {
      clock,
      random: () => 1,
      timing: { backoffBaseMs: 500, backoffMaxMs: 15_000 },
    });
    for (let round = 0; round < 8; round += 1) (await mesos.subscriptions.next()).accept(subscribed()).end();
    await mesos.subscriptions.next();
    expect(sleeps.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    await connection.stop();
  });

  test("B5: a failing handler ends the subscription, and events come again", async () => {
    const mesos = await harness.master();
    const events = new AsyncQueue<string>();
    let fail = true;
    harness.connect([mesos.endpoint], {
      handler: (event) => {
        events.put(event.type);
        if (event.type === "RESCIND" && fail) {
          fail = false;
          throw new Error("the store is away");
        }
      },
    });
    const first = await mesos.subscriptions.next();
    first.accept(subscribed(), rescind("o"), rescind("never seen"));
    await first.closed;
    (await mesos.subscriptions.next()).accept(subscribed(), rescind("o"));
    for (const type of ["SUBSCRIBED", "RESCIND", "SUBSCRIBED", "RESCIND"]) expect(await events.next()).toBe(type);
  });
});

interface Stream {
  end(): void;
  reset(): void;
  sendRaw(bytes: string): boolean;
}
