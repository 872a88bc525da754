// Real pipes for children. Node gives its children socket pairs, on which opening /dev/stdin, /dev/stdout or /dev/stderr fails
// (ENXIO), and it cannot call pipe(2). A shell can: its here-documents are pipes, and both ends of a pipe can be opened through
// the descriptor of any process that has one (/proc/<pid>/fd, proc_pid_fd(5)). The shell is gone when this returns.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";

export type PipeDirection = "to-child" | "from-child";

export interface AnonymousPipe {
  /** The child's end: passed to spawn, then closed by the caller. */
  readonly childEnd: number;
  /** The wrapper's end. */
  readonly socket: Socket;
}

const firstDescriptor = 3;

/** One pipe per direction asked for. Throws system errors. */
export async function makePipes(directions: readonly PipeDirection[]): Promise<readonly AnonymousPipe[]> {
  const documents = directions.map((_, index) => `${firstDescriptor + index}<<E`).join(" ");
  const script = `exec ${documents}\n${"E\n".repeat(directions.length)}echo ready; read -r end`;
  const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  const made: AnonymousPipe[] = [];
  try {
    const failed = once(shell, "exit").then(() => Promise.reject(new Error("the shell that makes pipes ended early")));
    await Promise.race([once(shell.stdout, "data"), failed]);
    failed.catch(() => {});
    for (const [index, direction] of directions.entries()) {
      made.push(openPipe(`/proc/${shell.pid}/fd/${firstDescriptor + index}`, direction));
    }
    return made;
  } catch (error) {
    for (const pipe of made) {
      closeSync(pipe.childEnd);
      pipe.socket.destroy();
    }
    throw error;
  } finally {
    shell.stdin.end();
  }
}

function openPipe(path: string, direction: PipeDirection): AnonymousPipe {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  const own = openSync(path, (direction === "to-child" ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
  if (!fstatSync(own).isFIFO()) {
    closeSync(own);
    throw new Error("here-documents of /bin/sh are not pipes");
  }
  const childEnd = openSync(path, direction === "to-child" ? O_RDONLY : O_WRONLY);
  const socket = new Socket({ fd: own, readable: direction === "from-child", writable: direction === "to-child" });
  return { childEnd, socket };
}
