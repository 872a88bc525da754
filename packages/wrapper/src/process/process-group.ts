// Signals: their names, and sending them to whole process groups.
import { constants } from "node:os";
import { errnoOf } from "../errors/wrapper-error.ts";

/** "TERM", "SIGTERM" or "15" as Node writes it ("SIGTERM"); undefined for anything that is no signal. */
export function parseSignal(text: string): NodeJS.Signals | undefined {
  const upper = text.toUpperCase();
  const names: readonly string[] = Object.keys(constants.signals);
  const wanted = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  for (const [name, value] of Object.entries(constants.signals)) {
    if ((number === undefined ? name === wanted : value === number) && isSignal(name, names)) return name;
  }
  return undefined;
}

/** 9 for "KILL"; 0 for what is no signal. */
export function signalNumber(text: string): number {
  const signal = parseSignal(text);
  return signal === undefined ? 0 : constants.signals[signal];
}

function isSignal(name: string, names: readonly string[]): name is NodeJS.Signals {
  return names.includes(name);
}

/** Signals the group of `pid`; false when there is no such group. */
export function killGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  // kill(2): 0 would be the wrapper's own group and -1 everybody.
  if (pid <= 1) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false;
    // EPERM: the group has changed hands (setuid descendants of a root-less wrapper); it exists.
    if (errnoOf(error) === "EPERM") return true;
    throw error;
  }
}
