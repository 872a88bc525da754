// The executor of sleepers, as a program: each task is a command line, which runs as a process until it ends or is killed. It is made of
// what every executor is made of, and knows no containers.
import { type ChildProcess, spawn } from "node:child_process";
import { type ExecutorContext, type ExecutorDriver, type LaunchedTask, runExecutor } from "@cke/executor-core";

class SleeperDriver implements ExecutorDriver {
  readonly #running = new Map<string, ChildProcess>();
  readonly #killed = new Set<string>();
  #context: ExecutorContext | undefined;

  start(context: ExecutorContext): void {
    this.#context = context;
  }

  launch({ id, data }: LaunchedTask): void {
    const [program = "", ...args] = new TextDecoder().decode(data).split(" ");
    this.#context?.update(id, { state: "TASK_STARTING" });
    const child = spawn(program, args, { stdio: "ignore" });
    this.#running.set(id, child);
    child.once("spawn", () => this.#context?.update(id, { state: "TASK_RUNNING", healthy: true }));
    child.once("error", (error) => this.#over(id, "TASK_FAILED", error.message));
    child.once("exit", (code, signal) => {
      const state = this.#killed.has(id) ? "TASK_KILLED" : code === 0 ? "TASK_FINISHED" : "TASK_FAILED";
      this.#over(id, state, `it ended with ${signal ?? code}`);
    });
  }

  launchGroup(tasks: readonly LaunchedTask[]): void {
    for (const task of tasks) this.launch(task);
  }

  kill({ id }: LaunchedTask): void {
    this.#killed.add(id);
    this.#running.get(id)?.kill();
  }

  message(): void {}

  async shutdown(): Promise<void> {
    for (const id of this.#running.keys()) {
      this.#killed.add(id);
      this.#running.get(id)?.kill();
    }
    while (this.#running.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async agentLost(): Promise<void> {
    await this.shutdown();
  }

  async detach(): Promise<void> {
    await this.shutdown();
  }

  #over(id: string, state: "TASK_FINISHED" | "TASK_FAILED" | "TASK_KILLED", message: string): void {
    if (!this.#running.delete(id)) return;
    this.#context?.update(id, { state, message });
    if (this.#running.size === 0) this.#context?.end();
  }
}

process.exitCode = await runExecutor({
  program: "cke-sleeper",
  variables: process.env,
  createDriver: () => new SleeperDriver(),
});
