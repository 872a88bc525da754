import { CkeError, type LogContext, silentLogger } from "@cke/foundation";
import { afterEach, describe, expect, test } from "vitest";
import { MesosProtocolError } from "./errors.ts";
import type { MesosEndpoint } from "./master-address.ts";
import { SchedulerConnection } from "./scheduler-connection.ts";
import type { HandledSchedulerEvent, SchedulerConnectionOptions, SchedulerTiming } from "./scheduler-options.ts";
import { Mailbox } from "./testing/mailbox.ts";
import { ScriptedMesos, type ScriptedMesosOptions } from "./testing/scripted-mesos.ts";
import { selfSignedCertificate } from "./testing/self-signed-certificate.ts";

const frameworkId = "f-1";
const subscribed = (heartbeat_interval_seconds = 15) => ({
  type: "SUBSCRIBED",
  subscribed: { framework_id: { value: frameworkId }, heartbeat_interval_seconds },
});
const rescind = (offer: string) => ({ type: "RESCIND", rescind: { offer_id: { value: offer } } });
const errorEvent = (message: string) => ({ type: "ERROR", error: { message } });

const quick: Partial<SchedulerTiming> = {
  backoffBaseMs: 5,
  backoffMaxMs: 20,
  subscribeTimeoutMs: 2000,
  callTimeoutMs: 2000,
};

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.stop()));
});

async function master(options: ScriptedMesosOptions = {}): Promise<ScriptedMesos> {
  const mesos = await ScriptedMesos.start(options);
  open.push({ stop: () => mesos.close() });
  return mesos;
}

function connect(masters: readonly MesosEndpoint[], options: Partial<SchedulerConnectionOptions> = {}) {
  const events = new Mailbox<HandledSchedulerEvent>();
  const states: string[] = [];
  const connection = new SchedulerConnection({
    detector: { masters: async () => masters },
    subscribe: () => ({ framework_info: { user: "root", name: "test" } }),
    handler: (event) => events.put(event),
    onState: (state) => states.push(state),
    timing: quick,
    ...options,
  });
  // Connections first, so that servers do not wait for them.
  open.unshift(connection);
  connection.start();
  return { connection, events, states };
}

describe("subscribing", () => {
  test("delivers events in order and sends calls with the stream id over one other connection", async () => {
    const mesos = await master();
    const { connection, events, states } = connect([mesos.endpoint]);
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

  test("asks for the body before every attempt and repeats a known framework id on both places", async () => {
    const mesos = await master();
    let id: string | undefined;
    const { events } = connect([mesos.endpoint], {
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

  test("sends basic credentials with everything and logs them nowhere", async () => {
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
    const mesos = await master();
    const { connection, events, states } = connect([mesos.endpoint], {
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

describe("https", () => {
  const certificate = selfSignedCertificate();

  test("trusts the given authority, on the stream and for calls, and is not led to plain http", async () => {
    const [plain, mesos] = [await master(), await master({ tls: certificate })];
    const { connection, events } = connect([mesos.endpoint], { ca: certificate.cert });
    (await mesos.subscriptions.next()).answer({
      status: 307,
      headers: { Location: `http://127.0.0.1:${plain.port}/api/v1/scheduler` },
    });
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
    expect(await connection.call({ type: "REVIVE" })).toEqual({ kind: "accepted", status: 202 });
    expect(plain.subscriptions.pending).toEqual([]);
  });

  test.each([
    ["an unknown authority", undefined],
    ["another authority", selfSignedCertificate().cert],
  ])("sends nothing to a master of %s", async (_what, ca) => {
    const mesos = await master({ tls: certificate });
    const reasons = new Mailbox<unknown>();
    const logger = { ...silentLogger, warning: (_message: string, fields?: LogContext) => reasons.put(fields?.reason) };
    connect([mesos.endpoint], { logger, ...(ca === undefined ? {} : { ca }) });
    expect(await reasons.next()).toMatch(/certificate/);
    expect(mesos.subscriptions.pending).toEqual([]);
  });
});

describe("finding the leader", () => {
  test.each([
    ["//host:port/path", (port: number) => `//127.0.0.1:${port}/master/api/v1/scheduler`, "/master/api/v1/scheduler"],
    ["host:port", (port: number) => `127.0.0.1:${port}`, "/api/v1/scheduler"],
    ["URL", (port: number) => `http://127.0.0.1:${port}/api/v1/scheduler`, "/api/v1/scheduler"],
  ])("follows a redirect to %s and sends calls to the leader", async (_form, location, path) => {
    const [follower, leader] = [await master(), await master()];
    const { connection, events } = connect([follower.endpoint]);
    (await follower.subscriptions.next()).answer({ status: 307, headers: { Location: location(leader.port) } });
    const subscription = await leader.subscriptions.next();
    expect(subscription.call.path).toBe(path);
    subscription.accept(subscribed());
    await events.next();
    expect(await connection.call({ type: "REVIVE" })).toMatchObject({ kind: "accepted" });
    expect((await leader.calls.next()).path).toBe(path);
  });

  test("goes on to the next master when one is dead, not ready, or redirects to a dead one", async () => {
    const [dead, notReady, follower, leader] = [await master(), await master(), await master(), await master()];
    const deadEndpoint = dead.endpoint;
    await dead.close();
    const { events } = connect([deadEndpoint, notReady.endpoint, follower.endpoint, leader.endpoint]);
    (await notReady.subscriptions.next()).answer({ status: 503, text: "No leader elected" });
    (await follower.subscriptions.next()).answer({
      status: 307,
      headers: { Location: `//127.0.0.1:${deadEndpoint.port}/master/api/v1/scheduler` },
    });
    (await leader.subscriptions.next()).accept(subscribed());
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
  });

  test("two masters that redirect to each other do not spin for ever", async () => {
    const [a, b] = [await master(), await master()];
    const delays: number[] = [];
    const { connection } = connect([a.endpoint], {
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

  test("after a loss the last leader is tried first", async () => {
    const [follower, leader] = [await master(), await master()];
    const { events } = connect([follower.endpoint]);
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
  ])("subscribes anew when %s", async (_what, breakIt, reason) => {
    const mesos = await master();
    const reasons: string[] = [];
    const { connection, events } = connect([mesos.endpoint], {
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

  test("five missed heartbeats end it, four do not", async () => {
    const mesos = await master();
    const { events } = connect([mesos.endpoint]);
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

  test("a master that accepts the connection and says nothing is left", async () => {
    const mesos = await master();
    const { events } = connect([mesos.endpoint], { timing: { ...quick, subscribeTimeoutMs: 50 } });
    const silentBeforeHeaders = await mesos.subscriptions.next();
    await silentBeforeHeaders.closed;
    const silentAfterHeaders = await mesos.subscriptions.next();
    silentAfterHeaders.accept();
    await silentAfterHeaders.closed;
    (await mesos.subscriptions.next()).accept(subscribed());
    await events.next();
  });

  test("the backoff grows while subscriptions do not last", async () => {
    const mesos = await master();
    const sleeps: number[] = [];
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      sleep: async (ms: number) => void sleeps.push(ms),
      after: () => () => {},
    };
    const { connection } = connect([mesos.endpoint], {
      clock,
      random: () => 1,
      timing: { backoffBaseMs: 500, backoffMaxMs: 15_000 },
    });
    for (let round = 0; round < 8; round += 1) (await mesos.subscriptions.next()).accept(subscribed()).end();
    await mesos.subscriptions.next();
    expect(sleeps.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    await connection.stop();
  });

  test("a failing handler ends the subscription, and events come again", async () => {
    const mesos = await master();
    const events = new Mailbox<string>();
    let fail = true;
    connect([mesos.endpoint], {
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

describe("refusals", () => {
  test.each([
    ["Framework has been removed", "framework_removed"],
    ["Framework failed over", "failed_over"],
  ])("%s ends the connection by default", async (message, kind) => {
    const mesos = await master();
    const { connection, events, states } = connect([mesos.endpoint]);
    (await mesos.subscriptions.next()).accept(subscribed(), errorEvent(message), rescind("after"));
    expect(await connection.ended).toEqual({ kind: "problem", problem: { kind, message } });
    expect(states).toEqual(["connecting", "subscribed", "disconnected", "stopped"]);
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
    expect(events.pending).toEqual([]);
    expect(mesos.subscriptions.pending).toEqual([]);
  });

  test("the caller decides: an operator's new framework is a new id in the body", async () => {
    const mesos = await master();
    let removed = false;
    const { events } = connect([mesos.endpoint], {
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
    [400, "Failed to validate scheduler::Call: Authenticated principal 'me' does not match", "refused"],
    [401, "", "unauthenticated"],
    [403, "Not authorized", "unauthorized"],
  ])("SUBSCRIBE answered with %i is reported", async (status, text, kind) => {
    const mesos = await master();
    const { connection } = connect([mesos.endpoint], { onProblem: () => "stop" });
    (await mesos.subscriptions.next()).answer({ status, text });
    expect(await connection.ended).toMatchObject({ kind: "problem", problem: { kind, status } });
  });

  test("without a decision the connection ends", async () => {
    const mesos = await master();
    const error = new Error("no decision");
    const { connection } = connect([mesos.endpoint], { onProblem: () => Promise.reject(error) });
    (await mesos.subscriptions.next()).accept(subscribed(), errorEvent("Framework failed over"));
    expect(await connection.ended).toEqual({ kind: "failed", error });
  });

  test("what is away for a while (detector, body) is asked again", async () => {
    const mesos = await master();
    const away = new CkeError("store_away", "the store is away", { retryable: true });
    const failures = ["masters", "subscribe"];
    const fail = (part: string) => {
      if (failures[0] !== part) return;
      failures.shift();
      throw away;
    };
    const { events } = connect([], {
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

  test("a detector that fails for good ends the connection", async () => {
    const error = new MesosProtocolError("mesos_invalid_json", "broken");
    const { connection } = connect([], {
      detector: {
        masters: async () => {
          throw error;
        },
      },
    });
    expect(await connection.ended).toEqual({ kind: "failed", error });
  });
});

describe("calls", () => {
  async function ready(respond: ScriptedMesosOptions["respond"], timing: Partial<SchedulerTiming> = {}) {
    const mesos = await master(respond === undefined ? {} : { respond });
    const { connection, events, states } = connect([mesos.endpoint], { timing: { ...quick, ...timing } });
    const subscription = await mesos.subscriptions.next();
    subscription.accept(subscribed());
    await events.next();
    return { mesos, connection, subscription, states };
  }

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
  ])("status %i says nothing about the call", async (status, text, kind) => {
    const { connection } = await ready(() => ({ status, text }));
    expect(await connection.call({ type: "REVIVE" })).toMatchObject({ kind });
  });

  test.each([
    [307, ""],
    [403, "Framework is not subscribed"],
    [
      400,
      "The stream ID 'x' included in this request didn't match the stream ID currently associated with framework ID y",
    ],
  ])("status %i %s shows a stale subscription: it is made anew", async (status, text) => {
    const { mesos, connection, subscription } = await ready(() => ({ status, text }));
    await connection.call({ type: "REVIVE" });
    await subscription.closed;
    (await mesos.subscriptions.next()).accept(subscribed());
  });

  test("a call without an answer times out", async () => {
    const never = new Promise(() => {});
    const { connection } = await ready(() => ({ status: 202, after: never }), { callTimeoutMs: 50 });
    expect(await connection.call({ type: "REVIVE" })).toEqual({
      kind: "unreachable",
      reason: "no answer within 0.05 s",
    });
    expect(connection.state).toBe("subscribed");
  });

  test("calls in flight end with the subscription", async () => {
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
    const mesos = await master();
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    let running = 0;
    let most = 0;
    const done = Promise.withResolvers<void>();
    const count = 3000;
    const { connection } = connect([mesos.endpoint], {
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
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(seen).toEqual([]);
    expect(connection.state).toBe("subscribed");
    gate.resolve();
    await done.promise;
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `o${index}`));
    expect(most).toBe(1);
  });

  test("stop waits for the handler", async () => {
    const mesos = await master();
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let finished = false;
    const { connection } = connect([mesos.endpoint], {
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

interface Stream {
  end(): void;
  reset(): void;
  sendRaw(bytes: string): boolean;
}
