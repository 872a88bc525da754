// Requests to one API server, one after the other: what fails concerns its own object, and answers that are missing end the row.
import { messageOf } from "@cke/foundation";
import { ClusterUnreachableError } from "../access/access-errors.ts";

/** A webhook of one namespace may be silent, or the whole API server: each costs the time of a request. */
const mostUnanswered = 2;

export class RequestRow {
  #unanswered = 0;
  /** What the first one failed with, in words; "" for none. */
  problem = "";

  /** No further request is made now. */
  get isOver(): boolean {
    return this.#unanswered >= mostUnanswered;
  }

  /** Throws only when `signal` is aborted. */
  async make(signal: AbortSignal, request: () => Promise<void>): Promise<"done" | "failed" | "unanswered"> {
    try {
      await request();
      this.#unanswered = 0;
      return "done";
    } catch (error) {
      signal.throwIfAborted();
      this.problem ||= messageOf(error);
      if (!(error instanceof ClusterUnreachableError)) {
        this.#unanswered = 0;
        return "failed";
      }
      // Nobody could be asked: the next request would fare the same.
      this.#unanswered = error.perhapsDone ? this.#unanswered + 1 : mostUnanswered;
      return "unanswered";
    }
  }
}
