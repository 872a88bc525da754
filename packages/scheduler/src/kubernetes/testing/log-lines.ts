// The texts of a log's lines, for tests.

import { keptEntries } from "../../workload/plans/log-entry.ts";
import type { ClusterLog } from "../views/plan-views.ts";

/** Of those that are kept, oldest first. */
export const logLines = (log: ClusterLog): readonly string[] =>
  keptEntries(log).flatMap((entry) => (entry.type === "log" ? entry.log : []));
