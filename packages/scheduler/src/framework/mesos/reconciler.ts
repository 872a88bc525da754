// Asks the Mesos master for the states of tasks: of all live ones after every subscription until each is answered, of
// those that stay silent after their launch, and of everything that the master knows (implicit) after that and every 15
// minutes. One run at a time, a large one in chunks, because a master answers all tasks of a call in one go. A missing
// answer does not mean a lost task: after its own restart a master says nothing about tasks of agents that are not back
// yet. Nor does it name these tasks, so that everything is asked for again when all agents are back.
import { Backoff, type Clock } from "@cke/foundation";
import {
  afterAnswer,
  afterCall,
  afterLostCall,
  agentsBackTaskId,
  beginImplicit,
  dueCall,
  type ImplicitCall,
  type ImplicitReconciliation,
  sentinelTaskId,
} from "./implicit-reconciliation.ts";
import type { MesosCalls } from "./mesos-calls.ts";

/** Tasks of one RECONCILE call: about 150 kB. */
export const chunkSize = 1_000;
/** The next chunk is sent when half of the last one was answered, or after this time. */
const chunkEveryMs = 1_000;

export interface ReconcileTask {
  readonly taskId: string;
  readonly agentId: string;
}

export class Reconciler {
  readonly #clock: Clock;
  readonly #calls: Pick<MesosCalls, "reconcile">;
  readonly #backoff: Backoff;
  #pending = new Map<string, ReconcileTask>();
  /** Tasks of this round that were not yet asked for. */
  #queue: ReconcileTask[] = [];
  /** Tasks of the last chunk that are not yet answered. */
  readonly #asked = new Set<string>();
  #chunkAtMs = 0;
  /** When the next round begins. */
  #nextMs = 0;
  /** Undefined before the first subscription. */
  #implicit: ImplicitReconciliation | undefined;

  constructor(clock: Clock, calls: Pick<MesosCalls, "reconcile">, random?: () => number) {
    this.#clock = clock;
    this.#calls = calls;
    this.#backoff = new Backoff({ baseMs: 4_000, maxMs: 30_000, ...(random === undefined ? {} : { random }) });
  }

  /** After a subscription: begins anew and ends a run that is under way. */
  async begin(live: readonly ReconcileTask[]): Promise<void> {
    this.#pending = new Map(live.map((task) => [task.taskId, task]));
    this.#queue = [];
    this.#asked.clear();
    this.#backoff.reset();
    this.#nextMs = 0;
    // The implicit reconciliation follows the first round. It finds tasks that the store does not have.
    this.#implicit = beginImplicit(this.#clock.now());
    await this.tick();
  }

  /**
   * What the answer for this id says, when it is the id of no task: the master has named every task, or all agents are
   * back. After the latter the next tick asks for everything.
   */
  answeredMark(taskId: string): "everything-named" | "agents-back" | undefined {
    if (this.#implicit === undefined) return undefined;
    const next = afterAnswer(this.#implicit, taskId, this.#clock.now());
    if (next === undefined) return undefined;
    this.#implicit = next;
    return taskId === sentinelTaskId ? "everything-named" : "agents-back";
  }

  /** Asks for a task from which an update is missing. */
  add(task: ReconcileTask): void {
    if (this.#pending.size === 0) {
      this.#backoff.reset();
      this.#nextMs = 0;
    }
    this.#pending.set(task.taskId, task);
  }

  /** Any update of a task is its answer. */
  answered(taskId: string): void {
    this.#pending.delete(taskId);
    this.#asked.delete(taskId);
  }

  /**
   * The master does not know the task. It may have to hear from the task's agent first, so the task is asked for again.
   */
  unknown(taskId: string): void {
    this.#asked.delete(taskId);
  }

  /** True while there is no answer for the task. */
  waitsFor(taskId: string): boolean {
    return this.#pending.has(taskId);
  }

  /** Number of tasks without an answer. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Sends what is due. Call it after every answer and every second. */
  async tick(): Promise<void> {
    const now = this.#clock.now();
    // Whether all agents are back is asked before everything else, so that its answer is there in time.
    await this.#askImplicitly(now, false);
    if (this.#queue.length === 0 && this.#pending.size > 0 && now >= this.#nextMs) {
      this.#queue = [...this.#pending.values()].reverse();
      this.#nextMs = now + this.#backoff.next();
      this.#asked.clear();
    }
    if (this.#queue.length > 0) await this.#chunk(now);
    await this.#askImplicitly(now, this.#queue.length === 0);
  }

  async #askImplicitly(now: number, explicitSent: boolean): Promise<void> {
    if (this.#implicit === undefined) return;
    const call = dueCall(this.#implicit, now, explicitSent);
    if (call === undefined) return;
    this.#implicit = afterCall(this.#implicit, call, now);
    if (!(await this.#sendImplicit(call))) this.#implicit = afterLostCall(this.#implicit, call, now);
  }

  async #sendImplicit(call: ImplicitCall): Promise<boolean> {
    if (call === "agents-back") return await this.#calls.reconcile([{ taskId: agentsBackTaskId, agentId: "" }]);
    if (!(await this.#calls.reconcile([]))) return false;
    return call === "everything" || (await this.#calls.reconcile([{ taskId: sentinelTaskId, agentId: "" }]));
  }

  async #chunk(now: number): Promise<void> {
    const busy = this.#asked.size > chunkSize / 2 && now - this.#chunkAtMs < chunkEveryMs;
    if (busy) return;
    const chunk: ReconcileTask[] = [];
    while (chunk.length < chunkSize) {
      const task = this.#queue.pop();
      if (task === undefined) break;
      // Another update may have answered it while it waited.
      if (this.#pending.has(task.taskId)) chunk.push(task);
    }
    this.#chunkAtMs = now;
    this.#asked.clear();
    for (const { taskId } of chunk) this.#asked.add(taskId);
    if (chunk.length > 0) await this.#calls.reconcile(chunk);
  }
}
