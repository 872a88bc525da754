// Real pipes for children. Node gives its children socket pairs, on which opening /dev/stdin, /dev/stdout or /dev/stderr fails
// (ENXIO), and it cannot call pipe(2). A shell can: its here-documents are pipes, and both ends of a pipe can be opened through
// the descriptor of any process that has one (/proc/<pid>/fd, proc_pid_fd(5)). Invariant: each pipe is used once, and a few are
// ready, so that a session does not wait for a shell.
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

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

/** Descriptors of a shell that have one digit, which is all that dash understands before "<<". */
const shellDescriptors = [3, 4, 5, 6, 7, 8, 9] as const;
/** What one session takes at most. With fewer left, more are made after it has begun. */
const lowMark = 4;

export class PipeSupply {
  /** Pipes that nobody has used: each is one descriptor, open for reading and writing. */
  readonly #spare: number[] = [];
  #making: Promise<void> | undefined;

  /** One pipe per direction asked for. Throws system errors. */
  async take(directions: readonly PipeDirection[]): Promise<readonly AnonymousPipe[]> {
    while (this.#spare.length < directions.length) await this.#make();
    const taken = this.#spare.splice(0, directions.length);
    // Later: the session that has just got its pipes starts its command first.
    if (this.#spare.length < lowMark) setImmediate(() => void this.#refill());
    const made: AnonymousPipe[] = [];
    try {
      for (const [index, direction] of directions.entries()) made.push(openEnds(taken[index], direction));
      return made;
    } catch (error) {
      for (const pipe of made) {
        closeSync(pipe.childEnd);
        pipe.socket.destroy();
      }
      throw error;
    } finally {
      for (const descriptor of taken) closeSync(descriptor);
    }
  }

  /** Leaves as many as one shell makes, at most. The next session tells of a failure, if it lasts. */
  async #refill(): Promise<void> {
    if (this.#spare.length >= lowMark) return;
    await this.#make().catch(() => {});
    for (const descriptor of this.#spare.splice(shellDescriptors.length)) closeSync(descriptor);
  }

  /** Makes more; several callers wait for the same ones. Throws system errors. */
  #make(): Promise<void> {
    this.#making ??= makePipes()
      .then((made) => void this.#spare.push(...made))
      .finally(() => {
        this.#making = undefined;
      });
    return this.#making;
  }
}

/** Some pipes. The shell that has made them ends. */
async function makePipes(): Promise<readonly number[]> {
  const documents = shellDescriptors.map((descriptor) => `${descriptor}<<E`).join(" ");
  const script = `exec ${documents}\n${"E\n".repeat(shellDescriptors.length)}echo ready; read -r end`;
  const shell = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  const made: number[] = [];
  try {
    const failed = once(shell, "exit").then(() => Promise.reject(new Error("the shell that makes pipes ended early")));
    await Promise.race([once(shell.stdout, "data"), failed]);
    failed.catch(() => {});
    for (const descriptor of shellDescriptors) made.push(openPipe(`/proc/${shell.pid}/fd/${descriptor}`));
    return made;
  } catch (error) {
    for (const descriptor of made) closeSync(descriptor);
    throw error;
  } finally {
    shell.stdin.end();
  }
}

function openPipe(path: string): number {
  const descriptor = openSync(path, O_RDWR | O_NONBLOCK);
  if (fstatSync(descriptor).isFIFO()) return descriptor;
  closeSync(descriptor);
  throw new Error("here-documents of /bin/sh are not pipes");
}

/** Both ends of a pipe, each for one direction. The descriptor of the pipe itself is to be closed, or its end is never seen. */
function openEnds(pipe: number | undefined, direction: PipeDirection): AnonymousPipe {
  const path = `/proc/self/fd/${pipe}`;
  const toChild = direction === "to-child";
  const own = openSync(path, (toChild ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
  try {
    const childEnd = openSync(path, toChild ? O_RDONLY : O_WRONLY);
    return { childEnd, socket: new Socket({ fd: own, readable: !toChild, writable: toChild }) };
  } catch (error) {
    closeSync(own);
    throw error;
  }
}
