import { CkeError } from "@cke/foundation";
import { afterEach, describe, expect, test } from "vitest";
import type { MesosEndpoint } from "../detection/master-address.ts";
import { MesosProtocolError } from "../encoding/errors.ts";
import { errorEvent, frameworkId, rescind, SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";

const harness = new SchedulerHarness();
afterEach(() => harness.stop());

describe("subscribing", () => {
  test("B1: delivers events in order and sends calls with the stream id over one other connection", async () => {
    const mesos = await harness.master();
    const { connection, events, states } = harness.connect([mesos.endpoint]);
    const subscription = await mesos.subscriptions.next();
    expect(subscription.call.path).toBe("/api/v1/scheduler");
    expect(subscription.call.headers).toMatchObject({ "content-type": "application/json", accept: "application/json" });
    expect(subscription.call.headers).not.toHaveProperty("mesos-stream-id");
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "not_subscribed" });

    subscription.accept(subscribed(), { type: "HEARTBEAT" }, rescind("o1"), rescind("o2"));
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
    expect(await events.next()).toMatchObject({ rescind: { offer_id: { value: "o1" } } });
    expect(await events.next()).toMatchObject({ rescind: { offer_id: { value: "o2" } } });
    expect(connection.state).toBe("subscribed");
    expect(connection.frameworkId).toBe(frameworkId);

    const results = await Promise.all([
      connection.call({ type: "REVIVE" }),
      connection.call({ type: "DECLINE", decline: { offer_ids: [{ value: "o3" }] } }),
      connection.call({ type: "KILL", kill: { task_id: { value: "t" } } }),
    ]);
    expect(results).toEqual(Array.from({ length: 3 }, () => ({ kind: "accepted", status: 202 })));
    const calls = mesos.calls.pending;
    expect(calls.map(({ type }) => type)).toEqual(["REVIVE", "DECLINE", "KILL"]);
    expect(new Set(calls.map((call) => call.connection)).size).toBe(1);
    for (const call of calls) {
      expect(call.headers["mesos-stream-id"]).toBe(subscription.streamId);
      expect(call.body.framework_id).toEqual({ value: frameworkId });
      expect(call.connection).not.toBe(subscription.call.connection);
    }
    await connection.stop();
    expect(await connection.ended).toEqual({ kind: "stopped" });
    expect(states).toEqual(["connecting", "subscribed", "stopped"]);
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "not_subscribed" });
    await subscription.closed;
  });

  test("B1: asks for the body before every attempt and repeats a known framework id on both places", async () => {
    const mesos = await harness.master();
    let id: string | undefined;
    const { events } = harness.connect([mesos.endpoint], {
      subscribe: () => ({
        framework_info: { user: "root", name: "test", ...(id === undefined ? {} : { id: { value: id } }) },
      }),
    });
    const first = await mesos.subscriptions.next();
    expect(first.call.body).not.toHaveProperty("framework_id");
    first.accept(subscribed());
    await events.next(({ type }) => type === "SUBSCRIBED");
    id = frameworkId;
    first.end();
    const second = await mesos.subscriptions.next();
    expect(second.call.body).toMatchObject({
      framework_id: { value: frameworkId },
      subscribe: { framework_info: { id: { value: frameworkId } } },
    });
    expect(second.call.headers).not.toHaveProperty("mesos-stream-id");
  });

  test("B23: sends basic credentials with everything and logs them nowhere", async () => {
    const logged: unknown[] = [];
    const log = (...entry: unknown[]) => void logged.push(entry);
    const logger = {
      error: log,
      warning: log,
      info: log,
      debug: log,
      child: () => logger,
      level: () => "debug" as const,
      setLevel: () => {},
    };
    const mesos = await harness.master();
    const { connection, events, states } = harness.connect([mesos.endpoint], {
      logger,
      credentials: { principal: "me", secret: "hünter2" },
    });
    const expected = `Basic ${Buffer.from("me:hünter2").toString("base64")}`;
    const refused = await mesos.subscriptions.next();
    expect(refused.call.headers.authorization).toBe(expected);
    refused.answer({ status: 401, headers: { "WWW-Authenticate": 'Basic realm="mesos-master-scheduler"' } });
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
    await connection.call({ type: "REVIVE" });
    expect((await mesos.calls.next()).headers.authorization).toBe(expected);
    await connection.stop();
    const everything = JSON.stringify([logged, states, await connection.ended, connection]);
    expect(everything).toContain("401");
    expect(everything).not.toMatch(/hünter2/);
    expect(everything).not.toContain(expected.slice("Basic ".length));
  });
});

describe("the first event", () => {
  test.each([
    ["OFFERS", { type: "OFFERS", offers: { offers: [] } }],
    ["UPDATE", { type: "UPDATE", update: { status: { task_id: { value: "t" }, state: "TASK_LOST" } } }],
    ["UNKNOWN", { type: "SURPRISE" }],
  ])("B1: a stream that begins with %s is left before a handler sees it", async (type, event) => {
    const mesos = await harness.master();
    const reasons: string[] = [];
    const { events, connection } = harness.connect([mesos.endpoint], {
      onState: (state, reason) => void (state === "disconnected" && reasons.push(reason)),
    });
    const first = await mesos.subscriptions.next();
    first.accept(event);
    await first.closed;
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "not_subscribed" });
    (await mesos.subscriptions.next()).accept({ type: "HEARTBEAT" }, subscribed());
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
    expect(events.pending).toEqual([]);
    expect(reasons[0]).toContain(`begins with ${type}, not with SUBSCRIBED`);
  });

  test("B4: it may be ERROR: no call goes out, and the framework's id is not given up", async () => {
    const mesos = await harness.master();
    const { connection } = harness.connect([mesos.endpoint], {
      subscribe: () => ({ framework_info: { user: "root", name: "test", id: { value: "old" } } }),
    });
    (await mesos.subscriptions.next()).accept(errorEvent("Framework has been removed")).end();
    expect(await connection.ended).toMatchObject({ kind: "problem", problem: { kind: "framework_removed" } });
    expect(mesos.subscriptions.pending).toEqual([]);
    expect(mesos.calls.pending).toEqual([]);
  });

  test.each([
    ["128 bytes are taken", "x".repeat(128), true],
    ["129 bytes are not", "x".repeat(129), false],
  ])("B1: of a stream id %s", async (_what, streamId, taken) => {
    const [first, second] = [await harness.master({ streamId }), await harness.master()];
    const { connection, events } = harness.connect([first.endpoint, second.endpoint]);
    const subscription = await first.subscriptions.next();
    subscription.accept(subscribed());
    if (!taken) (await second.subscriptions.next()).accept(subscribed());
    await events.next();
    await connection.call({ type: "REVIVE" });
    expect((await (taken ? first : second).calls.next()).headers["mesos-stream-id"]).toHaveLength(taken ? 128 : 36);
  });
});

describe("refusals", () => {
  test.each([
    ["Framework has been removed", "framework_removed"],
    ["Framework failed over", "failed_over"],
  ])("B4: %s ends the connection by default", async (message, kind) => {
    const mesos = await harness.master();
    const { connection, events, states } = harness.connect([mesos.endpoint]);
    (await mesos.subscriptions.next()).accept(subscribed(), errorEvent(message), rescind("after"));
    expect(await connection.ended).toEqual({ kind: "problem", problem: { kind, message } });
    expect(states).toEqual(["connecting", "subscribed", "disconnected", "stopped"]);
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
    expect(events.pending).toEqual([]);
    expect(mesos.subscriptions.pending).toEqual([]);
  });

  test("B4: the caller decides: an operator's new framework is a new id in the body", async () => {
    const mesos = await harness.master();
    let removed = false;
    const { events } = harness.connect([mesos.endpoint], {
      subscribe: () => ({
        framework_info: { user: "root", name: "test", ...(removed ? {} : { id: { value: "old" } }) },
      }),
      onProblem: async (problem) => {
        expect(problem).toEqual({ kind: "framework_removed", message: "Framework has been removed" });
        removed = true;
        return "retry" as const;
      },
    });
    const first = await mesos.subscriptions.next();
    expect(first.call.body).toHaveProperty("framework_id", { value: "old" });
    first.accept(errorEvent("Framework has been removed")).end();
    const second = await mesos.subscriptions.next();
    expect(second.call.body).not.toHaveProperty("framework_id");
    second.accept(subscribed());
    await events.next();
  });

  test.each([
    [400, "Failed to validate scheduler::Call: Expecting 'subscribe' to be present", "refused"],
    // As recorded of a master with --authenticate_http_frameworks (recording: auth).
    [401, "401 Unauthorized.", "unauthenticated"],
    [
      400,
      "Failed to validate scheduler::Call: Authenticated principal 'me' does not match principal 'other' set in `FrameworkInfo`",
      "unauthorized",
    ],
    [403, "Not authorized", "unauthorized"],
  ])("B4: SUBSCRIBE answered with %i is reported", async (status, text, kind) => {
    const mesos = await harness.master();
    const { connection } = harness.connect([mesos.endpoint], { onProblem: () => "stop" });
    (await mesos.subscriptions.next()).answer({ status, text });
    expect(await connection.ended).toMatchObject({ kind: "problem", problem: { kind, status } });
  });

  test("B4: without a decision the connection ends", async () => {
    const mesos = await harness.master();
    const error = new Error("no decision");
    const { connection } = harness.connect([mesos.endpoint], { onProblem: () => Promise.reject(error) });
    (await mesos.subscriptions.next()).accept(subscribed(), errorEvent("Framework failed over"));
    expect(await connection.ended).toEqual({ kind: "failed", error });
  });

  test("what is away for a while (detector, body) is asked again", async () => {
    const mesos = await harness.master();
    const away = new CkeError("store_away", "the store is away", { retryable: true });
    const failures = ["masters", "subscribe"];
    const fail = (part: string) => {
      if (failures[0] !== part) return;
      failures.shift();
      throw away;
    };
    const { events } = harness.connect([], {
      detector: {
        masters: async () => {
          fail("masters");
          return [mesos.endpoint];
        },
      },
      subscribe: () => {
        fail("subscribe");
        return { framework_info: { user: "root", name: "test" } };
      },
    });
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
    expect(failures).toEqual([]);
  });

  test("why nobody could be subscribed to is told at every try: no leader known, no answer", async () => {
    const mesos = await harness.master();
    const { endpoint } = mesos;
    await mesos.close();
    const known: MesosEndpoint[][] = [];
    const reasons = new Set<string>();
    harness.connect([], {
      detector: {
        masters: async () => {
          const found = known.shift();
          if (found === undefined) throw new CkeError("no_leader", "nobody leads", { retryable: true });
          return found;
        },
      },
      onUnavailable: (reason) => void reasons.add(reason),
    });
    await expect.poll(() => [...reasons]).toEqual(["nobody leads"]);
    known.push([endpoint]);
    await expect
      .poll(() => [...reasons])
      .toEqual(["nobody leads", expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/)]);
  });

  test("a detector that fails for good ends the connection", async () => {
    const error = new MesosProtocolError("mesos_invalid_json", "broken");
    const { connection } = harness.connect([], {
      detector: {
        masters: async () => {
          throw error;
        },
      },
    });
    expect(await connection.ended).toEqual({ kind: "failed", error });
  });
});
