// The queues of status updates, one per task: only the oldest one is sent, and is sent again after 10 s, 20 s, … (600 s at
// most) and at once after every re-registration, always with the same uuid, until the framework has acknowledged it.
// Facts: recordings scheduler-lifecycle (t3) and agent-restart. Keeps nothing on disk: see status-updates.ts.
import type { Clock, Logger } from "@cke/foundation";
import { isTerminalTaskState, type TaskStatus } from "@cke/mesos";

const maxRetryMs = 600_000;

export interface StatusUpdateStreamsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** First wait for an acknowledgement. */
  readonly retryMs: number;
  /** Forwards an update; `latestState` is set when newer ones wait behind it. */
  readonly forward: (frameworkId: string, status: TaskStatus, latestState: string | undefined) => void;
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

export class StatusUpdateStreams {
  readonly #options: StatusUpdateStreamsOptions;
  readonly #streams = new Map<string, Stream>();
  #connected = false;

  constructor(options: StatusUpdateStreamsOptions) {
    this.#options = options;
  }

  /** True between connected() and disconnected(). */
  get listening(): boolean {
    return this.#connected;
  }

  /** False when the update came before or the task has already ended. */
  takes(frameworkId: string, status: TaskStatus): boolean {
    const taskId = status.task_id.value;
    const stream = this.#stream(frameworkId, taskId);
    if (stream.seen.has(status.uuid ?? "")) return false;
    if (!stream.ended) return true;
    this.#options.logger.warning("an update after the end of the task is dropped", { taskId, state: status.state });
    return false;
  }

  /** Appends an update; it goes out at once when none waits before it. */
  add(frameworkId: string, status: TaskStatus): void {
    const stream = this.#stream(frameworkId, status.task_id.value);
    this.#append(stream, status);
    if (stream.pending.length === 1) this.#send(stream);
  }

  /** True when this is the update whose acknowledgement is awaited. */
  awaits(frameworkId: string, taskId: string, uuid: string): boolean {
    const oldest = this.#streams.get(streamKey(frameworkId, taskId))?.pending[0];
    if (oldest?.uuid === uuid) return true;
    this.#options.logger.debug("an acknowledgement of no pending update is ignored", { taskId, uuid });
    return false;
  }

  /** The oldest update is acknowledged; true when it was the task's last. */
  acknowledged(frameworkId: string, taskId: string): boolean {
    const key = streamKey(frameworkId, taskId);
    const stream = this.#streams.get(key);
    const oldest = stream?.pending.shift();
    if (stream === undefined || oldest === undefined) return false;
    stream.attempts = 0;
    stream.cancelRetry();
    if (stream.pending.length > 0) this.#send(stream);
    else if (isTerminalTaskState(oldest.state)) return this.#streams.delete(key);
    return false;
  }

  /** Updates without an acknowledgement, oldest first. */
  pending(frameworkId: string, taskId: string): readonly TaskStatus[] {
    return this.#streams.get(streamKey(frameworkId, taskId))?.pending ?? [];
  }

  /** Appends what is known from before; nothing goes out until connected(). */
  restore(frameworkId: string, status: TaskStatus): void {
    this.#append(this.#stream(frameworkId, status.task_id.value), status);
  }

  /** The agent is registered (again): everything pending is sent. */
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

  #append(stream: Stream, status: TaskStatus): void {
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
