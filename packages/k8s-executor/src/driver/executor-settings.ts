// What ExecutorInfo.data tells an executor about itself.
import type { ExecutorContext } from "@cke/executor-core";
import { type Logger, messageOf, parseLogLevel } from "@cke/foundation";
import { ExecutorConfig } from "@cke/protocol";

/** Sets the log level that it names; the logger with the names of cluster and node. */
export function settledLogger(context: ExecutorContext, logger: Logger): Logger {
  try {
    const { workload: cluster, unit: node, logLevel } = ExecutorConfig.decode(context.executorData);
    const level = parseLogLevel(logLevel);
    if (level !== undefined) context.setLogLevel(level);
    return logger.child({ cluster, node });
  } catch (error) {
    logger.warning("ExecutorInfo.data is not readable", { detail: messageOf(error) });
    return logger;
  }
}
