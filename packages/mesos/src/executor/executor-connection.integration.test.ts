import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { newUuid } from "../encoding/uuid.ts";
import { AsyncQueue } from "../testing/async-queue.ts";
import { loadRecording } from "../testing/recording.ts";
import { ScriptedMesos, type ScriptedMesosOptions } from "../testing/scripted-mesos.ts";
import type { TaskStatus } from "../v1/task-status.ts";
import { completeUpdate, ExecutorConnection } from "./executor-connection.ts";
import { type ExecutorEnvironment, readExecutorEnvironment } from "./executor-environment.ts";
import type { ExecutorConnectionOptions, HandledExecutorEvent } from "./executor-options.ts";

/** Sleeps take no time; how long they were meant to be. */
function hastyClock() {
  const sleeps: number[] = [];
  const now = () => sleeps.reduce((sum, ms) => sum + ms, 0);
  const sleep = async (ms: number) => {
    sleeps.push(ms);
  };
  return { sleeps, clock: { now, monotonic: now, sleep, after: () => () => {} } };
}

const directory = fileURLToPath(new URL("../../../../test/fixtures/mesos", import.meta.url));
const recording = loadRecording(directory, "executor-lifecycle-exec-1");
const recordedEnvironment = readExecutorEnvironment(recording.process?.env ?? {});
const recordedFrames = recording.exchanges.flatMap(({ response }) => response?.frames ?? []);
const subscribed = recordedFrames[0]?.body;
const launch = recordedFrames.find(({ body }) => JSON.stringify(body).startsWith('{"type":"LAUNCH"'))?.body;
const status: TaskStatus = { task_id: { value: "t1" }, state: "TASK_RUNNING", uuid: newUuid() };

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.stop()));
});

async function agent(options: ScriptedMesosOptions = {}): Promise<ScriptedMesos> {
  const mesos = await ScriptedMesos.start(options);
  open.push({ stop: () => mesos.close() });
  return mesos;
}

function connect(environment: Partial<ExecutorEnvironment>, options: Partial<ExecutorConnectionOptions> = {}) {
  const events = new AsyncQueue<HandledExecutorEvent>();
  const connection = new ExecutorConnection({
    environment: { ...recordedEnvironment, ...environment },
    handler: (event) => events.put(event),
    unacknowledged: () => ({ tasks: [], updates: [] }),
    timing: { fastRetryMinMs: 5, fastRetryMaxMs: 10 },
    ...options,
  });
  open.unshift(connection);
  connection.start();
  return { connection, events };
}

const at = (mesos: ScriptedMesos) => ({ agentEndpoint: { host: "127.0.0.1", port: mesos.port } });

describe("a conversation", () => {
  test("subscribes, delivers the recorded events in order and sends updates and messages", async () => {
    const mesos = await agent();
    const { connection, events } = connect(at(mesos));
    const subscription = await mesos.subscriptions.next();
    expect(subscription.call.path).toBe("/api/v1/executor");
    expect(subscription.call.body).toEqual({
      type: "SUBSCRIBE",
      executor_id: { value: recordedEnvironment.executorId },
      framework_id: { value: recordedEnvironment.frameworkId },
      subscribe: { unacknowledged_tasks: [], unacknowledged_updates: [] },
    });
    expect(await connection.update(status)).toEqual({ kind: "not_subscribed" });
    subscription.accept(...recordedFrames.map(({ body }) => body));
    for (const frame of recordedFrames) expect(await events.next()).toEqual(frame.body);

    expect(await connection.update(status)).toEqual({ kind: "accepted", status: 202 });
    expect(await connection.message(new TextEncoder().encode("hi"))).toEqual({ kind: "accepted", status: 202 });
    const update = await mesos.calls.next(({ type }) => type === "UPDATE");
    expect(update.body.update).toEqual({
      status: { ...status, source: "SOURCE_EXECUTOR", executor_id: { value: recordedEnvironment.executorId } },
    });
    expect((await mesos.calls.next()).body.message).toEqual({ data: "aGk=" });
  });

  test("B21: brings unacknowledged tasks and updates on each subscription", async () => {
    const mesos = await agent();
    const task = { name: "t", task_id: { value: "t1" }, agent_id: { value: "a" } };
    const update = completeUpdate(status, recordedEnvironment);
    let pending = {};
    const { events } = connect(at(mesos), {
      unacknowledged: () => ({ tasks: [], updates: [], ...pending }),
    });
    const first = await mesos.subscriptions.next();
    first.accept(subscribed, launch);
    await events.next(({ type }) => type === "LAUNCH");
    pending = { tasks: [task], updates: [update] };
    first.reset();
    expect((await mesos.subscriptions.next()).call.body.subscribe).toEqual({
      unacknowledged_tasks: [task],
      unacknowledged_updates: [update],
    });
  });

  test("B21: uses the agent's UNIX socket and token when it has them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mesos-executor-"));
    open.push({ stop: () => rm(folder, { recursive: true }) });
    const socketPath = join(folder, "agent.sock");
    const mesos = await agent({ socketPath });
    const { connection, events } = connect({ domainSocket: socketPath, authenticationToken: () => "a.b.c" });
    const subscription = await mesos.subscriptions.next();
    expect(subscription.call.path).toBe("/slave(1)/api/v1/executor");
    expect(subscription.call.headers.authorization).toBe("Bearer a.b.c");
    subscription.accept(subscribed);
    await events.next();
    expect(await connection.update(status)).toMatchObject({ kind: "accepted" });
    expect((await mesos.calls.next()).headers.authorization).toBe("Bearer a.b.c");
  });

  test.each([
    ["no uuid", { ...status, uuid: undefined }],
    ["a short uuid", { ...status, uuid: "aGk=" }],
    ["TASK_STAGING", { ...status, state: "TASK_STAGING" as const }],
  ])("refuses an update with %s before it is sent", async (_what, { uuid, ...rest }) => {
    const wrong: TaskStatus = { ...rest, ...(uuid === undefined ? {} : { uuid }) };
    expect(() => completeUpdate(wrong, recordedEnvironment)).toThrow(RangeError);
  });
});

describe("losing the agent", () => {
  test("B21: a restarted agent is reached again while it still recovers", async () => {
    const mesos = await agent();
    const states = new AsyncQueue<string>();
    const { events } = connect(at(mesos), { timing: {}, onState: (state) => states.put(state) });
    (await mesos.subscriptions.next()).accept(subscribed);
    await events.next();
    const { port } = mesos;
    await mesos.close();
    await states.next((state) => state === "disconnected");
    const restarted = await ScriptedMesos.start({ port });
    open.push({ stop: () => restarted.close() });
    const recovering = await restarted.subscriptions.next();
    recovering.answer({ status: 503, text: "Agent has not finished recovery" });
    (await restarted.subscriptions.next()).accept(subscribed);
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
  });

  test("B21: waits of the attempts: fast at first, then at most a quarter of the agent's backoff", async () => {
    const { clock, sleeps } = hastyClock();
    const { connection } = connect(
      { agentEndpoint: { host: "127.0.0.1", port: 1 }, checkpoint: true, recoveryTimeoutMs: 90_000 },
      { clock, random: () => 0.999, timing: {} },
    );
    const end = await connection.ended;
    expect(end).toMatchObject({ kind: "agent_lost" });
    expect(clock.now()).toBe(90_000);
    expect(Math.max(...sleeps.slice(0, 200))).toBeLessThanOrEqual(250);
    expect(Math.min(...sleeps.slice(0, 200))).toBeGreaterThanOrEqual(100);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(500);
    expect(Math.max(...sleeps)).toBeGreaterThan(400);
  });

  test("B21: no wait is longer than MESOS_SUBSCRIPTION_BACKOFF_MAX, however short that is", async () => {
    const { clock, sleeps } = hastyClock();
    const { connection } = connect(
      {
        agentEndpoint: { host: "127.0.0.1", port: 1 },
        checkpoint: true,
        recoveryTimeoutMs: 5_000,
        subscriptionBackoffMaxMs: 80,
      },
      { clock, random: () => 0.999, timing: {} },
    );
    expect(await connection.ended).toMatchObject({ kind: "agent_lost" });
    expect(clock.now()).toBe(5_000);
    expect(Math.max(...sleeps)).toBeLessThanOrEqual(80);
  });

  test("B21: with checkpointing it ends after the recovery timeout", async () => {
    const mesos = await agent();
    const { connection, events } = connect({ ...at(mesos), checkpoint: true, recoveryTimeoutMs: 200 });
    (await mesos.subscriptions.next()).accept(subscribed);
    await events.next();
    const start = performance.now();
    await mesos.close();
    expect(await connection.ended).toMatchObject({ kind: "recovery_timeout", reason: expect.any(String) });
    expect(performance.now() - start).toBeGreaterThanOrEqual(190);
  });

  test("B21: without checkpointing it ends at once", async () => {
    const mesos = await agent();
    const { connection, events } = connect({ ...at(mesos), checkpoint: false });
    (await mesos.subscriptions.next()).accept(subscribed);
    await events.next();
    await mesos.close();
    expect(await connection.ended).toMatchObject({ kind: "agent_lost" });
    expect(await connection.update(status)).toEqual({ kind: "not_subscribed" });
  });

  test("an agent that does not know the executor is asked three times", async () => {
    const mesos = await agent();
    const { connection } = connect(at(mesos));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      (await mesos.subscriptions.next()).answer({ status: 400, text: "Executor cannot be found" });
    }
    expect(await connection.ended).toEqual({ kind: "rejected", status: 400, text: "Executor cannot be found" });
  });

  test("an ERROR event and a failing handler make it subscribe anew", async () => {
    const mesos = await agent();
    let fail = true;
    const types = new AsyncQueue<string>();
    connect(at(mesos), {
      handler: (event) => {
        types.put(event.type);
        if (event.type === "LAUNCH" && fail) {
          fail = false;
          throw new Error("broken");
        }
      },
    });
    (await mesos.subscriptions.next()).accept(subscribed, launch, { type: "SHUTDOWN" });
    (await mesos.subscriptions.next()).accept(subscribed, { type: "ERROR", error: { message: "oops" } });
    (await mesos.subscriptions.next()).accept(subscribed, { type: "SHUTDOWN" });
    for (const type of ["SUBSCRIBED", "LAUNCH", "SUBSCRIBED", "SUBSCRIBED", "SHUTDOWN"]) {
      expect(await types.next()).toBe(type);
    }
  });

  test("stop ends everything", async () => {
    const mesos = await agent();
    const { connection, events } = connect(at(mesos));
    const subscription = await mesos.subscriptions.next();
    subscription.accept(subscribed);
    await events.next();
    await connection.stop();
    expect(await connection.ended).toEqual({ kind: "stopped" });
    expect(connection.state).toBe("stopped");
    await subscription.closed;
  });
});
