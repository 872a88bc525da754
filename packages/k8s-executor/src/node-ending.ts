// How a node ends when somebody wants it to: removed with all of its data, or stopped with its volumes kept for the next
// container. Processes are stopped in order first, within a limit.
import { type Clock, messageOf } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import type { KubeNode } from "./kube-node.ts";
import type { NodeContainer } from "./node-container.ts";
import type { NodeLogger } from "./node-logger.ts";
import { persistently } from "./persistence.ts";
import type { ProcessTasks } from "./process-tasks.ts";
import { stopInOrder } from "./stop-order.ts";

export interface EndingNode {
  readonly task: KubeNodeTask;
  readonly container: NodeContainer;
  readonly life: KubeNode;
}

export interface NodeEndingParts {
  readonly clock: Clock;
  readonly log: NodeLogger;
  readonly processes: ProcessTasks;
}

/** `orderlyMs`: for the processes; 0 leaves them to the end of the container. */
export interface EndingTimes {
  readonly orderlyMs: number;
  /** How long removing is tried again. */
  readonly patienceMs: number;
}

/** Container, volumes and directories: nothing is left on this host. Throws CkeError in an operator's words. */
export async function removeWhole(node: EndingNode, parts: NodeEndingParts, times: EndingTimes): Promise<void> {
  const stopSeconds = times.orderlyMs > 0 ? 5 : 0;
  await end(node, parts, times, () => node.container.removeAll(stopSeconds));
}

/** The container goes, the node's volumes stay. Throws CkeError in an operator's words. */
export async function stopKeepingData(node: EndingNode, parts: NodeEndingParts, times: EndingTimes): Promise<void> {
  await end(node, parts, times, () => node.container.discard());
}

async function end(
  { life, container, task }: EndingNode,
  { clock, log, processes }: NodeEndingParts,
  { orderlyMs, patienceMs }: EndingTimes,
  remove: () => Promise<void>,
): Promise<void> {
  const { ready } = life;
  const open = processes.open();
  processes.expectEnd();
  if (ready !== undefined && orderlyMs > 0) await stopInOrder(ready.wrapper, open, { clock, limitMs: orderlyMs });
  await life.letGo();
  const again = (error: unknown) => log.tell("warning", `removing the node is tried again: ${messageOf(error)}`);
  try {
    await persistently(remove, { clock, patienceMs, again });
  } catch (error) {
    throw container.failure(error, task, "container");
  }
}
