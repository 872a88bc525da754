// How a node ends when somebody wants it to: its processes are stopped in order, within a limit, and its container is
// removed. Its data stays, unless its removal was ordered.
import { type Clock, messageOf } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import type { NodeContainer } from "../container/node-container.ts";
import type { KubeNode } from "../node/kube-node.ts";
import type { ProcessTasks } from "../processes/process-tasks.ts";
import { stopInOrder } from "../processes/stop-order.ts";
import type { NodeLogger } from "../reports/node-logger.ts";
import type { DataFate } from "../reports/node-report.ts";
import type { RemovalOrder } from "./removal-order.ts";
import { retryFor } from "./retry.ts";

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

/**
 * Container, and data too when its removal is ordered, within `orderMs` from now or while this lasts. What became of the
 * data. Throws CkeError in an operator's words.
 */
export async function endNode(
  node: EndingNode,
  parts: NodeEndingParts & { readonly order: RemovalOrder },
  times: EndingTimes & { readonly orderMs: number },
): Promise<DataFate> {
  const { order } = parts;
  const { container } = node;
  const stopSeconds = times.orderlyMs > 0 ? 5 : 0;
  const ordered = order.within(times.orderMs);
  let fate: DataFate = "kept";
  await end(node, parts, times, async () => {
    await ordered;
    fate = await container.remove({ data: order.given, stopSeconds });
  });
  if (fate === "kept" && order.given) {
    await removing(node, parts, times, async () => {
      fate = await container.remove({ data: true, stopSeconds });
    });
  }
  return fate;
}

/** The container goes, the node's data stays. Throws CkeError in an operator's words. */
export async function stopKeepingData(node: EndingNode, parts: NodeEndingParts, times: EndingTimes): Promise<void> {
  await end(node, parts, times, () => node.container.discard());
}

async function end(
  node: EndingNode,
  parts: NodeEndingParts,
  times: EndingTimes,
  remove: () => Promise<void>,
): Promise<void> {
  const { life } = node;
  const { clock, processes } = parts;
  const { orderlyMs } = times;
  const { ready } = life;
  const open = processes.open();
  processes.expectEnd();
  if (ready !== undefined && orderlyMs > 0) {
    await stopInOrder(ready.wrapper, open, { clock, limitMs: orderlyMs, silence: life.silence });
  }
  await life.letGo();
  await removing(node, parts, times, remove);
}

async function removing(
  { container }: EndingNode,
  { clock, log }: NodeEndingParts,
  { patienceMs }: EndingTimes,
  remove: () => Promise<void>,
): Promise<void> {
  const again = (error: unknown) => log.tell("warning", `removing the node is tried again: ${messageOf(error)}`);
  try {
    await retryFor(remove, { clock, patienceMs, again });
  } catch (error) {
    throw container.failure(error, "container");
  }
}
