// What the end of a command means for its task, in mesos-executor's words (pure).
import { constants } from "node:os";
import { messageOf } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";

export interface CommandEnd {
  /** Why the command was asked to end, if it was. */
  readonly killed: "no" | "request" | "unhealthy" | "timeout";
  /** Raw wait status; undefined when it is not known. */
  readonly waitStatus?: number | undefined;
  /** Why the command could not be started. */
  readonly problem?: unknown;
}

/** strsignal() for the signals that end processes. */
const signalTexts: Readonly<Record<string, string>> = {
  SIGHUP: "Hangup",
  SIGINT: "Interrupt",
  SIGQUIT: "Quit",
  SIGILL: "Illegal instruction",
  SIGTRAP: "Trace/breakpoint trap",
  SIGABRT: "Aborted",
  SIGBUS: "Bus error",
  SIGFPE: "Floating point exception",
  SIGKILL: "Killed",
  SIGUSR1: "User defined signal 1",
  SIGSEGV: "Segmentation fault",
  SIGUSR2: "User defined signal 2",
  SIGPIPE: "Broken pipe",
  SIGALRM: "Alarm clock",
  SIGTERM: "Terminated",
};

function signalText(number: number): string {
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? "";
  return signalTexts[name] ?? `Unknown signal ${number}`;
}

/** "Command exited with status 5", "Command terminated with signal Terminated". */
export function waitStatusText(status: number): string {
  const signal = status & 0x7f;
  if (signal !== 0) return `Command terminated with signal ${signalText(signal)}`;
  return `Command exited with status ${status >> 8}`;
}

export function commandOutcome(end: CommandEnd): Pick<TaskStatus, "state" | "message" | "reason" | "healthy"> {
  if (end.problem !== undefined) return { state: "TASK_FAILED", message: messageOf(end.problem) };
  const known = end.waitStatus === undefined ? "Command ended, its status is not known" : undefined;
  const message = known ?? waitStatusText(end.waitStatus ?? 0);
  if (end.killed === "timeout") return { state: "TASK_FAILED", message, reason: "REASON_MAX_COMPLETION_TIME_REACHED" };
  if (end.killed === "unhealthy") return { state: "TASK_KILLED", message, healthy: false };
  if (end.killed === "request") return { state: "TASK_KILLED", message };
  return { state: end.waitStatus === 0 ? "TASK_FINISHED" : "TASK_FAILED", message };
}
