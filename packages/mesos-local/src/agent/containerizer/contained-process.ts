// An executor's (or a command task's) process: started in a session of its own so that it outlives the agent, behind a
// small shell that (1) waits until the agent has made the pid durable and ends if the agent dies before that, (2) leaves
// the exit code in a file, so that the status is known even when another agent process waits for it.
// The shell ignores SIGTERM, which the command has to handle.
// A shell reports death by signal N as code 128 + N; codes 129–192 are therefore taken for signals.
import { spawn } from "node:child_process";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { constants } from "node:os";
import { CkeError, type Clock } from "@cke/foundation";
import { identify, isAlive, listPrograms, type ProcessIdentity, signalAll, signalContainer } from "./process-table.ts";
import type { SystemUser } from "./system-user.ts";

/** Name of that shell in lists of processes. */
export const shellName = "cke-agent-shell";

const shim = `{ echo ${shellName} >/proc/self/comm; } 2>/dev/null
read -r cke_go || exit 125
unset cke_go
exec </dev/null
umask 022
trap : HUP INT TERM
"$@" 3>&-
code=$?
echo "$code" >&3
exit "$code"`;

const pollMs = 250;

interface ContainedCommand {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Gets the exit code. */
  readonly statusFile: string;
  /** See ProcessIdentity. */
  readonly mark?: string;
  /** Another user to run as; only root can do that. */
  readonly user?: SystemUser;
}

export interface ContainedProcess {
  readonly identity: ProcessIdentity;
  /** Raw wait status; undefined when it is not known. Everything else in the container is killed by then. */
  readonly exited: Promise<number | undefined>;
}

/** A process that waits for `release()`. */
interface HeldProcess extends ContainedProcess {
  release(): void;
}

/** Raw wait status, as waitpid() gives it. */
export function waitStatus(code: number, signal = 0): number {
  if (signal > 0) return signal;
  return code > 128 && code <= 192 ? code - 128 : code << 8;
}

/** Starts a command, held back until `release()`. Throws CkeError `launch_failed`. */
export async function startContained(command: ContainedCommand): Promise<HeldProcess> {
  const files: FileHandle[] = [];
  try {
    for (const path of [command.stdout, command.stderr, command.statusFile]) files.push(await open(path, "a", 0o644));
    const [stdout, stderr, status] = files.map((file) => file.fd);
    const child = spawn("/bin/sh", ["-c", shim, "sh", ...command.argv], {
      cwd: command.directory,
      env: { ...command.environment },
      detached: true,
      stdio: ["pipe", stdout, stderr, status],
      ...(command.user === undefined ? {} : { uid: command.user.uid, gid: command.user.gid }),
    });
    const ended = new Promise<number | undefined>((resolve) => {
      child.once("exit", (code, signal) => resolve(waitStatus(code ?? 0, signalNumber(signal))));
    });
    const { stdin, pid } = child;
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(new CkeError("launch_failed", cause.message, { cause })));
    });
    stdin?.on("error", () => {});
    child.unref();
    const found = pid === undefined ? undefined : await identify(pid);
    if (found === undefined || stdin === null) {
      stdin?.destroy();
      throw new CkeError("launch_failed", "the process ended before it was started");
    }
    const identity = { ...found, mark: command.mark };
    return { identity, exited: ended.then((value) => killRest(identity, value)), release: () => stdin.end("\n") };
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

/** Lets a command run once `save` has stored its identity. When `save` throws, the command is ended before it ran. */
export async function releaseOnceDurable(held: HeldProcess, save: () => Promise<void>): Promise<void> {
  try {
    await save();
  } catch (error) {
    await killContained(held.identity);
    throw error;
  }
  held.release();
}

const signalNumber = (signal: NodeJS.Signals | null) => (signal === null ? 0 : (signalNumbers[signal] ?? 0));
const signalNumbers: Readonly<Record<string, number>> = constants.signals;

export interface WatchOptions {
  readonly clock: Clock;
  /** Stops watching; the process goes on. */
  readonly stopping: AbortSignal;
}

/** Waits for a process that an earlier agent started, by looking for it. */
export function watchContained(
  identity: ProcessIdentity,
  statusFile: string,
  { clock, stopping }: WatchOptions,
): ContainedProcess {
  const watch = async () => {
    while (!stopping.aborted && (await isAlive(identity))) {
      await new Promise<void>((resolve) => {
        clock.after(pollMs, resolve, { background: true });
      });
    }
    return stopping.aborted ? undefined : await killRest(identity, await readStatusFile(statusFile));
  };
  return { identity, exited: watch() };
}

/** The status that the shell left; undefined when the shell itself was killed. */
export async function readStatusFile(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  return /^\d+\n$/.test(text) ? waitStatus(Number(text)) : undefined;
}

/** Kills every process of the container, again until none is left (a member may fork meanwhile). */
export async function killContained(identity: ProcessIdentity): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    if ((await signalContainer(identity, "SIGKILL")) === 0) return;
    await signalPause();
  }
}

/**
 * Asks the command to end: SIGTERM to every program of the container. A command that has just been released may not have
 * become a program yet; the shell in front of it would swallow the signal, so that is waited for.
 */
export async function terminateContained(identity: ProcessIdentity): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    const { alive, programs } = await listPrograms(identity);
    if (signalAll(programs, "SIGTERM") > 0 || !alive) return;
    await signalPause();
  }
}

const signalPause = () => new Promise<void>((resolve) => setTimeout(resolve, 5));

async function killRest(identity: ProcessIdentity, status: number | undefined): Promise<number | undefined> {
  await killContained(identity);
  return status;
}
