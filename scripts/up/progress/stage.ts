// The stages of the set-up: prints what is being done and since when, and the last lines of a command that fails.
import { spawn } from "node:child_process";

const started = performance.now();
let noteWords: (line: string) => void = () => {};

/** From now on `note` gets every line that is shown, so that another command can report the progress of this one. */
export function noteProgress(note: (line: string) => void): void {
  noteWords = note;
}

/** Writes `[  12 s] text` to stderr. */
export function say(text: string): void {
  console.error(`[${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s] ${text}`);
  noteWords(text);
}

/** Says every `everyMs` that the work goes on, for work that says little itself. Returns its result. */
export async function saying<T>(what: string, work: () => Promise<T>, everyMs = 15_000): Promise<T> {
  const since = performance.now();
  const ticks = setInterval(() => say(`${what} (${((performance.now() - since) / 1000).toFixed(0)} s)`), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(ticks);
  }
}

export class CommandFailedError extends Error {
  constructor(command: string, code: number | null, words: string) {
    super(`${command} failed (${code === null ? "killed" : `exit code ${code}`})${words === "" ? "" : `:\n${words}`}`);
    this.name = "CommandFailedError";
  }
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Show the command's stderr on the terminal. */
  readonly progress?: boolean;
}

/** Runs a command to its end and returns its stdout. */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.environment },
    stdio: "pipe",
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-8000);
    if (!options.progress) return;
    process.stderr.write(text);
    const line = text.trim().split("\n").at(-1) ?? "";
    if (line !== "") noteWords(line);
  });
  child.stdin?.on("error", () => {}); // a program need not read its input
  child.stdin?.end(options.input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0)
    throw new CommandFailedError(
      `${program} ${args.join(" ")}`,
      code,
      options.progress ? "" : stderr.trim().split("\n").slice(-15).join("\n"), // otherwise it was shown already
    );
  return stdout;
}
