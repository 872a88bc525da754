// The detector against an ensemble in memory: what it says when members come and go, and when ZooKeeper itself does.
import { CkeError, type LogContext, silentLogger, systemClock } from "@cke/foundation";
import { afterEach, describe, expect, test } from "vitest";
import { AsyncQueue } from "../testing/async-queue.ts";
import { errorEvent, SchedulerHarness, subscribed } from "../testing/scheduler-harness.ts";
import type { MesosEndpoint } from "./master-address.ts";
import { ZooKeeperDetector } from "./zookeeper-detector.ts";
import type { ZooKeeperGroup } from "./zookeeper-group.ts";

const away = () => new CkeError("zookeeper_unreachable", "away", { retryable: true });

/** One path of ZooKeeper; `sessions` counts those that were opened, `reads` the members that were read. */
class MemoryEnsemble {
  sessions = 0;
  reads = 0;
  open = 0;
  down = false;
  silent = false;
  readonly #members = new Map<string, string>();
  readonly #changed = new Set<() => void>();
  readonly #lost = new Set<() => void>();

  put(sequence: number, port: number): void {
    this.#members.set(
      `json.info_${String(sequence).padStart(10, "0")}`,
      JSON.stringify({ pid: `master@127.0.0.1:${port}` }),
    );
    this.#tell();
  }

  putText(sequence: number, text: string): void {
    this.#members.set(`json.info_${String(sequence).padStart(10, "0")}`, text);
    this.#tell();
  }

  remove(sequence: number): void {
    this.#members.delete(`json.info_${String(sequence).padStart(10, "0")}`);
    this.#tell();
  }

  loseSessions(): void {
    for (const lost of this.#lost) lost();
    this.#lost.clear();
  }

  readonly connect = async (lost: () => void): Promise<ZooKeeperGroup> => {
    if (this.down) throw away();
    this.sessions += 1;
    this.open += 1;
    this.#lost.add(lost);
    return {
      close: () => {
        this.open -= 1;
      },
      children: async (changed) => {
        if (this.silent) return await new Promise(() => {});
        if (this.down) throw away();
        this.#changed.add(changed);
        return [...this.#members.keys(), "log_replicas"].toReversed();
      },
      data: async (name) => {
        this.reads += 1;
        const text = this.#members.get(name);
        return text === undefined ? undefined : Buffer.from(text);
      },
    };
  };

  #tell(): void {
    for (const changed of [...this.#changed]) {
      this.#changed.delete(changed);
      changed();
    }
  }
}

const harness = new SchedulerHarness();
const detectors: ZooKeeperDetector[] = [];
afterEach(async () => {
  await harness.stop();
  await Promise.all(detectors.splice(0).map((detector) => detector.close()));
});

function detect(ensemble: MemoryEnsemble, timing = {}) {
  const moves = new AsyncQueue<number>();
  const warnings: unknown[] = [];
  const detector = new ZooKeeperDetector({
    address: { kind: "zookeeper", servers: [{ host: "zk", port: 2181 }], path: "/mesos" },
    protocol: "http:",
    clock: systemClock,
    logger: { ...silentLogger, warning: (_text: string, fields?: LogContext) => void warnings.push(fields) },
    open: ensemble.connect,
    timing: { leaderMs: 100, pollMs: 60_000, answerMs: 200, backoffMaxMs: 20, ...timing },
  });
  detector.watch((leader) => moves.put(leader.port));
  detectors.push(detector);
  const ask = async () => (await detector.masters(new AbortController().signal)).map(({ port }: MesosEndpoint) => port);
  return { detector, moves, ask, warnings };
}

describe("B3: ZooKeeper names the leading master", () => {
  test("B3: the lowest number leads, and a change of leader is told at once", async () => {
    const ensemble = new MemoryEnsemble();
    ensemble.put(5, 5050);
    ensemble.put(7, 5051);
    const { ask, moves } = detect(ensemble);
    expect(await ask()).toEqual([5050]);
    expect(await moves.next()).toBe(5050);
    ensemble.put(9, 5052);
    ensemble.remove(5);
    expect(await moves.next()).toBe(5051);
    expect(await ask()).toEqual([5051]);
    expect(ensemble.sessions).toBe(1);
  });

  test("B3: without a leader it waits for one, then says where it looked", async () => {
    const ensemble = new MemoryEnsemble();
    const { ask } = detect(ensemble);
    await expect(ask()).rejects.toMatchObject({
      code: "mesos_no_leader",
      retryable: true,
      message: expect.stringContaining("zk://zk:2181/mesos"),
    });
    const waiting = ask();
    ensemble.put(1, 5050);
    expect(await waiting).toEqual([5050]);
  });

  test("B3: while ZooKeeper is away the last leader holds, and a change is seen when it is back", async () => {
    const ensemble = new MemoryEnsemble();
    ensemble.put(1, 5050);
    const { ask, moves } = detect(ensemble);
    expect(await ask()).toEqual([5050]);
    await moves.next();
    ensemble.down = true;
    ensemble.loseSessions();
    ensemble.remove(1);
    ensemble.put(2, 5051);
    expect(await ask()).toEqual([5050]);
    ensemble.down = false;
    expect(await moves.next()).toBe(5051);
    expect(ensemble.sessions).toBe(2);
    expect(ensemble.open).toBe(1);
  });

  test("B3: a server that hangs is left, and events that were missed are made up for", async () => {
    const ensemble = new MemoryEnsemble();
    ensemble.put(1, 5050);
    const { ask, warnings } = detect(ensemble, { pollMs: 20, answerMs: 50 });
    expect(await ask()).toEqual([5050]);
    ensemble.silent = true;
    await expect.poll(() => warnings.length).toBeGreaterThan(0);
    expect(warnings[0]).toMatchObject({ reason: expect.stringMatching(/within 0\.05 s/) });
    ensemble.silent = false;
    await expect.poll(() => ensemble.sessions).toBeGreaterThan(1);
  });

  test("B3: what is not understood is not taken for a master", async () => {
    const ensemble = new MemoryEnsemble();
    ensemble.putText(1, "\u0000protobuf");
    const { ask } = detect(ensemble);
    await expect(ask()).rejects.toThrow(/json\.info_0000000001 is not understood/);
  });

  test("close ends everything, and a question after it", async () => {
    const ensemble = new MemoryEnsemble();
    const { detector } = detect(ensemble, { leaderMs: 60_000 });
    const abort = new AbortController();
    const asked = detector.masters(abort.signal);
    abort.abort(new Error("stopped"));
    await expect(asked).rejects.toThrow("stopped");
    await detector.close();
    expect(ensemble.open).toBe(0);
  });
});

describe("B3: a subscription follows the leader", () => {
  test("B3: it moves to a new leader at once, with the old master silent and its stream open", async () => {
    const [old, next] = [await harness.master(), await harness.master()];
    const ensemble = new MemoryEnsemble();
    ensemble.put(1, old.port);
    const { detector } = detect(ensemble);
    const reasons: string[] = [];
    const { connection, events } = harness.connect([], {
      detector,
      onState: (state, reason) => void (state === "disconnected" && reasons.push(reason)),
      timing: { backoffBaseMs: 60_000, backoffMaxMs: 60_000 },
    });
    const first = await old.subscriptions.next();
    first.accept(subscribed());
    await events.next();
    ensemble.put(2, next.port);
    ensemble.remove(1);
    (await next.subscriptions.next()).accept(subscribed());
    await events.next();
    await first.closed;
    expect(reasons).toEqual([`the leading master is http://127.0.0.1:${next.port} now`]);
    expect(await connection.call({ type: "REVIVE" })).toMatchObject({ kind: "accepted" });
    expect(next.calls.pending.map(({ type }) => type)).toEqual(["REVIVE"]);
    expect(old.subscriptions.pending).toHaveLength(0);
  });

  test("B3: a wait between attempts ends when the leader changes, and so does an attempt without an answer", async () => {
    const [dead, hanging, leader] = [await harness.master(), await harness.master(), await harness.master()];
    const ensemble = new MemoryEnsemble();
    ensemble.put(1, dead.port);
    await dead.close();
    const { detector } = detect(ensemble);
    const failures: string[] = [];
    const { events } = harness.connect([], {
      detector,
      onUnavailable: (reason) => void failures.push(reason),
      timing: { backoffBaseMs: 60_000, backoffMaxMs: 60_000 },
    });
    await expect.poll(() => failures.length).toBeGreaterThan(0);
    ensemble.put(2, hanging.port);
    ensemble.remove(1);
    await hanging.subscriptions.next();
    ensemble.put(3, leader.port);
    ensemble.remove(2);
    (await leader.subscriptions.next()).accept(subscribed());
    expect(await events.next()).toMatchObject({ type: "SUBSCRIBED" });
  });

  test("B3: news of the same leader disturbs nothing", async () => {
    const leader = await harness.master();
    const ensemble = new MemoryEnsemble();
    ensemble.put(4, leader.port);
    const { detector, moves } = detect(ensemble);
    const { events, connection } = harness.connect([], { detector });
    (await leader.subscriptions.next()).accept(subscribed());
    await events.next();
    await moves.next();
    ensemble.put(9, 1);
    ensemble.loseSessions();
    await expect.poll(() => ensemble.sessions).toBe(2);
    await expect.poll(() => ensemble.reads).toBe(2);
    expect(connection.state).toBe("subscribed");
    expect(moves.pending).toEqual([]);
  });

  test("the end of the connection ends the detector", async () => {
    const leader = await harness.master();
    const ensemble = new MemoryEnsemble();
    ensemble.put(4, leader.port);
    const { detector } = detect(ensemble);
    const { connection } = harness.connect([], { detector });
    (await leader.subscriptions.next()).accept(subscribed(), errorEvent("Framework failed over"));
    await connection.ended;
    expect(ensemble.open).toBe(0);
  });
});
