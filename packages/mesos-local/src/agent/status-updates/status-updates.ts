// Reliable delivery of status updates: the queues of status-update-streams.ts, where each update is durable before it is
// sent, and each acknowledgement is durable before the next update is sent.
import type { TaskStatus } from "@cke/mesos";
import type { UpdateLine } from "../checkpoint/checkpoint-schema.ts";
import { StatusUpdateStreams, type StatusUpdateStreamsOptions } from "./status-update-streams.ts";

interface StatusUpdatesOptions extends StatusUpdateStreamsOptions {
  /** Makes a line durable; does nothing for a framework without checkpointing or a task the agent does not know. */
  readonly store: (frameworkId: string, taskId: string, line: UpdateLine) => Promise<void>;
  /** The task's last update has been acknowledged. */
  readonly settled: (frameworkId: string, taskId: string) => Promise<void>;
}

/** Calls must not overlap: the agent makes them inside its queue. */
export class StatusUpdates {
  readonly #options: StatusUpdatesOptions;
  readonly #streams: StatusUpdateStreams;

  constructor(options: StatusUpdatesOptions) {
    this.#options = options;
    this.#streams = new StatusUpdateStreams(options);
  }

  /** True between connected() and disconnected(). */
  get listening(): boolean {
    return this.#streams.listening;
  }

  /** Takes an update (with a uuid); false when it came before or the task has already ended. */
  async submit(frameworkId: string, status: TaskStatus): Promise<boolean> {
    if (!this.#streams.takes(frameworkId, status)) return false;
    await this.#options.store(frameworkId, status.task_id.value, { update: status });
    this.#streams.add(frameworkId, status);
    return true;
  }

  async acknowledge(frameworkId: string, taskId: string, uuid: string): Promise<void> {
    if (!this.#streams.awaits(frameworkId, taskId, uuid)) return;
    await this.#options.store(frameworkId, taskId, { acknowledged: uuid });
    if (this.#streams.acknowledged(frameworkId, taskId)) await this.#options.settled(frameworkId, taskId);
  }

  /** Updates without an acknowledgement, oldest first. */
  pending(frameworkId: string, taskId: string): readonly TaskStatus[] {
    return this.#streams.pending(frameworkId, taskId);
  }

  /** Takes over what an earlier agent process stored. */
  restore(frameworkId: string, taskId: string, lines: readonly UpdateLine[]): void {
    const open: TaskStatus[] = [];
    for (const line of lines) {
      if ("update" in line) {
        open.push(line.update);
        this.#streams.restore(frameworkId, line.update);
      } else if (open[0]?.uuid === line.acknowledged) {
        open.shift();
        this.#streams.acknowledged(frameworkId, taskId);
      }
    }
  }

  /** The agent is registered (again): everything pending is sent. */
  connected(): void {
    this.#streams.connected();
  }

  disconnected(): void {
    this.#streams.disconnected();
  }

  /** Forgets the updates of a framework that is gone. */
  drop(frameworkId: string): void {
    this.#streams.drop(frameworkId);
  }
}
