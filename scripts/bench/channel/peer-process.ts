// Starts a process of the measurement and talks with it.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { z } from "zod";
import { nodeOptionsOf } from "../../dist/programs.ts";

export const executorId = "cke.bench.n.1";

export class PeerProcess {
  readonly #child: ChildProcess;

  /** `wrapperSocket`: an executor's streams then go through that wrapper. */
  constructor(wrapperSocket?: string) {
    const args = wrapperSocket === undefined ? [] : [wrapperSocket];
    this.#child = fork(join(import.meta.dirname, "peer.ts"), args, {
      execArgv: ["--expose-gc", ...(wrapperSocket === undefined ? [] : nodeOptionsOf("cke-k8s-exec"))],
      serialization: "advanced",
    });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#child.on("message", listener);
  }

  send(message: object): void {
    this.#child.send(message);
  }

  /** The next message that fits. */
  async next<T>(schema: z.ZodType<T>): Promise<T> {
    for (;;) {
      const [message] = await once(this.#child, "message");
      const read = schema.safeParse(message);
      if (read.success) return read.data;
    }
  }

  async ask<T>(message: object, schema: z.ZodType<T>): Promise<T> {
    const answer = this.next(schema);
    this.send(message);
    return await answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}
