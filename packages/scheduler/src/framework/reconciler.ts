// Asks the master what became of tasks: of all live ones after every subscription until each was answered, of those that
// stay silent after their launch, and of everything that the master knows (implicit) every 15 minutes.
import { Backoff, type Clock } from "@cke/foundation";
import type { MesosCalls } from "./mesos-calls.ts";

export const implicitEveryMs = 900_000;

export interface ReconcileTask {
  readonly taskId: string;
  readonly agentId: string;
}

export class Reconciler {
  readonly #clock: Clock;
  readonly #calls: MesosCalls;
  readonly #backoff: Backoff;
  #pending = new Map<string, ReconcileTask>();
  #nextMs = 0;
  #implicitMs = 0;

  constructor(clock: Clock, calls: MesosCalls, random?: () => number) {
    this.#clock = clock;
    this.#calls = calls;
    this.#backoff = new Backoff({ baseMs: 4_000, maxMs: 30_000, ...(random === undefined ? {} : { random }) });
  }

  /** After a (re)subscription: everything anew. */
  async begin(live: readonly ReconcileTask[]): Promise<void> {
    this.#pending = new Map(live.map((task) => [task.taskId, task]));
    this.#backoff.reset();
    this.#nextMs = 0;
    // Implicit at once as well: it finds tasks that the store does not know.
    this.#implicitMs = this.#clock.now() + implicitEveryMs;
    await this.#calls.reconcile([]);
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

  /** Any update of a task answers for it. */
  answered(taskId: string): void {
    this.#pending.delete(taskId);
  }

  /** Tasks that were not answered for yet. */
  get pending(): number {
    return this.#pending.size;
  }

  async tick(): Promise<void> {
    const now = this.#clock.now();
    if (this.#implicitMs > 0 && now >= this.#implicitMs) {
      this.#implicitMs = now + implicitEveryMs;
      await this.#calls.reconcile([]);
    }
    if (this.#pending.size === 0 || now < this.#nextMs) return;
    this.#nextMs = now + this.#backoff.next();
    await this.#calls.reconcile([...this.#pending.values()]);
  }
}
