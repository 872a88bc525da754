// Stops a node: its processes in order and within a time limit, then its container is removed. Its data stays, unless the
// scheduler has ordered its removal.
import { type RemovalOrder, retryFor, type UnitLogger } from "@cke/executor-core";
import { type Clock, messageOf } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import { hasBird } from "../bird/bird-control.ts";
import type { NodeContainer } from "../container/node-container.ts";
import type { KubeNode } from "../node/kube-node.ts";
import type { ProcessTasks } from "../processes/process-tasks.ts";
import { stopInOrder } from "../processes/stop-order.ts";
import type { DataFate } from "../reports/node-report.ts";

export interface EndingNode {
  readonly task: KubeNodeTask;
  readonly container: NodeContainer;
  readonly kubeNode: KubeNode;
}

export interface NodeEndingParts {
  readonly clock: Clock;
  readonly log: UnitLogger;
  readonly processes: ProcessTasks;
}

/** `orderlyMs`: time to stop the processes in order; with 0 the end of the container stops them. */
export interface EndingTimes {
  readonly orderlyMs: number;
  /** How long the removal is tried again after a failure. */
  readonly retryMs: number;
}

/** More than the wrapper takes to stop all processes after a SIGTERM (its flag -stop_timeout). */
const unconnectedStopSeconds = 40;

/**
 * Stops the node and removes its container. Removes its data too if the order for it comes within `orderMs`, or before the
 * end of this work. Says what became of the data. Throws CkeError in an operator's words.
 */
export async function endNode(
  node: EndingNode,
  parts: NodeEndingParts & { readonly order: RemovalOrder },
  times: EndingTimes & { readonly orderMs: number },
): Promise<DataFate> {
  const { order } = parts;
  const { container } = node;
  // Without a connection to its wrapper nobody but the container's own end stops the processes in order.
  const stopSeconds = times.orderlyMs > 0 ? (node.task.endOnKill ? unconnectedStopSeconds : 5) : 0;
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

/** Stops the node and removes its container; its data stays. Throws CkeError in an operator's words. */
export async function stopKeepingData(node: EndingNode, parts: NodeEndingParts, times: EndingTimes): Promise<void> {
  await end(node, parts, times, () => node.container.discard());
}

async function end(
  node: EndingNode,
  parts: NodeEndingParts,
  times: EndingTimes,
  remove: () => Promise<void>,
): Promise<void> {
  const { kubeNode, task } = node;
  const { clock, processes } = parts;
  const { orderlyMs } = times;
  const { ready } = kubeNode;
  const open = processes.open();
  processes.expectEnd();
  if (ready !== undefined && orderlyMs > 0) {
    if (hasBird(task)) await kubeNode.bird.withdraw(ready.wrapper, clock, task.uplinkIp === "" ? "node" : "gateway");
    await stopInOrder(ready.wrapper, open, { clock, limitMs: orderlyMs, silence: kubeNode.silence });
  }
  await kubeNode.letGo();
  await removing(node, parts, times, remove);
}

async function removing(
  { container }: EndingNode,
  { clock, log }: NodeEndingParts,
  { retryMs }: EndingTimes,
  remove: () => Promise<void>,
): Promise<void> {
  const again = (error: unknown) => log.tell("warning", `removing the node is tried again: ${messageOf(error)}`);
  try {
    await retryFor(remove, { clock, retryMs, again });
  } catch (error) {
    throw container.failure(error, "container");
  }
}
