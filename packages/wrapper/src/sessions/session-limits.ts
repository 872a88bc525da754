// How many calls that last may be open at once, by kind. A client that opens too many is refused with a clear reason; everything
// else in the node goes on.
import { WrapperError } from "../errors/wrapper-error.ts";

export type SessionKind = "exec" | "tunnel" | "get-file" | "put-file" | "run-probe" | "watch";

/** A stream that stands still holds up to about half a MiB in the wrapper, with input of a command that waits some 300 KiB more; an exec session is also some processes. */
export const sessionBounds: Readonly<Record<SessionKind, number>> = {
  exec: 256,
  tunnel: 512,
  "get-file": 64,
  "put-file": 64,
  "run-probe": 16,
  watch: 16,
};

export class SessionLimits {
  readonly #open = new Map<SessionKind, number>();

  /** Runs a session, counted from now on until it is over. Throws WrapperError resource_exhausted when there are too many. */
  async run<T>(kind: SessionKind, session: () => Promise<T>): Promise<T> {
    const open = this.open(kind);
    const bound = sessionBounds[kind];
    if (open >= bound) {
      throw new WrapperError(
        "resource_exhausted",
        `${bound} ${kind} calls are open in this node, and no more are allowed: end some of them first`,
      );
    }
    this.#open.set(kind, open + 1);
    try {
      return await session();
    } finally {
      this.#open.set(kind, this.open(kind) - 1);
    }
  }

  open(kind: SessionKind): number {
    return this.#open.get(kind) ?? 0;
  }
}
