// The name that ps, top and ss show for a process. Node calls its main thread "MainThread", and its own way to another
// name (process.title) overwrites the arguments.
import { writeFileSync } from "node:fs";

/**
 * Names this process; the kernel keeps the first 15 bytes (TASK_COMM_LEN without the final zero, proc_pid_comm(5)). Its threads keep their
 * own names; its arguments stay.
 */
export function nameProcess(name: string, file = "/proc/self/comm"): void {
  try {
    writeFileSync(file, name);
  } catch {
    // The name is a convenience: the program works without it (no /proc).
  }
}
