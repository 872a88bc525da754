// Asks Mesos for tasks from which updates are missing. After a launch the ACCEPT may be lost, or the executor may not
// have come up. And Mesos does not report that an operator marks an agent gone that is out of reach.
import type { Clock } from "@cke/foundation";
import { launchesOf } from "../../workload/records/launches.ts";
import { isOutOfReach, type UnitRecord } from "../../workload/records/records.ts";
import type { Reconciler } from "../mesos/reconciler.ts";

/** A launched task without an update for this long is asked for. */
export const watchdogMs = 30_000;
/** A task out of reach is asked for at this interval. */
const awayMs = 60_000;

export interface LaunchWatchdogParts {
  readonly clock: Clock;
  readonly reconciler: Reconciler;
}

export class LaunchWatchdog {
  readonly #parts: LaunchWatchdogParts;
  /** When each task was asked for last, UNIX ms. */
  readonly #asked = new Map<string, number>();

  constructor(parts: LaunchWatchdogParts) {
    this.#parts = parts;
  }

  look(record: UnitRecord): void {
    const { clock, reconciler } = this.#parts;
    const now = clock.now();
    for (const { tasks, agentId } of launchesOf(record)) {
      for (const { taskId, state, changedAtMs } of tasks) {
        const everyMs = state === "TASK_INTENDED" ? watchdogMs : isOutOfReach({ state }) ? awayMs : undefined;
        if (everyMs === undefined || now - Math.max(changedAtMs, this.#asked.get(taskId) ?? 0) < everyMs) continue;
        this.#asked.set(taskId, now);
        reconciler.add({ taskId, agentId });
      }
    }
  }

  forget(taskId: string): void {
    this.#asked.delete(taskId);
  }
}
