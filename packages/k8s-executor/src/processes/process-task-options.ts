// What the Mesos task of one process is made of.
import type { ExecutorContext, TaskUpdate } from "@cke/executor-core";
import type { Clock, Logger } from "@cke/foundation";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";
import type { WantedProcess } from "./wanted-process.ts";

export interface ProcessTaskOptions {
  readonly taskId: string;
  /** As it is launched. */
  readonly wanted: WantedProcess;
  readonly context: ExecutorContext;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once, after the last report. */
  readonly onEnd?: (end: TaskUpdate) => void;
}

/** A wrapper that answers, and until when it is asked. */
export interface Connection {
  readonly wrapper: WrapperClient;
  readonly signal: AbortSignal;
}
