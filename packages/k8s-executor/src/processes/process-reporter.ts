// Sends the updates of one process's task: what matters at once, a change of the words alone a little later.
import type { ExecutorContext, TaskUpdate } from "@cke/executor-core";
import type { Clock } from "@cke/foundation";

/** A change of the words alone is reported this long after the last report, not at once. */
const wordsMs = 2_000;

export class ProcessReporter {
  readonly #taskId: string;
  readonly #context: Pick<ExecutorContext, "update">;
  readonly #clock: Clock;
  #reported: { readonly key: string; readonly words: string; readonly at: number } | undefined;
  #cancelWords: (() => void) | undefined;

  constructor(taskId: string, context: Pick<ExecutorContext, "update">, clock: Clock) {
    this.#taskId = taskId;
    this.#context = context;
    this.#clock = clock;
  }

  /** Two updates with equal keys differ in words only. */
  report(key: string, update: TaskUpdate): void {
    const words = update.message ?? "";
    const now = this.#clock.monotonic();
    const last = this.#reported;
    if (key !== last?.key || now - last.at >= wordsMs) {
      if (key === last?.key && words === last.words) return;
      this.#reported = { key, words, at: now };
      this.send(update);
      return;
    }
    this.hush();
    if (words === last.words) return;
    this.#cancelWords = this.#clock.after(wordsMs, () => this.report(key, update), { background: true });
  }

  /** Sends it now, whatever was sent before. */
  send(update: TaskUpdate): void {
    if (update.state !== "TASK_STARTING" && update.state !== "TASK_KILLING") this.hush();
    this.#context.update(this.#taskId, update);
  }

  /** The next report is sent in any case. */
  forget(): void {
    this.hush();
    this.#reported = undefined;
  }

  /** Words that were to be sent later are not sent. */
  hush(): void {
    this.#cancelWords?.();
    this.#cancelWords = undefined;
  }
}
