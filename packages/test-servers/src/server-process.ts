// A server process of a test. Its output goes to a file in the server's directory, and it dies with the test process.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export interface ServerCommand {
  /** Program and arguments. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** File to which stdout and stderr are appended. */
  readonly log: string;
  /** True when the server answers. It is asked repeatedly. */
  readonly ready: () => Promise<boolean>;
  /** Milliseconds to wait for `ready`; default 60 s. */
  readonly timeoutMs?: number;
}

export class ServerProcess {
  readonly #command: ServerCommand;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(command: ServerCommand) {
    this.#command = command;
    const output = openSync(command.log, "a");
    // With setpriv the kernel kills the server when the test process ends, in whatever way.
    this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...command.argv], {
      cwd: command.cwd,
      stdio: ["ignore", output, output],
    });
    closeSync(output);
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", () => resolve());
      this.#child.once("error", () => resolve());
    });
  }

  /** Starts it and waits until it is ready. Throws with the end of its output when it does not become ready. */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = ServerProcess.launch(command);
    await server.ready();
    return server;
  }

  /** Starts it without waiting, for members that become ready only together. */
  static launch(command: ServerCommand): ServerProcess {
    return new ServerProcess(command);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ready(): Promise<void> {
    const deadline = performance.now() + (this.#command.timeoutMs ?? 240_000);
    while (performance.now() < deadline) {
      if (!this.running) break;
      if (await this.#command.ready().catch(() => false)) return;
      await delay(50);
    }
    const state = this.running ? "does not answer" : "has ended";
    await this.kill();
    const output = readFileSync(this.#command.log, "utf8").slice(-2_000);
    throw new Error(`${this.#command.argv[0]} ${state}:\n${output}`);
  }

  /** Ends it with SIGTERM, and with SIGKILL after `graceMs`. */
  async stop(graceMs = 5_000): Promise<void> {
    if (!this.running) return;
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const ended = await Promise.race([this.#exited.then(() => true), delay(graceMs, false, { ref: false })]);
    if (!ended) await this.kill();
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /**
   * Stops it with SIGSTOP: connections stay open, but nothing is answered. Resolves when all of its threads have
   * stopped.
   */
  async pause(): Promise<void> {
    this.#child.kill("SIGSTOP");
    const stopped = (thread: string) => / [TtZX] /.test(readStat(this.pid, thread));
    while (this.running && !readdirSync(`/proc/${this.pid}/task`).every(stopped)) await delay(5);
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }
}

/** The state of a thread: the fields after its name in parentheses; ` X ` (dead) for a thread that has just ended. */
function readStat(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8").replace(/^.*\)/s, "").slice(0, 4);
  } catch {
    return " X ";
  }
}
