// A warning for each node of a deleted cluster, or for each removed node, that may still run under a name that is used again.
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import { nodeRules } from "../steps/node-rules.ts";

/** `nodes`: whose names are used now; absent: of the whole cluster. */
export function warnOfOrphans(
  { logs, orphanRemovals }: Pick<FrameworkComponents, "logs" | "orphanRemovals">,
  cluster: string,
  nodes?: ReadonlySet<string>,
): void {
  for (const { unit, hostname, instance } of orphanRemovals.ofWorkload(cluster)) {
    if (nodes !== undefined && !nodes.has(unit)) continue;
    const command = nodeRules.cleanupCommand({ workload: cluster, unit, instance });
    const what = nodes === undefined ? "cluster" : "node";
    const words = `an earlier ${what} of this name may still run on ${hostname}, whose agent was out of reach when it was deleted: until that agent is back, and the old node is killed there, both may use its addresses. Bring the agent back, or run on that host: ${command}`;
    logs.line("warning", cluster, words, { unit, host: hostname });
  }
}
