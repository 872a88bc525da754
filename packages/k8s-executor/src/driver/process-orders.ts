// Carries out the scheduler's message about what the processes of a running node are to be.
import type { UnitLogger } from "@cke/executor-core";
import { type Logger, messageOf } from "@cke/foundation";
import { NodeProcesses } from "@cke/protocol";
import type { ProcessTasks } from "../processes/process-tasks.ts";
import { wantedProcess } from "../processes/wanted-process.ts";
import type { NodeWithTask } from "../shutdown/node-end.ts";

export interface OrderedNode {
  readonly node: NodeWithTask;
  readonly processes: Pick<ProcessTasks, "named">;
  readonly log: UnitLogger;
  readonly logger: Logger;
}

/** A process that this executor does not have is launched as it is wanted then. The container has the limits of all of them. */
export function followOrders(state: Uint8Array, { node, processes, log, logger }: OrderedNode): void {
  let orders: NodeProcesses;
  try {
    orders = NodeProcesses.decode(state);
  } catch (error) {
    logger.warning("what the processes are to be is not readable", { detail: messageOf(error) });
    return;
  }
  const changes = orders.processes.flatMap((message) => {
    const wanted = wantedProcess(message);
    const task = wanted === undefined ? undefined : processes.named(wanted.spec.name);
    if (wanted === undefined || task === undefined) return [];
    if (task.version === wanted.version) {
      // The scheduler does not know it yet.
      task.reportAgain();
      return [];
    }
    log.tell("info", wanted.stopped ? "it is to stop" : "it is to be as is wanted now", wanted.spec.name);
    return [() => task.want(wanted)];
  });
  const change = async () => {
    await Promise.all(changes.map((one) => one()));
  };
  const { kubeNode, task, limits } = node;
  const { cpuMillis, memoryBytes } = orders;
  const wanted = memoryBytes === 0 ? task : { cpuMillis, memoryBytes };
  const asked = { cpuMillis: wanted.cpuMillis, memoryBytes: wanted.memoryBytes, cfsQuota: task.cfsQuota };
  void limits.follow(asked, change, kubeNode.signal);
}
