import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import { type CallResult, SchedulerConnection } from "@cke/mesos";
import { ScriptedMesos } from "@cke/mesos/testing/scripted-mesos";
import { describe, expect, it, test } from "vitest";
import type { MesosConnection } from "../framework/interfaces/dependencies.ts";
import type { FrameworkCall } from "../framework/interfaces/mesos-connection.ts";
import { TermLease } from "../store/term-lease.ts";
import { leaderConnection } from "./leader-connection.ts";
import { FakeTerm } from "./testing/fake-election.ts";

class FakeConnection implements MesosConnection {
  readonly calls: FrameworkCall[] = [];
  started = 0;
  stopped = 0;

  start(): void {
    this.started += 1;
  }

  async stop(): Promise<void> {
    this.stopped += 1;
  }

  async call(call: FrameworkCall): Promise<CallResult> {
    this.calls.push(call);
    return { kind: "accepted", status: 202 };
  }
}

const kill: FrameworkCall = { type: "KILL", kill: { task_id: { value: "t" } } };
const set = () => {
  const term = new FakeTerm(() => undefined);
  const inner = new FakeConnection();
  return { term, inner, connection: leaderConnection(term, inner) };
};

describe("a leader's connection", () => {
  it("is the connection while the term holds", async () => {
    const { inner, connection } = set();
    connection.start();
    expect(await connection.call(kill)).toEqual({ kind: "accepted", status: 202 });
    expect(inner).toMatchObject({ started: 1, stopped: 0, calls: [kill] });
  });

  test("B8: no call is made once the lease has run out, before anything has told of it", async () => {
    const { term, inner, connection } = set();
    connection.start();
    term.leaseRuns = false;
    const answer = connection.call(kill);
    expect(inner.calls).toEqual([]);
    expect(await answer).toEqual({ kind: "not_subscribed" });
    expect(inner.stopped).toBe(0);
  });

  test("B8: the loss of the term drops the subscription and what is queued, in the same moment", () => {
    const { term, inner, connection } = set();
    connection.start();
    term.lose();
    expect(inner.stopped).toBe(1);
  });

  test("B8: a term that is lost before its work begins never subscribes", () => {
    const { term, inner, connection } = set();
    term.lose();
    connection.start();
    expect(inner.started).toBe(0);
  });
});

test("B8: an event that came while the process stood still is answered with nothing, and the subscription is dropped", async () => {
  await using mesos = await ScriptedMesos.start();
  let now = 0;
  const clock: Clock = { ...systemClock, monotonic: () => now };
  const lease = new TermLease(clock, 3_000);
  const term = { holds: () => lease.holds(), lost: lease.lost };
  let handled = 0;
  const connection: MesosConnection = leaderConnection(
    term,
    new SchedulerConnection({
      detector: { masters: async () => [mesos.endpoint] },
      subscribe: () => ({ framework_info: { user: "root", name: "test" } }),
      handler: async () => {
        handled += 1;
        await connection.call(kill);
      },
      mayCall: () => term.holds(),
      logger: silentLogger,
    }),
  );
  connection.start();
  const subscription = (await mesos.subscriptions.next()).accept({
    type: "SUBSCRIBED",
    subscribed: { framework_id: { value: "f" }, heartbeat_interval_seconds: 15 },
  });
  await mesos.calls.next();
  // Time has passed and no timer has run yet, as in a process that continues after a stop: the event arrives first.
  now = 60_000;
  subscription.send({ type: "RESCIND", rescind: { offer_id: { value: "o" } } });
  await subscription.closed;
  await expect.poll(() => handled).toBe(2);
  await connection.stop();
  expect(mesos.calls.pending).toEqual([]);
  expect(mesos.subscriptions.pending).toEqual([]);
  expect(term.lost.aborted).toBe(true);
});
