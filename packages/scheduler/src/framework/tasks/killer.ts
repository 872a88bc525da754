// Kills tasks until they are terminal. Mesos delivers a KILL at most once, so it is repeated; an executor that does not react is
// shut down. A KILL removes no data, because Mesos sends some of its own: an order to remove it goes before each KILL that means
// it. What to kill follows from the steps, so nothing of this needs to be stored.
import type { Clock } from "@cke/foundation";
import { SchedulerMessage } from "@cke/protocol";
import type { MesosCalls } from "../mesos/mesos-calls.ts";

const killRetryMs = 5_000;
/** After this time without success the executor is told to shut down. */
const shutdownAfterMs = 120_000;

export interface KillTarget {
  readonly taskId: string;
  readonly agentId: string;
  readonly executorId: string;
  /** Instance of the unit: an executor of another instance keeps its data. "": the executor's id alone decides. */
  readonly instance: string;
  /** The unit's data is removed with it; otherwise the executor keeps it. */
  readonly removal: boolean;
}

interface Killing {
  readonly sinceMs: number;
  removal: boolean;
  lastMs: number;
  lastShutdownMs: number;
}

export class Killer {
  readonly #clock: Clock;
  readonly #calls: MesosCalls;
  readonly #killing = new Map<string, Killing>();

  constructor(clock: Clock, calls: MesosCalls) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Since when the task is being killed. */
  since(taskId: string): number | undefined {
    return this.#killing.get(taskId)?.sinceMs;
  }

  /** Sends KILL: at once the first time, then every `killRetryMs`. Call it for as long as the task must end. */
  async kill(target: KillTarget): Promise<void> {
    const now = this.#clock.now();
    const killing = this.#killing.get(target.taskId) ?? {
      sinceMs: now,
      removal: target.removal,
      lastMs: Number.NEGATIVE_INFINITY,
      lastShutdownMs: now,
    };
    this.#killing.set(target.taskId, killing);
    // A kill that was a stop has become a removal. The executor waits only a short time for the order.
    const more = target.removal && !killing.removal;
    if (now - killing.lastMs < killRetryMs && !more) return;
    killing.lastMs = now;
    killing.removal = target.removal;
    // Calls to one executor arrive in the order in which they are made, if they arrive.
    if (target.removal) await this.#orderRemoval(target);
    await this.#calls.kill(target.taskId, target.agentId);
    if (now - killing.sinceMs < shutdownAfterMs || now - killing.lastShutdownMs < killRetryMs * 6) return;
    killing.lastShutdownMs = now;
    await this.#calls.shutdown(target.executorId, target.agentId);
  }

  async #orderRemoval({ agentId, executorId, instance }: KillTarget): Promise<void> {
    const message = SchedulerMessage.encode({ message: { kind: "removeUnit", value: { executorId, instance } } });
    await this.#calls.message(agentId, executorId, message);
  }

  /** The task has ended, or need not be killed any more. */
  forget(taskId: string): void {
    this.#killing.delete(taskId);
  }
}
