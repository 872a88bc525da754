// Real pipes for children. Node gives its children socket pairs, on which opening /dev/stdout or /dev/stderr fails (ENXIO); a
// named pipe that is unlinked as soon as both ends are open has no such trap. Semantics of opening: fifo(7).
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export type PipeDirection = "to-child" | "from-child";

export interface AnonymousPipe {
  /** The child's end: passed to spawn, then closed by the caller. */
  readonly childEnd: number;
  /** The wrapper's end. */
  readonly socket: Socket;
}

/** One pipe per direction asked for. Throws system errors. */
export async function makePipes(
  directory: string,
  directions: readonly PipeDirection[],
): Promise<readonly AnonymousPipe[]> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const id = randomBytes(8).toString("hex");
  const paths = directions.map((_, index) => join(directory, `pipe-${id}-${index}`));
  try {
    await promisify(execFile)("mkfifo", ["-m", "600", ...paths]);
    return directions.map((direction, index) => openPipe(paths[index] ?? "", direction));
  } finally {
    for (const path of paths) rmSync(path, { force: true });
  }
}

function openPipe(path: string, direction: PipeDirection): AnonymousPipe {
  const { O_RDWR, O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  // Open for both: so that neither of the two real ends has to wait for the other.
  const both = openSync(path, O_RDWR | O_NONBLOCK);
  try {
    const own = openSync(path, (direction === "to-child" ? O_WRONLY : O_RDONLY) | O_NONBLOCK);
    const childEnd = openSync(path, direction === "to-child" ? O_RDONLY : O_WRONLY);
    const socket = new Socket({ fd: own, readable: direction === "from-child", writable: direction === "to-child" });
    return { childEnd, socket };
  } finally {
    closeSync(both);
  }
}
