// Starts a program in its own session, inside its cgroup from its first instruction on: a few lines of shell write their own
// pid into the cgroup and then become the program, so there is no moment in which it runs without limits.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentVariable } from "@cke/protocol";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";

/** Name of the shell in its own messages: tells a failed exec from the program's own output. */
const marker = "cke-start";
const trampoline =
  '[ "$1" = "" ] || echo "$1" >/proc/self/oom_score_adj; shift; while [ "$1" != -- ]; do echo $$ >"$1" || { echo "$0: cannot join $1" >&2; exit 125; }; shift; done; shift; exec "$@"';

/** Errors that may be gone at the next attempt, fork(2) and open(2). */
const passingErrors: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);

export interface LaunchPlan {
  readonly command: readonly string[];
  readonly environment: readonly EnvironmentVariable[];
  readonly workingDirectory: string;
  readonly joinFiles: readonly string[];
  /** proc(5): 1000 is the first that the kernel ends for want of memory; absent: as the wrapper's own. */
  readonly oomScoreAdjustment?: number;
}

export interface LaunchedProcess {
  readonly pid: number;
  /** Resolves when the main process has ended; code is -1 when it was signalled. */
  readonly exited: Promise<{ readonly code: number; readonly signal: string }>;
  readonly child: ChildProcess;
}

/** Throws WrapperError failed_precondition with a clear reason when the program cannot be started as planned. */
export function checkLaunch(plan: Pick<LaunchPlan, "command" | "workingDirectory">): void {
  const [file = ""] = plan.command;
  const directory = plan.workingDirectory || "/";
  // A bare name is looked up in PATH by the shell that becomes the program.
  if (file.includes("/")) checkExecutable(file);
  try {
    if (!statSync(directory).isDirectory()) {
      throw new WrapperError("failed_precondition", `working directory ${directory}: it is not a directory`);
    }
  } catch (cause) {
    if (cause instanceof WrapperError) throw cause;
    throw new WrapperError("failed_precondition", `working directory ${directory}: ${errnoWordsOf(cause)}`, { cause });
  }
}

/** Throws WrapperError failed_precondition when a bare name is in no directory of the PATH that the program will have. */
export function checkOnPath(file: string, environment: readonly EnvironmentVariable[]): void {
  if (file.includes("/")) return;
  const path = launchEnvironment(environment).PATH ?? "";
  if (path.split(":").some((directory) => directory !== "" && isExecutable(join(directory, file)))) return;
  throw new WrapperError("failed_precondition", `cannot start ${file}: not found in ${path}`);
}

function isExecutable(file: string): boolean {
  try {
    checkExecutable(file);
    return true;
  } catch {
    return false;
  }
}

function checkExecutable(file: string): void {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(file);
  } catch (cause) {
    throw new WrapperError("failed_precondition", `cannot start ${file}: ${errnoWordsOf(cause)}`, { cause });
  }
  if (!found.isFile()) throw new WrapperError("failed_precondition", `cannot start ${file}: it is not a regular file`);
  try {
    accessSync(file, constants.X_OK);
  } catch (cause) {
    throw new WrapperError("failed_precondition", `cannot start ${file}: it is not executable (EACCES)`, { cause });
  }
}

/** `stdio` is Node's, for descriptors 0, 1, 2 and more. Rejects with WrapperError when the kernel refuses. */
export async function launch(
  plan: LaunchPlan,
  stdio: readonly ("ignore" | "pipe" | number)[],
): Promise<LaunchedProcess> {
  const args = [
    "-c",
    trampoline,
    marker,
    String(plan.oomScoreAdjustment ?? ""),
    ...plan.joinFiles,
    "--",
    ...plan.command,
  ];
  try {
    const child = spawn("/bin/sh", args, {
      cwd: plan.workingDirectory || "/",
      env: launchEnvironment(plan.environment),
      detached: true,
      stdio: [...stdio],
    });
    const { pid } = child;
    // Without a pid the reason follows as an event; with one, later "error" events (a failed kill) say nothing new.
    if (pid === undefined) await once(child, "spawn");
    child.on("error", () => {});
    if (pid === undefined) throw new Error("the process has no pid");
    const exited = new Promise<{ code: number; signal: string }>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code: code ?? -1, signal: signal?.replace(/^SIG/, "") ?? "" }));
    });
    return { pid, exited, child };
  } catch (cause) {
    const [file = ""] = plan.command;
    const code = passingErrors.has(errnoOf(cause) ?? "") ? "resource_exhausted" : "failed_precondition";
    throw new WrapperError(code, `cannot start ${file}: ${errnoWordsOf(cause)}`, { cause });
  }
}

/** What the launching shell printed when the program could not be started ("cke-start: 1: exec: /x: not found"); undefined otherwise. */
export function launchFailure(code: number, lastOutput: string): string | undefined {
  if (code !== 125 && code !== 126 && code !== 127) return undefined;
  const line = lastOutput.split("\n").findLast((text) => text.startsWith(`${marker}: `));
  return line?.replace(/^cke-start: (\d+: )?(exec: )?/, "cannot start ");
}

/** The container's environment without the wrapper's own settings, and the specification's variables over it. */
function launchEnvironment(variables: readonly EnvironmentVariable[]): Record<string, string> {
  const environment: Record<string, string> = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
  for (const [name, value] of Object.entries(process.env)) {
    if (
      value !== undefined &&
      !name.startsWith("CKE_WRAPPER") &&
      !name.startsWith("NODE_") &&
      name !== "UV_THREADPOOL_SIZE"
    ) {
      environment[name] = value;
    }
  }
  for (const { name, value } of variables) environment[name] = value;
  return environment;
}
