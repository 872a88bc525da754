// cke-scheduler as a process of its own, for tests: started from its sources, watched through what it writes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { z } from "zod";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The configurations that are delivered. */
export const configurations = fileURLToPath(new URL("../../../../default_cfg", import.meta.url));

export class SchedulerProcess {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  /** The exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  #over = false;

  constructor(args: readonly string[], options: { readonly cwd: string; readonly environment?: NodeJS.ProcessEnv }) {
    const { PATH = "", NODE_COMPILE_CACHE } = process.env;
    const { cwd, environment = {} } = options;
    this.child = spawn(process.execPath, [main, ...args], { env: { PATH, NODE_COMPILE_CACHE, ...environment }, cwd });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.child, "close").then(([code]) => {
      this.#over = true;
      return z.number().nullable().parse(code);
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Its own URL, once it is up; fails with its words when it ends before. */
  async up(): Promise<string> {
    const line = /"url":"([^"]+)".*"message":"cke-scheduler is up"/;
    await expect.poll(() => this.over || line.test(this.stderr), { timeout: 240_000, interval: 20 }).toBe(true);
    const url = line.exec(this.stderr)?.[1];
    if (url === undefined) throw new Error(`the scheduler ended: ${this.stderr}`);
    return url;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it, whatever it does. */
  async end(): Promise<void> {
    if (this.over) return;
    this.child.kill("SIGKILL");
    await this.ended;
  }
}
