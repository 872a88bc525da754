// Reads ExecutorInfo.data, which says for which node this executor is and how much it logs.
import type { ExecutorContext } from "@cke/executor-core";
import { type Logger, messageOf, parseLogLevel } from "@cke/foundation";
import { ExecutorConfig } from "@cke/protocol";

/** Sets the log level that the data names. Gives a logger whose lines name the cluster and the node. */
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
