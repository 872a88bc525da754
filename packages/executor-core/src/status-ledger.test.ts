// The ledger's invariants: order, coalescing of what was not sent, nothing after the end, nothing forgotten too early.
import { newUuid, type TaskInfo, type TaskState } from "@cke/mesos";
import { describe, expect, test } from "vitest";
import { StatusLedger } from "./status-ledger.ts";

const task = (id: string): TaskInfo => ({ name: id, task_id: { value: id }, agent_id: { value: "a" } });
const status = (id: string, state: TaskState, message = "") => ({
  task_id: { value: id },
  state,
  message,
  uuid: newUuid(),
});

function ledgerWith(...ids: string[]) {
  const ledger = new StatusLedger();
  for (const id of ids) ledger.launched(task(id));
  return ledger;
}

describe("status ledger", () => {
  test("knows a launch once", () => {
    const ledger = ledgerWith("t");
    expect(ledger.launched(task("t"))).toBe(false);
    expect(ledger.openTasks()).toHaveLength(1);
  });

  test("refuses updates of unknown and of ended tasks", () => {
    const ledger = ledgerWith("t");
    expect(ledger.add(status("other", "TASK_RUNNING"))).toBe(false);
    expect(ledger.add(status("t", "TASK_KILLED"))).toBe(true);
    expect(ledger.add(status("t", "TASK_RUNNING"))).toBe(false);
    expect(ledger.open("t")).toBeUndefined();
  });

  test("keeps order, and replaces only what was neither sent nor of another state", () => {
    const ledger = ledgerWith("t");
    const first = status("t", "TASK_STARTING", "1");
    ledger.add(first);
    ledger.markSent(first);
    ledger.add(status("t", "TASK_STARTING", "2"));
    ledger.add(status("t", "TASK_STARTING", "3"));
    ledger.add(status("t", "TASK_RUNNING", "4"));
    expect(ledger.unacknowledged().updates.map(({ message }) => message)).toEqual(["1", "3", "4"]);
    expect(ledger.nextUnsent()?.message).toBe("3");
    ledger.markUnsent();
    expect(ledger.nextUnsent()?.message).toBe("1");
  });

  test("forgets an update when its very uuid is acknowledged, and the task's launch with the first of them", () => {
    const ledger = ledgerWith("t", "u");
    const update = status("t", "TASK_RUNNING");
    ledger.add(update);
    ledger.acknowledged("t", newUuid());
    expect(ledger.settled()).toBe(false);
    ledger.acknowledged("t", update.uuid);
    expect(ledger.settled()).toBe(true);
    expect(ledger.unacknowledged().tasks.map(({ name }) => name)).toEqual(["u"]);
  });

  test("a task that ended is forgotten once its end is acknowledged, but not that it was here", () => {
    const ledger = ledgerWith("t", "u");
    const end = status("t", "TASK_FAILED");
    ledger.add(end);
    expect(ledger.size).toBe(2);
    ledger.acknowledged("t", newUuid());
    expect(ledger.size).toBe(2);
    ledger.acknowledged("t", end.uuid);
    expect(ledger.size).toBe(1);
    expect(ledger.unacknowledged().tasks.map(({ name }) => name)).toEqual(["u"]);
    expect(ledger.launched(task("t"))).toBe(false);
    expect(ledger.add(status("t", "TASK_RUNNING"))).toBe(false);
    expect(ledger.open("t")).toBeUndefined();
  });

  test("a process that is launched again for months takes no more memory for it", () => {
    const ledger = new StatusLedger();
    for (let attempt = 0; attempt < 20_000; attempt += 1) {
      const id = `t.${attempt}`;
      ledger.launched(task(id));
      const end = status(id, "TASK_FAILED");
      ledger.add(end);
      ledger.acknowledged(id, end.uuid);
    }
    expect(ledger.size).toBe(0);
    expect(ledger.remembered).toBeLessThanOrEqual(10_000);
    expect(ledger.launched(task("t.19999"))).toBe(false);
  });
});
