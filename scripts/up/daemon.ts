// A process that outlives the command that started it. It is found again by pid and start time, because pids are
// reused.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { waitWhileProgress } from "./progress/progress-wait.ts";

/** Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); undefined when it is gone or a zombie. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

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

  /** Sends TERM, and KILL when it still runs after `graceMs`. Meanwhile it tells what it waits for. */
  async stop(graceMs: number, tell: (line: string) => void = () => {}): Promise<void> {
    const pid = this.pid();
    if (pid !== undefined) {
      process.kill(pid, "SIGTERM");
      const look = async () => (this.pid() === undefined ? { done: true } : { progress: "", words: "" });
      await waitWhileProgress({ what: `pid ${pid} to end`, look, silentMs: graceMs, tell, pollMs: 100 }).catch(() => {
        tell(`pid ${pid} has not ended within ${graceMs / 1000} s: it is killed`);
        if (this.pid() !== undefined) process.kill(pid, "SIGKILL");
      });
    }
    this.forget();
  }
}
