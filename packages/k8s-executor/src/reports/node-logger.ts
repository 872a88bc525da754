// Writes lines into the cluster's log at the scheduler as well as into the executor's own log: for what an operator wants to know
// and no task state says.
import { boundedText, type Logger } from "@cke/foundation";
import { ExecutorMessage } from "@cke/protocol";

export interface NodeLoggerOptions {
  readonly logger: Logger;
  readonly send: (message: Uint8Array) => void;
  /** UNIX time in ms. */
  readonly now: () => number;
}

export class NodeLogger {
  readonly #options: NodeLoggerOptions;

  constructor(options: NodeLoggerOptions) {
    this.#options = options;
  }

  /** `text` must not hold secrets, because Mesos carries it in plain text. */
  tell(level: "error" | "warning" | "info", text: string, process = ""): void {
    const { logger, send, now } = this.#options;
    const message = boundedText(text);
    logger[level](message, process === "" ? {} : { process });
    send(ExecutorMessage.encode({ message: { kind: "log", value: { level, message, process, timeMs: now() } } }));
  }
}
