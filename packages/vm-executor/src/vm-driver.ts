// The ExecutorDriver of virtual machines. This build has no libvirt part: it says so for every task instead of pretending.
import type { ExecutorContext, ExecutorDriver, LaunchedTask } from "@cke/executor-core";

export const notAvailable = "this build of cke-vm-exec does not run virtual machines yet";

export class VmDriver implements ExecutorDriver {
  #context: ExecutorContext | undefined;

  start(context: ExecutorContext): void {
    this.#context = context;
  }

  /** Fails the task and ends the executor: nothing of it can run here. */
  launch({ id }: LaunchedTask): void {
    this.#context?.update(id, {
      state: "TASK_FAILED",
      message: notAvailable,
      reason: "REASON_CONTAINER_LAUNCH_FAILED",
    });
    this.#context?.end();
  }

  launchGroup(tasks: readonly LaunchedTask[]): void {
    for (const task of tasks) this.launch(task);
  }

  kill(): void {}

  message(): void {}

  async shutdown(): Promise<void> {}

  async agentLost(): Promise<void> {}

  async detach(): Promise<void> {}
}
