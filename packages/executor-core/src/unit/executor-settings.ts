// Reads ExecutorInfo.data, which says for which unit this executor is and how much it logs.
import type { ExecutorContext } from "@cke/executor-core";
import { type Logger, messageOf, parseLogLevel } from "@cke/foundation";
import { ExecutorConfig } from "@cke/protocol";

/**
 * Sets the log level that the data names. Gives a logger whose lines name the workload and the unit in the words
 * of the kind: `words` makes them.
 */
export function settledLogger(
  context: ExecutorContext,
  logger: Logger,
  words: (workload: string, unit: string) => Readonly<Record<string, string>>,
): Logger {
  try {
    const { workload, unit, logLevel } = ExecutorConfig.decode(context.executorData);
    const level = parseLogLevel(logLevel);
    if (level !== undefined) context.setLogLevel(level);
    return logger.child(words(workload, unit));
  } catch (error) {
    logger.warning("ExecutorInfo.data is not readable", { detail: messageOf(error) });
    return logger;
  }
}
