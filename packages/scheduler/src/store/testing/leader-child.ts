// Runs leader-process.ts as a child process and reads its output.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { StorageOptions } from "../storage/open-storage.ts";

export class LeaderChild {
  readonly #child: ChildProcess;
  /** Code and signal, when all that it has written was read too. */
  readonly #closed: Promise<readonly [number | null, NodeJS.Signals | null]>;
  #said = "";

  constructor(options: StorageOptions) {
    const program = fileURLToPath(new URL("leader-process.ts", import.meta.url));
    this.#child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (chunk) => {
      this.#said += chunk;
    });
    this.#closed = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve([code, signal])));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The last acknowledged count; 0 before the first one. */
  get acked(): number {
    return Number(/acked (\d+)\n(?![\s\S]*acked \d+\n)/.exec(this.#said.slice(-200))?.[1] ?? 0);
  }

  get said(): string {
    return this.#said;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The exit code, or the signal that ended the process; `said` is whole then. */
  async ended(): Promise<number | string> {
    const [code, signal] = await this.#closed;
    return code ?? signal ?? "";
  }
}
