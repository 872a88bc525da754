// Reliable delivery of status updates: a queue per task, each update durable before anybody hears of it, only the oldest
// on its way, sent again after 10 s, 20 s, … (600 s at most) and at once after every re-registration, always with the
// same uuid, until the framework has acknowledged it. Facts: recordings scheduler-lifecycle (t3) and agent-restart.
import type { Clock, Logger } from "@cke/foundation";
import { isTerminalTaskState, type TaskStatus } from "@cke/mesos";
import type { UpdateLine } from "./checkpoint-schema.ts";

const maxRetryMs = 600_000;

export interface StatusUpdatesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** First wait for an acknowledgement. */
  readonly retryMs: number;
  /** Makes a line durable; does nothing for a framework without checkpointing or a task the agent does not know. */
  readonly store: (frameworkId: string, taskId: string, line: UpdateLine) => Promise<void>;
  /** Forwards an update; `latestState` is set when newer ones wait behind it. */
  readonly forward: (frameworkId: string, status: TaskStatus, latestState: string | undefined) => void;
  /** The task's last update has been acknowledged. */
  readonly settled: (frameworkId: string, taskId: string) => Promise<void>;
}

interface Stream {
  readonly frameworkId: string;
  readonly taskId: string;
  readonly pending: TaskStatus[];
  readonly seen: Set<string>;
  ended: boolean;
  attempts: number;
  cancelRetry: () => void;
}

export class StatusUpdates {
  readonly #options: StatusUpdatesOptions;
  readonly #streams = new Map<string, Stream>();
  #connected = false;

  constructor(options: StatusUpdatesOptions) {
    this.#options = options;
  }

  /** True between connected() and disconnected(). */
  get listening(): boolean {
    return this.#connected;
  }

  /** Takes an update (with a uuid); false when it came before or the task has already ended. */
  async submit(frameworkId: string, status: TaskStatus): Promise<boolean> {
    const taskId = status.task_id.value;
    const stream = this.#stream(frameworkId, taskId);
    const { uuid = "" } = status;
    if (stream.seen.has(uuid)) return false;
    if (stream.ended) {
      this.#options.logger.warning("an update after the end of the task is dropped", { taskId, state: status.state });
      return false;
    }
    await this.#options.store(frameworkId, taskId, { update: status });
    this.#add(stream, status);
    if (stream.pending.length === 1) this.#send(stream);
    return true;
  }

  async acknowledge(frameworkId: string, taskId: string, uuid: string): Promise<void> {
    const stream = this.#streams.get(streamKey(frameworkId, taskId));
    const [oldest] = stream?.pending ?? [];
    if (stream === undefined || oldest === undefined || oldest.uuid !== uuid) {
      this.#options.logger.debug("an acknowledgement of no pending update is ignored", { taskId, uuid });
      return;
    }
    await this.#options.store(frameworkId, taskId, { acknowledged: uuid });
    stream.pending.shift();
    stream.attempts = 0;
    stream.cancelRetry();
    if (stream.pending.length > 0) {
      this.#send(stream);
    } else if (isTerminalTaskState(oldest.state)) {
      this.#streams.delete(streamKey(frameworkId, taskId));
      await this.#options.settled(frameworkId, taskId);
    }
  }

  /** Updates without an acknowledgement, oldest first. */
  pending(frameworkId: string, taskId: string): readonly TaskStatus[] {
    return this.#streams.get(streamKey(frameworkId, taskId))?.pending ?? [];
  }

  /** Takes over what an earlier agent process stored. */
  restore(frameworkId: string, taskId: string, lines: readonly UpdateLine[]): void {
    const stream = this.#stream(frameworkId, taskId);
    for (const line of lines) {
      if ("update" in line) this.#add(stream, line.update);
      else if (stream.pending[0]?.uuid === line.acknowledged) stream.pending.shift();
    }
  }

  /** The master listens (again): everything pending goes out. */
  connected(): void {
    this.#connected = true;
    for (const stream of this.#streams.values()) {
      stream.attempts = 0;
      if (stream.pending.length > 0) this.#send(stream);
    }
  }

  disconnected(): void {
    this.#connected = false;
    for (const stream of this.#streams.values()) stream.cancelRetry();
  }

  /** Forgets the updates of a framework that is gone. */
  drop(frameworkId: string): void {
    for (const [key, stream] of this.#streams) {
      if (stream.frameworkId !== frameworkId) continue;
      stream.cancelRetry();
      this.#streams.delete(key);
    }
  }

  #stream(frameworkId: string, taskId: string): Stream {
    const key = streamKey(frameworkId, taskId);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const base = { frameworkId, taskId, pending: [], seen: new Set<string>() };
    const stream: Stream = { ...base, ended: false, attempts: 0, cancelRetry: () => {} };
    this.#streams.set(key, stream);
    return stream;
  }

  #add(stream: Stream, status: TaskStatus): void {
    stream.pending.push(status);
    stream.seen.add(status.uuid ?? "");
    stream.ended ||= isTerminalTaskState(status.state);
  }

  #send(stream: Stream): void {
    const [oldest] = stream.pending;
    stream.cancelRetry();
    if (oldest === undefined || !this.#connected) return;
    const newest = stream.pending.at(-1);
    this.#options.forward(stream.frameworkId, oldest, newest === oldest ? undefined : newest?.state);
    const wait = Math.min(maxRetryMs, this.#options.retryMs * 2 ** Math.min(stream.attempts, 20));
    stream.attempts += 1;
    stream.cancelRetry = this.#options.clock.after(wait, () => this.#send(stream), { background: true });
  }
}

const streamKey = (frameworkId: string, taskId: string) => `${frameworkId}\0${taskId}`;
