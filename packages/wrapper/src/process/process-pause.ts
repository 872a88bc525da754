// Stops processes for a moment (SIGSTOP, SIGCONT) and waits until they really stand still: state T in /proc/<pid>/stat, proc_pid_stat(5).
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const patienceMs = 200;

/** Returns the function that lets them go on. Processes that come or go meanwhile are no error. */
export async function pauseProcesses(pids: () => readonly number[]): Promise<() => void> {
  const stopped = pids();
  for (const pid of stopped) signal(pid, "SIGSTOP");
  const deadline = performance.now() + patienceMs;
  while (stopped.some((pid) => !stands(pid)) && performance.now() < deadline) await delay(1);
  return () => {
    for (const pid of stopped) signal(pid, "SIGCONT");
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

function stands(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return "TtZX".includes(stat.charAt(stat.lastIndexOf(")") + 2));
  } catch {
    return true;
  }
}
