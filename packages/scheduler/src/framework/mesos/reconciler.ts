// Asks the master what became of tasks: of all live ones after every subscription until each was answered, of those that
// stay silent after their launch, and of everything that the master knows (implicit) after that and every 15 minutes.
// One run at a time, and a big one in chunks: a master answers every task of a call at once, in one go of its only thread.
// No answer is not loss: right after its own restart a master is silent about tasks of agents that are not back yet.
import { Backoff, type Clock } from "@cke/foundation";
import type { MesosCalls } from "./mesos-calls.ts";

export const implicitEveryMs = 900_000;
/** Tasks of one RECONCILE: about 150 kB. */
export const chunkSize = 1_000;
/** The next chunk goes when half of the last one was answered, or after this long. */
const chunkEveryMs = 1_000;

/** No task has this id: a master answers in order, so that its answer ends those of the implicit one before it. */
export const sentinelTaskId = "cke-reconciliation-end";

export interface ReconcileTask {
  readonly taskId: string;
  readonly agentId: string;
}

export class Reconciler {
  readonly #clock: Clock;
  readonly #calls: Pick<MesosCalls, "reconcile">;
  readonly #backoff: Backoff;
  #pending = new Map<string, ReconcileTask>();
  /** Tasks of this round that were not asked for yet. */
  #queue: ReconcileTask[] = [];
  /** Tasks of the last chunk without an answer. */
  readonly #asked = new Set<string>();
  #chunkAtMs = 0;
  /** When the next round begins. */
  #nextMs = 0;
  #implicitMs = 0;
  /** The first implicit one of a subscription: who waits for its end hears of the sentinel. */
  #first = true;

  constructor(clock: Clock, calls: Pick<MesosCalls, "reconcile">, random?: () => number) {
    this.#clock = clock;
    this.#calls = calls;
    this.#backoff = new Backoff({ baseMs: 4_000, maxMs: 30_000, ...(random === undefined ? {} : { random }) });
  }

  /** After a (re)subscription: everything anew; a run that was under way ends. */
  async begin(live: readonly ReconcileTask[]): Promise<void> {
    this.#pending = new Map(live.map((task) => [task.taskId, task]));
    this.#queue = [];
    this.#asked.clear();
    this.#backoff.reset();
    this.#nextMs = 0;
    // Implicit right after the first round: it finds tasks that the store does not know.
    this.#implicitMs = this.#clock.now();
    this.#first = true;
    await this.tick();
  }

  /** Asks for a task that should have been heard of. */
  add(task: ReconcileTask): void {
    if (this.#pending.size === 0) {
      this.#backoff.reset();
      this.#nextMs = 0;
    }
    this.#pending.set(task.taskId, task);
  }

  /** Any update of a task answers for it; nothing more is asked. */
  answered(taskId: string): void {
    this.#pending.delete(taskId);
    this.#asked.delete(taskId);
  }

  /** The master said that it knows nothing: it may have to hear of the task's agent first, and is asked again. */
  unknown(taskId: string): void {
    this.#asked.delete(taskId);
  }

  /** True while nobody has said what became of the task. */
  waitsFor(taskId: string): boolean {
    return this.#pending.has(taskId);
  }

  /** Tasks that were not answered for yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Sends what is due. Call it after every answer and every second. */
  async tick(): Promise<void> {
    const now = this.#clock.now();
    if (this.#queue.length === 0 && this.#pending.size > 0 && now >= this.#nextMs) {
      this.#queue = [...this.#pending.values()].reverse();
      this.#nextMs = now + this.#backoff.next();
      this.#asked.clear();
    }
    if (this.#queue.length > 0) await this.#chunk(now);
    if (this.#queue.length === 0 && this.#implicitMs > 0 && now >= this.#implicitMs) {
      this.#implicitMs = now + implicitEveryMs;
      await this.#calls.reconcile([]);
      if (this.#first) await this.#calls.reconcile([{ taskId: sentinelTaskId, agentId: "" }]);
      this.#first = false;
    }
  }

  async #chunk(now: number): Promise<void> {
    const busy = this.#asked.size > chunkSize / 2 && now - this.#chunkAtMs < chunkEveryMs;
    if (busy) return;
    const chunk: ReconcileTask[] = [];
    while (chunk.length < chunkSize) {
      const task = this.#queue.pop();
      if (task === undefined) break;
      // It may have been answered by another update while it waited for its turn.
      if (this.#pending.has(task.taskId)) chunk.push(task);
    }
    this.#chunkAtMs = now;
    this.#asked.clear();
    for (const { taskId } of chunk) this.#asked.add(taskId);
    if (chunk.length > 0) await this.#calls.reconcile(chunk);
  }
}
