// A ProcessService for the tests of the REST layer: it remembers what it was asked.
import type { Probe } from "@cke/protocol";
import type { ProcessName, ProcessService } from "../../kubernetes/views/process-service.ts";

export class FakeProcessService implements ProcessService {
  readonly asked: { readonly name: ProcessName; readonly body: unknown; readonly by: string; readonly force?: true }[] =
    [];
  readonly waits: number[] = [];
  /** Thrown by every method. */
  failure: Error | undefined;
  warnings: readonly string[] = [];
  done = true;
  health: readonly Probe[] = [];

  async change(name: ProcessName, body: unknown, by: string, force = false) {
    if (this.failure !== undefined) throw this.failure;
    this.asked.push({ name, body, by, ...(force ? { force } : {}) });
    return { message: `${name.process} is restarted`, warnings: this.warnings };
  }

  checks() {
    if (this.failure !== undefined) throw this.failure;
    return this.health;
  }

  async settled(_name: ProcessName, waitMs: number) {
    this.waits.push(waitMs);
    return this.done ? { done: true, words: "" } : { done: false, words: "it is not healthy yet" };
  }
}
