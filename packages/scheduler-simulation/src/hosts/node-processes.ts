// The processes of a simulated node: they come up, become healthy, and end when they are killed or by themselves.
import type { TaskState } from "@cke/mesos";
import type { ExecutorHost } from "@cke/mesos-local/simulation";
import type { ProcessSpec, ProcessStateInit } from "@cke/protocol";
import { encodeReport, processData } from "./task-reports.ts";

interface Process {
  readonly taskId: string;
  readonly spec: ProcessSpec;
}

export class NodeProcesses {
  readonly #host: ExecutorHost;
  readonly #live = new Map<string, Process>();
  #begun = false;
  #halted = false;

  constructor(host: ExecutorHost) {
    this.#host = host;
  }

  add(taskId: string, spec: ProcessSpec): void {
    const process = { taskId, spec };
    this.#live.set(taskId, process);
    this.#host.update(taskId, "TASK_STARTING");
    if (this.#begun) this.#begin(process);
  }

  /** Starts them, because the node is ready. */
  begin(): void {
    this.#begun = true;
    for (const process of [...this.#live.values()]) this.#begin(process);
  }

  /** From now on none of them comes up. */
  halt(): void {
    this.#halted = true;
  }

  /** Number of processes whose tasks have not ended. */
  get size(): number {
    return this.#live.size;
  }

  /** Ends one of them; false when it does not exist any more. */
  kill(taskId: string): boolean {
    if (!this.#live.delete(taskId)) return false;
    this.#host.update(taskId, "TASK_KILLED");
    return true;
  }

  /** One of them ends by itself and is not started again; false when there is none. */
  fail(choose: (count: number) => number): boolean {
    const live = [...this.#live.values()];
    const process = live[choose(live.length)];
    if (process === undefined) return false;
    this.#live.delete(process.taskId);
    const value: ProcessStateInit = { name: process.spec.name, phase: "failed", reason: "exit status 1" };
    this.#host.update(process.taskId, "TASK_FAILED", { data: encodeReport({ report: { kind: "process", value } }) });
    return true;
  }

  endAll(state: TaskState, message: string): void {
    for (const { taskId } of this.#live.values()) this.#host.update(taskId, state, { message });
    this.#live.clear();
  }

  #begin(process: Process): void {
    const { taskId, spec } = process;
    const alive = () => this.#live.get(taskId) === process && !this.#halted;
    this.#after(100, 3_000, () => {
      if (!alive()) return;
      this.#host.update(taskId, "TASK_RUNNING", { healthy: false, ...processData(spec, false) });
      this.#after(200, 6_000, () => {
        if (!alive()) return;
        if (!spec.oneShot) {
          this.#host.update(taskId, "TASK_RUNNING", { healthy: true, ...processData(spec, true) });
          return;
        }
        this.#live.delete(taskId);
        this.#host.update(taskId, "TASK_FINISHED", processData(spec, true));
      });
    });
  }

  #after(leastMs: number, mostMs: number, action: () => void): void {
    this.#host.after(leastMs + this.#host.random() * (mostMs - leastMs), action);
  }
}
