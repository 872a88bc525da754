// Writes lines into the workload's log at the scheduler as well as into the executor's own log: for what an operator wants to know
// and no task state says.
import { boundedText, type Logger } from "@cke/foundation";
import { ExecutorMessage } from "@cke/protocol";

export interface UnitLoggerOptions {
  readonly logger: Logger;
  readonly send: (message: Uint8Array) => void;
  /** UNIX time in ms. */
  readonly now: () => number;
}

export class UnitLogger {
  readonly #options: UnitLoggerOptions;

  constructor(options: UnitLoggerOptions) {
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
