// Why a node failed: what happened in one clause, what to do about it, and the words of the program that refused. Pure.
import type { TaskUpdate } from "@cke/executor-core";
import { CkeError, messageOf } from "@cke/foundation";

export interface NodeFailureOptions {
  /** What to do; "" when the clause says it. */
  readonly advice?: string;
  /** Words of Docker, last. */
  readonly words?: string;
  /** The last lines of the container, which stand beside the message. */
  readonly output?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** `headline`: one clause that is enough where the whole text stands elsewhere. */
export class NodeFailure extends CkeError {
  readonly headline: string;
  readonly output: string;

  constructor(code: string, headline: string, options: NodeFailureOptions = {}) {
    const { advice = "", words = "", output = "", retryable = false, cause } = options;
    const message = `${headline}${advice === "" ? "" : `: ${advice}`}${words === "" ? "" : `. ${words}`}`;
    super(code, message, { retryable, cause });
    this.headline = headline;
    this.output = output;
  }
}

/** The last lines of the container that failed; "" for none. */
export const outputOf = (error: CkeError): string => (error instanceof NodeFailure ? error.output : "");

/** The whole text, for Mesos' own pages, which show the message only. */
export function wholeMessage(error: CkeError): string {
  const output = outputOf(error);
  return output === "" ? error.message : `${error.message}. Its last output:\n${output}`;
}

const maxHeadline = 200;

/** The failure in one clause, for processes that end because their node failed. */
export function headlineOf(error: CkeError): string {
  if (error instanceof NodeFailure) return error.headline;
  const [line = ""] = error.message.split("\n");
  return line.length > maxHeadline ? `${line.slice(0, maxHeadline)}…` : line;
}

/** The failure of a launch, of which something is left on the host that could not be removed. */
export function leftBehind(failure: CkeError, problem: unknown): NodeFailure {
  const words = `${failure.message}. What was made of the node could not be removed: ${messageOf(problem)}`;
  return new NodeFailure("removal_failed", headlineOf(failure), { words, output: outputOf(failure), cause: failure });
}

/** Codes of containers that somebody removed, stopped or killed. Nothing in them failed, and Mesos has no reason for that. */
const endedByOthers: ReadonlySet<string> = new Set(["container_removed", "container_stopped", "container_killed"]);

/** Mesos' reason for a node that failed with this code; undefined when none of Mesos' reasons is true. */
export function reasonOf(code: string, launched: boolean): TaskUpdate["reason"] {
  if (code === "container_out_of_memory") return "REASON_CONTAINER_LIMITATION_MEMORY";
  return launched || endedByOthers.has(code) ? undefined : "REASON_CONTAINER_LAUNCH_FAILED";
}
