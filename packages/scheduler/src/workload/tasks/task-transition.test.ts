import type { TaskStatus } from "@cke/mesos";
import { expect, test } from "vitest";
import { newTaskRecord, type TaskRecord } from "../records/records.ts";
import { applyStatus } from "./task-transition.ts";

const now = 1_000_000;
const record = (overrides: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ taskId: "t", process: "etcd", configHash: "h", failures: 0 }, now),
  ...overrides,
});
/** An update of the executor, with a uuid. */
const sent = (state: TaskStatus["state"], timestamp = 10, more: Partial<TaskStatus> = {}): TaskStatus => ({
  task_id: { value: "t" },
  state,
  timestamp,
  uuid: `u${timestamp}`,
  ...more,
});
/** An update of the Mesos master itself. */
const told = (state: TaskStatus["state"], more: Partial<TaskStatus> = {}): TaskStatus => ({
  task_id: { value: "t" },
  state,
  timestamp: 99,
  reason: "REASON_RECONCILIATION",
  ...more,
});
const running = record({
  state: "TASK_RUNNING",
  statusTimestamp: 10,
  statusUuid: "u10",
  startedAtMs: 10_000,
  healthy: true,
  report: "AA==",
});

test.each<readonly [string, TaskRecord, TaskStatus, string | undefined]>([
  ["first word", record(), sent("TASK_STARTING"), "TASK_STARTING"],
  ["duplicate", running, sent("TASK_RUNNING", 10), undefined],
  ["older", running, sent("TASK_STARTING", 5), undefined],
  ["newer of the same state", running, sent("TASK_RUNNING", 11, { healthy: false }), "TASK_RUNNING"],
  ["end", running, sent("TASK_FAILED", 12), "TASK_FAILED"],
  ["end that seems older", running, sent("TASK_FAILED", 1), "TASK_FAILED"],
  ["after the end", record({ state: "TASK_FAILED" }), sent("TASK_RUNNING", 99), "TASK_FAILED"],
  ["second end", record({ state: "TASK_KILLED" }), told("TASK_GONE"), undefined],
  ["LOST comes back", record({ state: "TASK_LOST" }), told("TASK_RUNNING"), "TASK_RUNNING"],
  ["reconciled, nothing new", running, told("TASK_RUNNING"), undefined],
  ["reconciled, lags behind", running, told("TASK_STARTING"), undefined],
  ["reconciled, further", record({ state: "TASK_STARTING" }), told("TASK_RUNNING"), "TASK_RUNNING"],
  ["reconciled, gone", running, told("TASK_GONE"), "TASK_GONE"],
  ["out of reach", running, told("TASK_UNREACHABLE"), "TASK_UNREACHABLE"],
  ["still out of reach", record({ state: "TASK_UNREACHABLE" }), told("TASK_UNREACHABLE"), undefined],
  ["reached again, by the master", record({ state: "TASK_UNREACHABLE" }), told("TASK_RUNNING"), "TASK_RUNNING"],
  [
    "reached again, by the agent",
    record({ state: "TASK_UNREACHABLE", statusTimestamp: 50 }),
    sent("TASK_RUNNING", 60),
    "TASK_RUNNING",
  ],
  [
    "out of reach, and an old update comes late",
    record({ state: "TASK_UNREACHABLE", statusTimestamp: 50 }),
    sent("TASK_STARTING", 40),
    undefined,
  ],
  ["unknown, never heard of", record(), told("TASK_UNKNOWN"), "TASK_DROPPED"],
  ["unknown, but it ran", running, told("TASK_UNKNOWN"), "TASK_UNKNOWN"],
])("%s", (_title, before, status, state) => {
  expect(applyStatus(before, status, now)?.state).toBe(state);
});

test("a reconciliation without data keeps the report and the health", () => {
  const away = record({ ...running, state: "TASK_UNREACHABLE" });
  const back = applyStatus(away, told("TASK_RUNNING"), now);
  expect(back).toMatchObject({ report: "AA==", healthy: true, statusUuid: "u10" });
});

test("B13: a healthy task that was out of reach is healthy again when a master tells that it is back", () => {
  const away = applyStatus(running, told("TASK_UNREACHABLE"), now);
  expect(away && applyStatus(away, told("TASK_RUNNING"), now)).toMatchObject({ healthy: true });
  expect(away && applyStatus(away, told("TASK_RUNNING", { healthy: false }), now)).toMatchObject({ healthy: false });
  const sick = applyStatus({ ...running, healthy: false }, told("TASK_UNREACHABLE"), now);
  // It became healthy while it was out of reach; the agent reported it to the Mesos master when it registered.
  expect(sick && applyStatus(sick, told("TASK_RUNNING", { healthy: true }), now)).toMatchObject({ healthy: true });
});

test("an update after a reconciliation still counts, although the master's time is later", () => {
  const reconciled = applyStatus(
    record({ state: "TASK_STARTING", statusTimestamp: 5, statusUuid: "u5" }),
    told("TASK_RUNNING"),
    now,
  );
  expect(reconciled).toBeDefined();
  expect(
    applyStatus(reconciled ?? record(), sent("TASK_RUNNING", 11, { data: "Ag==", healthy: true }), now),
  ).toMatchObject({ report: "Ag==", healthy: true });
});

test("every end by itself delays the next launch longer", () => {
  const delay = (failures: number) => {
    const ended = applyStatus(record({ failures }), sent("TASK_FAILED"), now);
    return [ended?.failures, (ended?.retryAtMs ?? 0) - now];
  };
  expect([delay(0), delay(1), delay(3), delay(20)]).toEqual([
    [1, 1_000],
    [2, 2_000],
    [4, 8_000],
    [21, 120_000],
  ]);
});
