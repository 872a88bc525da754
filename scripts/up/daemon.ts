// A process that outlives the command that started it. It is found again by pid and start time, because pids are
// reused.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { waitWhileProgress } from "./progress/progress-wait.ts";

/**
 * Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); undefined when it is gone or a zombie. The first thread
 * of a process that is killed may be a zombie while others still hold its ports and files.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" && readdirSync(`/proc/${pid}/task`).length < 2 ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process, which may have ended meanwhile: then it does nothing. */
export function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** A process that was killed and has not ended after this time hangs in the kernel. */
const killSilenceMs = 600_000;

export class Daemon {
  readonly #pidFile: string;

  constructor(pidFile: string) {
    this.#pidFile = pidFile;
  }

  /** Its pid while it runs. */
  pid(): number | undefined {
    try {
      const [pid, startTime] = readFileSync(this.#pidFile, "utf8").split(" ");
      return startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Starts it in a session of its own. Its output is appended to `log`. */
  start(
    program: string,
    args: readonly string[],
    log: string,
    environment: Readonly<Record<string, string>> = {},
  ): number {
    mkdirSync(dirname(this.#pidFile), { recursive: true });
    const output = openSync(log, "a", 0o600);
    const child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...environment },
    });
    closeSync(output);
    child.unref();
    const { pid } = child;
    if (pid === undefined) throw new Error(`${program} cannot be started`);
    this.#note(pid);
    return pid;
  }

  /** Notes the present process as the daemon. */
  claim(): void {
    mkdirSync(dirname(this.#pidFile), { recursive: true, mode: 0o700 });
    this.#note(process.pid);
  }

  /** Removes the note about the process, whether it runs or not. */
  forget(): void {
    rmSync(this.#pidFile, { force: true });
  }

  #note(pid: number): void {
    writeFileSync(this.#pidFile, `${pid} ${startTimeOf(pid) ?? "0"}`);
  }

  /**
   * Ends it as a crash does (SIGKILL), and resolves with its pid when it has ended, so that another one can have its ports and files.
   * Rejects when it does not run.
   */
  async kill(): Promise<number> {
    const pid = this.pid();
    if (pid === undefined) throw new Error(`the process of ${this.#pidFile} does not run`);
    await this.#kill(pid);
    return pid;
  }

  async #kill(pid: number): Promise<void> {
    sendSignal(pid, "SIGKILL");
    const look = async () => (this.pid() === undefined ? { done: true } : { progress: "", words: "" });
    await waitWhileProgress({ what: `pid ${pid} to end`, look, silentMs: killSilenceMs, pollMs: 20 });
  }

  /** Sends TERM, and KILL when it still runs after `graceMs`. Meanwhile it tells what it waits for. */
  async stop(graceMs: number, tell: (line: string) => void = () => {}): Promise<void> {
    const pid = this.pid();
    if (pid !== undefined) {
      sendSignal(pid, "SIGTERM");
      const look = async () => (this.pid() === undefined ? { done: true } : { progress: "", words: "" });
      await waitWhileProgress({ what: `pid ${pid} to end`, look, silentMs: graceMs, tell, pollMs: 100 }).catch(() => {
        tell(`pid ${pid} has not ended within ${graceMs / 1000} s: it is killed`);
        return this.#kill(pid);
      });
    }
    this.forget();
  }
}
