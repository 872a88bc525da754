// All process tasks of one node. Passes on what concerns all of them, and events of the wrapper to the task of that process.
import type { TaskUpdate } from "@cke/executor-core";
import type { Clock } from "@cke/foundation";
import type { WatchEvent } from "@cke/protocol";
import type { ReadyNode } from "../node/kube-node-parts.ts";
import type { ProcessTask } from "./process-task.ts";

const waitingMs = 1_000;

export class ProcessTasks {
  readonly #clock: Clock;
  readonly #tasks = new Map<string, ProcessTask>();
  /** Tasks that only hold resources of a process, and how they end. */
  readonly #held = new Map<string, (update: TaskUpdate) => void>();
  #cancelWaiting: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(taskId: string): ProcessTask | undefined {
    return this.#tasks.get(taskId);
  }

  /** A new task for a process takes it over from the older task; the wrapper replaces the run. */
  add(task: ProcessTask): void {
    for (const older of this.#tasks.values()) {
      if (older.name === task.name) older.close({ state: "TASK_KILLED", message: `replaced by task ${task.taskId}` });
    }
    this.#tasks.set(task.taskId, task);
  }

  /** A task that runs nothing lives until its kill, or until the node ends. */
  hold(taskId: string, end: (update: TaskUpdate) => void): void {
    this.#held.set(taskId, end);
  }

  /** Ends a task that runs nothing; false when there is none of that id. */
  release(taskId: string, update: TaskUpdate): boolean {
    const end = this.#held.get(taskId);
    this.#held.delete(taskId);
    end?.(update);
    return end !== undefined;
  }

  /** In the order of their launch. */
  open(): readonly ProcessTask[] {
    return [...this.#tasks.values()].filter((task) => !task.ended);
  }

  /** Names of all processes that were ever launched by this executor. */
  names(): ReadonlySet<string> {
    return new Set([...this.#tasks.values()].map((task) => task.name));
  }

  begin({ wrapper, facts, adopted }: ReadyNode, signal: AbortSignal): void {
    this.#cancelWaiting?.();
    for (const task of this.open()) void task.begin(wrapper, facts.ip, !adopted, signal);
  }

  /** The task of a process that has not ended. */
  named(name: string): ProcessTask | undefined {
    return this.open().find((task) => task.name === name);
  }

  onEvent(event: WatchEvent): void {
    for (const task of this.open()) if (task.name === event.state?.name) task.onEvent(event);
  }

  /** The node is at this step of its launch. It is reported for the processes that wait only if the step takes some time. */
  waiting(why: string): void {
    this.#cancelWaiting?.();
    const tell = () => {
      for (const task of this.open()) task.waiting(why);
    };
    this.#cancelWaiting = this.#clock.after(waitingMs, tell, { background: true });
  }

  /** The node's wrapper does not answer, so the state of its processes is not known. */
  unresponsive(sinceMs: number, why: string): void {
    for (const task of this.open()) task.unresponsive(sinceMs, why);
  }

  responsive(): void {
    for (const task of this.open()) task.responsive();
  }

  /** The node is about to end them all, orderly or not. */
  expectEnd(): void {
    this.#cancelWaiting?.();
    for (const task of this.open()) task.expectEnd();
  }

  close(update: TaskUpdate): void {
    this.#cancelWaiting?.();
    for (const task of this.open()) task.close(update);
    for (const taskId of [...this.#held.keys()]) this.release(taskId, update);
  }
}
