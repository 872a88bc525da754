import { type Clock, silentLogger } from "@cke/foundation";
import { newUuid, type TaskState, type TaskStatus } from "@cke/mesos";
import { expect, test } from "vitest";
import type { UpdateLine } from "../checkpoint/checkpoint-schema.ts";
import { StatusUpdates } from "./status-updates.ts";

function setup() {
  const timers: { ms: number; callback: () => void; cancelled: boolean }[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: () => Promise.resolve(),
    after: (ms, callback) => {
      const timer = { ms, callback, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
  };
  const log: string[] = [];
  const stored: UpdateLine[] = [];
  const updates = new StatusUpdates({
    clock,
    logger: silentLogger,
    retryMs: 10_000,
    store: async (_framework, _task, line) => {
      stored.push(line);
    },
    forward: (_framework, status, latest) => {
      log.push(`${status.state}${latest === undefined ? "" : ` (${latest})`}`);
    },
    settled: async (_framework, task) => {
      log.push(`settled ${task}`);
    },
  });
  const pendingTimers = () => timers.filter(({ cancelled }) => !cancelled);
  return { updates, log, stored, pendingTimers, timers };
}

const status = (state: TaskState): TaskStatus => ({ task_id: { value: "t" }, state, uuid: newUuid() });

test("updates go out one by one, in order, each after its acknowledgement", async () => {
  const { updates, log } = setup();
  const [running, finished] = [status("TASK_RUNNING"), status("TASK_FINISHED")];
  updates.connected();
  await updates.submit("f", running);
  await updates.submit("f", finished);
  await updates.acknowledge("f", "t", finished.uuid ?? "");
  await updates.acknowledge("f", "t", running.uuid ?? "");
  await updates.acknowledge("f", "t", finished.uuid ?? "");
  expect(log).toEqual(["TASK_RUNNING", "TASK_FINISHED", "settled t"]);
});

test("an update is sent again after 10, 20, 40 s with what has become of the task", async () => {
  const { updates, log, pendingTimers } = setup();
  updates.connected();
  await updates.submit("f", status("TASK_RUNNING"));
  await updates.submit("f", status("TASK_FAILED"));
  for (const ms of [10_000, 20_000, 40_000]) {
    const timer = pendingTimers().at(-1);
    expect(timer?.ms).toBe(ms);
    timer?.callback();
  }
  expect(log).toEqual(["TASK_RUNNING", ...Array(3).fill("TASK_RUNNING (TASK_FAILED)")]);
});

test("without a master updates are stored; with the next one they go out at once", async () => {
  const { updates, log, stored, pendingTimers } = setup();
  const running = status("TASK_RUNNING");
  await updates.submit("f", running);
  expect(log).toEqual([]);
  expect(stored).toEqual([{ update: running }]);
  updates.connected();
  updates.disconnected();
  expect(pendingTimers()).toEqual([]);
  updates.connected();
  expect(log).toEqual(["TASK_RUNNING", "TASK_RUNNING"]);
});

test("a repeated update and one after the end are not taken", async () => {
  const { updates } = setup();
  const failed = status("TASK_FAILED");
  expect(await updates.submit("f", failed)).toBe(true);
  expect(await updates.submit("f", failed)).toBe(false);
  expect(await updates.submit("f", status("TASK_RUNNING"))).toBe(false);
});

test("what was stored is taken over, acknowledged parts excepted", () => {
  const { updates } = setup();
  const [starting, running] = [status("TASK_STARTING"), status("TASK_RUNNING")];
  updates.restore("f", "t", [{ update: starting }, { update: running }, { acknowledged: starting.uuid ?? "" }]);
  expect(updates.pending("f", "t")).toEqual([running]);
});
