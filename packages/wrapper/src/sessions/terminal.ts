// Terminals without native code: `script` of util-linux owns the pseudo terminal, a line of shell in it reports its pid and
// device, and `stty` on that device sets the size (which makes the kernel send SIGWINCH, tty_ioctl(4)).
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import type { TerminalSize } from "@cke/protocol";
import { killGroup } from "../process/process-group.ts";

/** Descriptor on which the line of shell reports. */
const reportDescriptor = 3;

export interface Terminal {
  readonly pid: number;
  /** Like /dev/pts/0. */
  readonly device: string;
}

/** The command that runs `command` on a new terminal of that size. */
export function terminalCommand(command: readonly string[], size: TerminalSize | undefined): readonly string[] {
  const resize = size === undefined ? "" : `stty ${sizeArguments(size).join(" ")}; `;
  const line = `${resize}echo $$ $(tty) >&${reportDescriptor}; exec ${reportDescriptor}>&-; exec ${command.map(quote).join(" ")}`;
  // -e: exit code of the command. Echo must be asked for, because script's own input is no terminal.
  return ["/usr/bin/script", "--quiet", "--return", "--echo", "always", "--command", line, "/dev/null"];
}

/** Reads the report "pid device"; undefined when it is none. */
export function parseReport(text: string): Terminal | undefined {
  const match = /^(\d+) (\/dev\/\S+)\n$/.exec(text);
  if (match === null) return undefined;
  const [, pid = "", device = ""] = match;
  return { pid: Number(pid), device };
}

/** A word of shell that stands for exactly this text. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Runs `stty` with these arguments and resolves when it has ended, however it did. */
export type RunStty = (args: readonly string[]) => Promise<void>;

const runStty: RunStty = (args) =>
  new Promise((resolve) => {
    // A terminal that has just gone needs no size.
    execFile("stty", args, { timeout: 5_000 }, () => resolve());
  });

/**
 * Gives a terminal the newest size that was asked for: one `stty` at a time, for two at once may end in either order. stty
 * sets rows before columns, so that a program hears of both and may see the old columns at first.
 */
export class TerminalResizer {
  readonly #device: string;
  readonly #run: RunStty;
  #wanted: TerminalSize | undefined;
  #running = false;

  constructor(device: string, run: RunStty = runStty) {
    this.#device = device;
    this.#run = run;
  }

  resize(size: TerminalSize): void {
    this.#wanted = size;
    if (!this.#running) void this.#apply();
  }

  async #apply(): Promise<void> {
    this.#running = true;
    while (this.#wanted !== undefined) {
      const size = this.#wanted;
      this.#wanted = undefined;
      await this.#run(["-F", this.#device, ...sizeArguments(size)]);
    }
    this.#running = false;
  }
}

/** Signals what runs in the terminal's foreground, as a key stroke would; falls back to the session's own group. */
export function signalTerminal(terminal: Terminal, signal: NodeJS.Signals): void {
  killGroup(foregroundGroup(terminal.pid) ?? terminal.pid, signal);
}

/** Field 8 (tpgid) of /proc/<pid>/stat, proc_pid_stat(5). */
function foregroundGroup(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[5]);
    return group > 1 ? group : undefined;
  } catch {
    return undefined;
  }
}

function sizeArguments({ rows, columns }: TerminalSize): readonly string[] {
  return ["rows", String(rows), "cols", String(columns)];
}
