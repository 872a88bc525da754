// Ends an executor's node once, for whatever reason comes first: a kill, a shutdown, the end of a process of its pod, or the end of
// its container. The tasks of processes are reported as ended first and the node's task last, so that no process is ever reported
// as running in a node that has ended.
import type { ExecutorContext, RemovalOrder, TaskUpdate, UnitLogger } from "@cke/executor-core";
import { type CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { LiveLimits } from "../container/live-limits.ts";
import type { ProcessTasks } from "../processes/process-tasks.ts";
import { headlineOf, type NodeFailure, outputOf, reasonOf, wholeMessage } from "../reports/node-failure.ts";
import { type DataFate, type NodeLastWords, nodeData, nodeUpdate } from "../reports/node-report.ts";
import { type EndingNode, endNode, stopKeepingData } from "./node-stop.ts";

export interface NodeWithTask extends EndingNode {
  readonly taskId: string;
  /** Of its container. */
  readonly limits: LiveLimits;
}

export interface NodeEndOptions {
  readonly context: ExecutorContext;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: UnitLogger;
  readonly processes: ProcessTasks;
  readonly order: RemovalOrder;
  /** How long a kill waits for the order to remove the data, in ms. */
  readonly orderMs: number;
  /** Called when the end begins. */
  readonly onBegin: () => void;
}

const orderlyStopMs = 60_000;
const removalMs = 60_000;
/** Part of the shutdown grace that is kept for the removal, after the processes were stopped. */
const removalReserveMs = 10_000;

export class NodeEnd {
  readonly #options: NodeEndOptions;
  /** Never rejects; all tasks are reported when it resolves. */
  #ending: Promise<void> | undefined;
  #killed = false;
  #over = false;

  constructor(options: NodeEndOptions) {
    this.#options = options;
  }

  /** True since the end of the node has begun. */
  get begun(): boolean {
    return this.#over || this.#ending !== undefined;
  }

  /** A KILL of the node's task. */
  kill(node: NodeWithTask): void {
    const { context, orderMs } = this.#options;
    this.#killed = true;
    if (this.#ending !== undefined) return;
    if (context.killingState)
      context.update(node.taskId, nodeUpdate("TASK_KILLING", node.kubeNode.facts, "stopping", ""));
    this.#ending = this.#end(node, { orderlyMs: orderlyStopMs, retryMs: removalMs, orderMs });
  }

  /** Ends the node within this time. It is no order to remove data, but an order that came before counts. Resolves when all is done. */
  async shutdown(node: NodeWithTask | undefined, graceMs: number): Promise<void> {
    // The agent kills this process when the grace is over, so time is kept for the removal, and the orderly stop gets the rest.
    const orderlyMs = Math.max(0, graceMs - removalReserveMs);
    if (node !== undefined) this.#ending ??= this.#end(node, { orderlyMs, retryMs: graceMs, orderMs: 0 });
    await this.#ending;
  }

  /** A process of the pod has ended for good: the whole pod ends. */
  endPod(node: NodeWithTask | undefined, why: NodeFailure): void {
    this.#ending ??= this.#endPod(node, why);
  }

  /** The launch failed or the container has ended. The node's report has all details, those of its processes a short reference. */
  lost(node: NodeWithTask | undefined, error: CkeError): void {
    const reason = reasonOf(error.code, node?.kubeNode.launched === true);
    const update = {
      state: "TASK_FAILED",
      message: wholeMessage(error),
      ...(reason === undefined ? {} : { reason }),
    } as const;
    const message = `its node ended: ${headlineOf(error)}`;
    this.#report(node, update, { message }, { detail: error.message, cause: error.code, output: outputOf(error) });
  }

  /** Stops the node and keeps its data, without a report: Mesos has given up its tasks already. */
  async unreported(node: NodeWithTask): Promise<void> {
    this.#options.onBegin();
    await stopKeepingData(node, this.#options, { orderlyMs: orderlyStopMs, retryMs: removalMs });
  }

  async #end(node: NodeWithTask, times: Parameters<typeof endNode>[2]): Promise<void> {
    const { logger, onBegin } = this.#options;
    onBegin();
    try {
      this.#ended(node, await endNode(node, this.#options, times));
    } catch (error) {
      const what = "the node could not be removed completely";
      logger.error("the removal failed", { detail: messageOf(error) });
      const message = `${what}: ${messageOf(error)}`;
      this.#report(node, { state: "TASK_FAILED", message }, { message: what }, { cause: "removal_failed" });
    }
  }

  async #endPod(node: NodeWithTask | undefined, why: NodeFailure): Promise<void> {
    const { log, logger, onBegin } = this.#options;
    log.tell("warning", why.message);
    onBegin();
    let left = "";
    try {
      const times = { orderlyMs: orderlyStopMs, retryMs: removalMs, orderMs: 0 };
      const fate = node === undefined ? "kept" : await endNode(node, this.#options, times);
      // A kill of all tasks of an agent kills the node's task too: then the pod was killed and has not failed.
      if (fate === "removed" || this.#killed) {
        this.#ended(node, fate);
        return;
      }
    } catch (error) {
      left = `; its container could not be removed: ${messageOf(error)}`;
      logger.error("the pod's container could not be removed", { detail: messageOf(error) });
    }
    const processes = { message: `its node ended: ${why.headline}`, state: "TASK_KILLED" } as const;
    const cause = left === "" ? why.code : "removal_failed";
    this.#report(node, { state: "TASK_FAILED", message: `${why.message}${left}` }, processes, { cause });
  }

  #ended(node: NodeWithTask | undefined, fate: DataFate): void {
    const [ofNode, ofProcess] =
      fate === "removed"
        ? ["the node was removed", "its node was removed"]
        : ["the node was stopped; its data is kept, because its removal was not ordered", "its node was stopped"];
    this.#report(node, { state: "TASK_KILLED", message: ofNode }, { message: ofProcess }, { data: fate });
  }

  #report(
    node: NodeWithTask | undefined,
    update: TaskUpdate,
    { message, state = update.state }: { readonly message: string; readonly state?: TaskUpdate["state"] },
    { detail = update.message ?? "", ...last }: NodeLastWords & { readonly detail?: string } = {},
  ): void {
    const { context, processes, onBegin } = this.#options;
    this.#over = true;
    onBegin();
    processes.close({ state, message });
    if (node !== undefined) {
      const { facts, step } = node.kubeNode;
      context.update(node.taskId, { ...update, data: nodeData(facts, step, detail, last) });
    }
    context.end();
  }
}
