// Puts the parts of a launched node together: its container, its way from launch to end, and what Mesos is told of it.
import type { ExecutorContext, SecretsClient, TaskUpdate, UnitLogger } from "@cke/executor-core";
import { type CkeError, type Logger, messageOf } from "@cke/foundation";
import type { ClusterPeers, KubeNodeTask } from "@cke/protocol";
import { LiveLimits } from "../container/live-limits.ts";
import { NodeContainer } from "../container/node-container.ts";
import { KubeNode } from "../node/kube-node.ts";
import type { ReadyNode } from "../node/kube-node-parts.ts";
import { type Peers, readPeers } from "../peers/peers.ts";
import type { ProcessTasks } from "../processes/process-tasks.ts";
import { stepMessage } from "../reports/node-report.ts";
import { NodeReporter } from "../reports/node-reporter.ts";
import type { NodeWithTask } from "../shutdown/node-end.ts";
import type { K8sDriverOptions } from "./k8s-driver-options.ts";

export interface NodeLaunchParts {
  readonly options: K8sDriverOptions;
  readonly context: ExecutorContext;
  readonly logger: Logger;
  readonly log: UnitLogger;
  readonly secrets: SecretsClient;
  readonly processes: ProcessTasks;
}

export interface NodeLaunchHooks {
  ready(node: ReadyNode): void;
  /** A new wrapper answers and knows no process: all processes are started again. */
  newInstance(): void;
  lost(error: CkeError): void;
}

/** The nodes of the cluster as the scheduler sent them. Undefined when it sent none, or when they cannot be read: then the cluster's log says why. */
export function peersOf(message: () => ClusterPeers | undefined, log: UnitLogger): Peers | undefined {
  try {
    const read = message();
    return read === undefined ? undefined : readPeers(read);
  } catch (error) {
    log.tell("error", `the nodes of the cluster cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

/** The node of a task, not started yet. */
export function createNode(
  taskId: string,
  task: KubeNodeTask,
  parts: NodeLaunchParts,
  hooks: NodeLaunchHooks,
): NodeWithTask {
  const { context, log, logger, processes, secrets } = parts;
  const { clock, engine, host, openWrapper, runBase, wrapperTimeoutMs = 600_000 } = parts.options;
  const { frameworkId, executorId } = context;
  const identity = { frameworkId, cluster: task.cluster, node: task.node };
  const onEngineBusy = parts.options.loadWrapperClient ?? (() => {});
  const forContainer = { engine, host, clock, log, logger, identity, task, executorId, runBase, onEngineBusy };
  const container = new NodeContainer(forContainer);
  const update = (report: TaskUpdate) => context.update(taskId, report);
  const reporter = new NodeReporter({ clock, update, facts: () => kubeNode.facts });
  const kubeNode = new KubeNode(
    task,
    { engine, container, secrets, openWrapper, clock, host, logger, wrapperTimeoutMs },
    {
      progress: (step, detail) => {
        logger.debug("launch step", { step, detail });
        if (reporter.progress(step, detail)) processes.waiting(stepMessage(step, ""));
      },
      ready: (ready) => {
        reporter.ready(ready.facts, ready.adopted);
        hooks.ready(ready);
      },
      // The report of the node explains those of its processes: it comes first, and it is taken back last.
      unresponsive: (sinceMs, words) => {
        reporter.responsive(words);
        processes.unresponsive(sinceMs, `its state is not known: its node is ${words}`);
      },
      responsive: () => {
        processes.responsive();
        reporter.responsive("");
      },
      changed: () => reporter.changed(),
      event: (event) => processes.onEvent(event),
      newInstance: () => hooks.newInstance(),
      lost: (error) => {
        reporter.hush();
        hooks.lost(error);
      },
    },
    peersOf(() => task.peers, log),
  );
  const { cpuMillis, memoryBytes, cfsQuota } = task;
  const limits = new LiveLimits({
    engine,
    clock,
    logger,
    present: { cpuMillis, memoryBytes, cfsQuota },
    containerId: () => kubeNode.facts.containerId,
    tell: (words) => log.tell("warning", words),
  });
  return { taskId, task, container, kubeNode, limits };
}
