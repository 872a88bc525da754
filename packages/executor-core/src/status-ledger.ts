// Remembers status updates: which must still be sent, which wait for the agent's acknowledgement, and which tasks are missing in
// the agent's checkpoint. No I/O. Invariants: updates of a task keep their order; nothing follows a terminal
// update; an update is forgotten only when it was acknowledged, and a task with the acknowledgement of its end.
import { isTerminalTaskState, type TaskInfo, type TaskStatus } from "@cke/mesos";

interface Pending {
  readonly status: TaskStatus;
  readonly uuid: string;
  sent: boolean;
}

interface Entry {
  readonly info: TaskInfo;
  acknowledged: boolean;
  terminal: boolean;
}

/** What SUBSCRIBE carries so that a restarted agent learns what it missed. */
export interface Unacknowledged {
  readonly tasks: readonly TaskInfo[];
  readonly updates: readonly TaskStatus[];
}

/** How many ids of ended tasks are remembered: a process may be launched again and again while its node lives. */
const mostEnded = 10_000;

export class StatusLedger {
  readonly #tasks = new Map<string, Entry>();
  /** Oldest first. */
  readonly #ended = new Set<string>();
  #pending: Pending[] = [];

  /** Notes a launch; false when the task id is known already. */
  launched(info: TaskInfo): boolean {
    if (this.#tasks.has(info.task_id.value) || this.#ended.has(info.task_id.value)) return false;
    this.#tasks.set(info.task_id.value, { info, acknowledged: false, terminal: false });
    return true;
  }

  /** Tasks with an update that is not acknowledged yet, and tasks without a terminal update. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Ids of ended tasks that are still remembered. */
  get remembered(): number {
    return this.#ended.size;
  }

  /** The task while it is open (launched, no terminal update yet). */
  open(taskId: string): TaskInfo | undefined {
    const entry = this.#tasks.get(taskId);
    return entry === undefined || entry.terminal ? undefined : entry.info;
  }

  openTasks(): readonly TaskInfo[] {
    return [...this.#tasks.values()].filter((entry) => !entry.terminal).map((entry) => entry.info);
  }

  /**
   * Queues a status with its uuid; false when the task is unknown or has ended. An unsent update of the same state is
   * replaced by a newer one: while the agent is away, progress does not pile up.
   */
  add(status: TaskStatus & { readonly uuid: string }): boolean {
    const entry = this.#tasks.get(status.task_id.value);
    if (entry === undefined || entry.terminal) return false;
    entry.terminal = isTerminalTaskState(status.state);
    const last = this.#pending.findLast((pending) => pending.status.task_id.value === status.task_id.value);
    if (last !== undefined && !last.sent && last.status.state === status.state) {
      this.#pending = this.#pending.filter((pending) => pending !== last);
    }
    this.#pending.push({ status, uuid: status.uuid, sent: false });
    return true;
  }

  /** The oldest update that was not sent on this connection. */
  nextUnsent(): TaskStatus | undefined {
    return this.#pending.find((pending) => !pending.sent)?.status;
  }

  markSent(status: TaskStatus): void {
    for (const pending of this.#pending) if (pending.status === status) pending.sent = true;
  }

  /** The connection broke, or sending failed: `status` (default: everything unacknowledged) must go out again. */
  markUnsent(status?: TaskStatus): void {
    for (const pending of this.#pending) if (status === undefined || pending.status === status) pending.sent = false;
  }

  acknowledged(taskId: string, uuid: string): void {
    const entry = this.#tasks.get(taskId);
    if (entry !== undefined) entry.acknowledged = true;
    this.#pending = this.#pending.filter((pending) => pending.status.task_id.value !== taskId || pending.uuid !== uuid);
    if (entry?.terminal === true && this.#pending.every(({ status }) => status.task_id.value !== taskId))
      this.#forget(taskId);
  }

  #forget(taskId: string): void {
    this.#tasks.delete(taskId);
    this.#ended.add(taskId);
    const [oldest] = this.#ended;
    if (this.#ended.size > mostEnded && oldest !== undefined) this.#ended.delete(oldest);
  }

  unacknowledged(): Unacknowledged {
    return {
      tasks: [...this.#tasks.values()].filter((entry) => !entry.acknowledged).map((entry) => entry.info),
      updates: this.#pending.map((pending) => pending.status),
    };
  }

  /** Nothing waits for an acknowledgement. */
  settled(): boolean {
    return this.#pending.length === 0;
  }
}
