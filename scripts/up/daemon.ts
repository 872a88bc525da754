// A process that outlives the command that started it, remembered by pid and start time (pids are reused).
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

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

  /** Its pid while it lives. */
  pid(): number | undefined {
    try {
      const [pid, startTime] = readFileSync(this.#pidFile, "utf8").split(" ");
      return startTimeOf(Number(pid)) === startTime ? Number(pid) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Starts it in a session of its own, output appended to `log`. */
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
    writeFileSync(this.#pidFile, `${pid} ${startTimeOf(pid) ?? "0"}`);
    return pid;
  }

  /** TERM, then KILL after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const pid = this.pid();
    if (pid !== undefined) {
      process.kill(pid, "SIGTERM");
      for (const end = Date.now() + graceMs; this.pid() !== undefined && Date.now() < end; ) await delay(100);
      if (this.pid() !== undefined) process.kill(pid, "SIGKILL");
    }
    rmSync(this.#pidFile, { force: true });
  }
}
