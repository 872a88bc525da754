// A descriptor for writing to what an inherited one (stderr) leads to, where a write that finds no room fails with EAGAIN
// instead of stopping the whole program. Other processes that have inherited the same descriptor see as little of it as can be.
import { constants, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";

const { O_WRONLY, O_NONBLOCK, O_APPEND, O_NOCTTY } = constants;

/** Their descriptors stay non-blocking as long as they live. */
const sockets: Socket[] = [];

/**
 * Regular files are written to directly: they always have room. A pipe or terminal is opened anew, for the flag belongs to
 * the open file, and others share the one that was inherited. A socket cannot be opened anew: Node sets the flag on it (and
 * takes it back when the process ends).
 */
export function nonBlockingDescriptor(fd: number): number {
  const target = fstatSync(fd);
  if (target.isFile()) return fd;
  if (target.isSocket()) return withoutBlocking(fd);
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_APPEND | O_NOCTTY);
  } catch {
    // It is of another user (after su), nobody reads it, or there is no /proc. A terminal is then written to as it is.
    return target.isFIFO() ? withoutBlocking(fd) : fd;
  }
}

function withoutBlocking(fd: number): number {
  sockets.push(new Socket({ fd, readable: false, writable: true }));
  return fd;
}
