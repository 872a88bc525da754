// The processes of a simulated node: they come up, become healthy, follow what they are to be, and end when they are killed or by
// themselves. Beside them are tasks that run nothing and hold resources.
import type { TaskState } from "@cke/mesos";
import type { ExecutorHost } from "@cke/mesos-local/simulation";
import {
  NodeProcesses as NodeProcessesMessage,
  type ProcessSpec,
  type ProcessStateInit,
  type ProcessTask,
} from "@cke/protocol";
import { encodeReport, processData } from "./task-reports.ts";

interface Process {
  readonly taskId: string;
  readonly spec: ProcessSpec;
  readonly version: string;
  readonly stopped: boolean;
}

export class NodeProcesses {
  readonly #host: ExecutorHost;
  readonly #live = new Map<string, Process>();
  /** Tasks that hold resources. */
  readonly #held = new Set<string>();
  #begun = false;
  #halted = false;

  constructor(host: ExecutorHost) {
    this.#host = host;
  }

  add(taskId: string, spec: ProcessSpec, { version, stopped }: Pick<ProcessTask, "version" | "stopped">): void {
    const process = { taskId, spec, version, stopped };
    this.#live.set(taskId, process);
    this.#host.update(taskId, "TASK_STARTING");
    if (this.#begun) this.#begin(process);
  }

  hold(taskId: string): void {
    this.#held.add(taskId);
    this.#host.update(taskId, "TASK_RUNNING", { healthy: true });
  }

  /** Each of them is to be this from now on. */
  follow(state: Uint8Array): void {
    for (const { spec, version, stopped } of NodeProcessesMessage.decode(state).processes) {
      const present = [...this.#live.values()].find((one) => one.spec.name === spec?.name);
      if (spec === undefined || present === undefined || present.version === version || this.#halted) continue;
      const process = { ...present, spec, version, stopped };
      this.#live.set(process.taskId, process);
      if (this.#begun) this.#begin(process);
    }
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

  /** Number of tasks that have not ended. */
  get size(): number {
    return this.#live.size + this.#held.size;
  }

  /** Ends one of them; false when it is no process that runs. */
  kill(taskId: string): boolean {
    const held = this.#held.delete(taskId);
    if (!held && !this.#live.delete(taskId)) return false;
    this.#host.update(taskId, "TASK_KILLED");
    return !held;
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
    for (const taskId of [...this.#live.keys(), ...this.#held]) this.#host.update(taskId, state, { message });
    this.#live.clear();
    this.#held.clear();
  }

  #begin(process: Process): void {
    const { taskId, spec } = process;
    const alive = () => this.#live.get(taskId) === process && !this.#halted;
    this.#after(100, 3_000, () => {
      if (!alive()) return;
      this.#host.update(taskId, "TASK_RUNNING", { healthy: false, ...processData(process, false) });
      if (process.stopped) return;
      this.#after(200, 6_000, () => {
        if (!alive()) return;
        if (!spec.oneShot) {
          this.#host.update(taskId, "TASK_RUNNING", { healthy: true, ...processData(process, true) });
          return;
        }
        this.#live.delete(taskId);
        this.#host.update(taskId, "TASK_FINISHED", processData(process, true));
      });
    });
  }

  #after(leastMs: number, mostMs: number, action: () => void): void {
    this.#host.after(leastMs + this.#host.random() * (mostMs - leastMs), action);
  }
}
