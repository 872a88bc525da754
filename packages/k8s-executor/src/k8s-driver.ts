// The ExecutorDriver of KubeNodes: one node task, and one task for each process in it.
import type { ExecutorContext, ExecutorDriver, KillOptions, LaunchedTask, TaskUpdate } from "@cke/executor-core";
import { type CkeError, type Clock, type Logger, messageOf, parseLogLevel } from "@cke/foundation";
import { ExecutorConfig, type KubeNodeTask, type ProcessSpec, type Resources, SchedulerMessage } from "@cke/protocol";
import type { Engine } from "./engine.ts";
import type { Host } from "./host.ts";
import { KubeNode, type ReadyNode } from "./kube-node.ts";
import type { LaunchStep } from "./launch-step.ts";
import { NodeContainer } from "./node-container.ts";
import { type EndingNode, endNode, stopKeepingData } from "./node-ending.ts";
import { NodeLogger } from "./node-logger.ts";
import { type DataFate, nodeData, nodeUpdate, stepMessage } from "./node-report.ts";
import { ProcessTask } from "./process-task.ts";
import { ProcessTasks } from "./process-tasks.ts";
import { RemovalOrder } from "./removal-order.ts";
import { SecretsClient } from "./secrets-client.ts";
import { StrayProcesses } from "./stray-processes.ts";
import { mayFinish, podProblem, type ReadTask, readTask } from "./task-group.ts";
import type { WrapperClient } from "./wrapper-client.ts";

export interface K8sDriverOptions {
  readonly engine: Engine;
  readonly host: Host;
  readonly openWrapper: (socketPath: string) => Promise<WrapperClient>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** CKE_RUN_DIR. */
  readonly runBase: string;
  /** How long the agent waits after SHUTDOWN, in ms. */
  readonly shutdownGraceMs: number;
  /** Default 120 s. */
  readonly wrapperTimeoutMs?: number;
  /** How long launches must have been quiet before an adopted node's unwanted processes are stopped; default 15 s. */
  readonly strayMs?: number;
  /** How long a kill of the node waits for the order to remove its data; default 6 s: the scheduler repeats it every 5 s. */
  readonly orderMs?: number;
}

/** What exists from SUBSCRIBED on. */
interface Started {
  readonly context: ExecutorContext;
  readonly logger: Logger;
  readonly log: NodeLogger;
  readonly secrets: SecretsClient;
  readonly strays: StrayProcesses;
}

interface Node extends EndingNode {
  readonly taskId: string;
}

const progressMs = 1_000;
const orderlyStopMs = 60_000;
const removalMs = 60_000;
const defaultOrderMs = 6_000;
/** Of the shutdown grace, for the removal after the processes were stopped in order. */
const removalReserveMs = 10_000;

export class K8sDriver implements ExecutorDriver {
  readonly #options: K8sDriverOptions;
  readonly #processes: ProcessTasks;
  #begun: Started | undefined;
  #node: Node | undefined;
  readonly #order: RemovalOrder;
  /** Never rejects; all tasks are reported when it resolves. */
  #ending: Promise<void> | undefined;
  #nodeKilled = false;
  /** Launched as a group. */
  #pod = false;
  #over = false;
  #lastProgress: { readonly step: string; readonly at: number } | undefined;

  constructor(options: K8sDriverOptions) {
    this.#options = options;
    this.#processes = new ProcessTasks(options.clock);
    this.#order = new RemovalOrder(options.clock);
  }

  start(context: ExecutorContext): void {
    const { clock, strayMs = 15_000 } = this.#options;
    const logger = this.#configuredLogger(context);
    const send = (message: Uint8Array) => context.sendMessage(message);
    const log = new NodeLogger({ logger, send, now: () => clock.now() });
    const secrets = new SecretsClient({ executorId: context.executorId, send, clock, logger });
    const wanted = () => this.#processes.names();
    this.#begun = {
      context,
      logger,
      log,
      secrets,
      strays: new StrayProcesses({ clock, log, quietMs: strayMs, wanted }),
    };
  }

  launch(launched: LaunchedTask): void {
    this.#launchRead(readTask(launched));
  }

  launchGroup(group: readonly LaunchedTask[]): void {
    const { context } = this.#started();
    const tasks = group.map(readTask);
    const problem = this.#node === undefined ? podProblem(tasks) : "this executor has a node already";
    if (problem !== undefined) {
      const message = `the task group is not launched: ${problem}`;
      for (const { id } of tasks) context.update(id, { state: "TASK_FAILED", message });
      if (this.#node === undefined) context.end();
      return;
    }
    this.#pod = true;
    for (const task of tasks) this.#launchRead(task);
  }

  kill({ id }: LaunchedTask, { graceMs }: KillOptions): void {
    const node = id === this.#node?.taskId ? this.#node : undefined;
    this.#nodeKilled ||= node !== undefined;
    if (this.#ending !== undefined) return;
    if (node !== undefined) {
      this.#killNode(node);
      return;
    }
    const life = this.#node?.life;
    void this.#processes.get(id)?.kill(life?.ready?.wrapper, graceMs, life?.signal ?? this.#started().context.signal);
  }

  message(data: Uint8Array): void {
    const { context, logger, secrets } = this.#started();
    let message: SchedulerMessage["message"];
    try {
      message = SchedulerMessage.decode(data).message;
    } catch (error) {
      logger.warning("a message of the scheduler is not readable", { detail: messageOf(error) });
      return;
    }
    switch (message?.kind) {
      case "secretsResponse":
        secrets.receive(message.value);
        break;
      case "setResources":
        void this.#setResources(message.value.taskId, message.value.resources);
        break;
      case "removeNode":
        this.#onOrder(message.value.executorId);
        break;
      case "logLevel": {
        const level = parseLogLevel(message.value);
        if (level !== undefined) context.setLogLevel(level);
        break;
      }
      case undefined:
        logger.warning("a message of the scheduler is of a kind that this executor does not know");
    }
  }

  /** The end of the framework or a kill of the whole executor: nobody's order to remove data, unless it was given before. */
  async shutdown(): Promise<void> {
    // The agent kills this process when the grace is over: the removal comes before good manners.
    const { shutdownGraceMs } = this.#options;
    const orderlyMs = Math.max(0, shutdownGraceMs - removalReserveMs);
    if (this.#node !== undefined)
      this.#ending ??= this.#endNode(this.#node, { orderlyMs, patienceMs: shutdownGraceMs, orderMs: 0 });
    await this.#ending;
  }

  async detach(): Promise<void> {
    this.#begun?.strays.cancel();
    await this.#node?.life.letGo();
  }

  /**
   * For Mesos the tasks are over, and a worker may run elsewhere under the same name and address by now: it is stopped, and
   * its volumes stay. A master never runs elsewhere, because its data is here, and stopping it would make the cluster's
   * outage out of an agent's: it is left to the executor that comes with the agent.
   */
  async agentLost(): Promise<void> {
    const node = this.#node;
    if (node === undefined || this.#ending !== undefined || node.task.nodeType === "master") return this.detach();
    this.#begun?.strays.cancel();
    await stopKeepingData(node, this.#endingParts(), { orderlyMs: orderlyStopMs, patienceMs: removalMs });
  }

  #started(): Started {
    if (this.#begun === undefined) throw new Error("the driver is used before start");
    return this.#begun;
  }

  #configuredLogger(context: ExecutorContext): Logger {
    const { logger } = this.#options;
    try {
      const { cluster, node, logLevel } = ExecutorConfig.decode(context.executorData);
      const level = parseLogLevel(logLevel);
      if (level !== undefined) context.setLogLevel(level);
      return logger.child({ cluster, node });
    } catch (error) {
      logger.warning("ExecutorInfo.data is not readable", { detail: messageOf(error) });
      return logger;
    }
  }

  #onOrder(executorId: string): void {
    const { context, logger } = this.#started();
    if (executorId !== context.executorId) {
      logger.warning("the order to remove the node of another executor is ignored", { executorId });
      return;
    }
    if (!this.#order.given) logger.info("the removal of the node with its data is ordered");
    this.#order.give();
  }

  #launchRead(read: ReadTask): void {
    const { context, logger, strays } = this.#started();
    const { clock } = this.#options;
    if (this.#ending !== undefined) {
      context.update(read.id, { state: "TASK_KILLED", message: "its node is ending" });
      return;
    }
    switch (read.kind) {
      case "node":
        this.#launchNode(read.id, read.task);
        return;
      case "process": {
        const { id: taskId, spec } = read;
        const onEnd = (end: TaskUpdate) => this.#onProcessEnd(spec, end);
        const child = logger.child({ process: spec.name });
        this.#launchProcess(new ProcessTask({ taskId, spec, context, clock, logger: child, onEnd }));
        strays.postpone();
        return;
      }
      case "unreadable":
        context.update(read.id, { state: "TASK_FAILED", message: read.problem });
    }
  }

  #launchNode(taskId: string, task: KubeNodeTask): void {
    const { context, log, logger, secrets } = this.#started();
    const { clock, engine, host, openWrapper, runBase, wrapperTimeoutMs = 120_000 } = this.#options;
    if (this.#node !== undefined) {
      context.update(taskId, {
        state: "TASK_FAILED",
        message: "this executor has a node already: one executor, one node",
      });
      return;
    }
    const { frameworkId, executorId } = context;
    const identity = { frameworkId, cluster: task.cluster, node: task.node };
    const container = new NodeContainer({ engine, host, log, logger, identity, executorId, runBase });
    const life = new KubeNode(
      task,
      { engine, container, secrets, openWrapper, clock, host, logger, wrapperTimeoutMs },
      {
        progress: (step, detail) => this.#onProgress(step, detail),
        ready: (ready) => this.#onReady(ready),
        reachable: (reachable) => this.#onReachable(reachable),
        event: (event) => this.#processes.onEvent(event),
        newInstance: () => this.#beginProcesses(),
        lost: (error) => this.#onLost(error),
      },
    );
    this.#node = { taskId, task, container, life };
    if (task.removeOnKill) this.#order.give();
    life.start();
  }

  #launchProcess(process: ProcessTask): void {
    this.#processes.add(process);
    const life = this.#node?.life;
    if (life?.ready !== undefined) void process.begin(life.ready.wrapper, life.facts.ip, false, life.signal);
    else process.waiting(life === undefined ? "its task has not come yet" : stepMessage(life.step, ""));
  }

  #beginProcesses(): void {
    const life = this.#node?.life;
    if (life?.ready !== undefined) this.#processes.begin(life.ready, life.signal);
  }

  #onProgress(step: LaunchStep, detail: string): void {
    const now = this.#options.clock.monotonic();
    const sameStep = this.#lastProgress?.step === step;
    if (sameStep && now - (this.#lastProgress?.at ?? 0) < progressMs) return;
    this.#lastProgress = { step, at: now };
    this.#updateNode(({ life }) => nodeUpdate("TASK_STARTING", life.facts, step, detail));
    if (!sameStep) this.#processes.waiting(stepMessage(step, ""));
  }

  #onReady(ready: ReadyNode): void {
    const detail = ready.adopted ? "adopted a running container" : "";
    this.#updateNode(() => nodeUpdate("TASK_RUNNING", ready.facts, "ready", detail, { healthy: true }));
    this.#beginProcesses();
    if (ready.adopted) this.#started().strays.watch(ready.wrapper);
  }

  #onReachable(reachable: boolean): void {
    const detail = reachable ? "" : "the wrapper in the container does not answer";
    this.#updateNode(({ life }) => nodeUpdate("TASK_RUNNING", life.facts, "ready", detail, { healthy: reachable }));
  }

  #onLost(error: CkeError): void {
    const update = { state: "TASK_FAILED", message: error.message, reason: "REASON_CONTAINER_LAUNCH_FAILED" } as const;
    this.#endAll(update, { message: `its node is lost: ${error.message}` });
  }

  /** Ends the tasks of the processes first, the node's last: nothing is reported as running in a node that is gone. */
  #endAll(
    update: TaskUpdate,
    { message, state = update.state }: { readonly message: string; readonly state?: TaskUpdate["state"] },
    fate: DataFate = "kept",
  ): void {
    const { context, strays } = this.#started();
    this.#over = true;
    strays.cancel();
    this.#processes.close({ ...update, state, message });
    this.#updateNode(({ life }) => ({ ...update, data: nodeData(life.facts, life.step, update.message ?? "", fate) }));
    context.end();
  }

  #updateNode(update: (node: Node) => TaskUpdate): void {
    if (this.#node !== undefined) this.#started().context.update(this.#node.taskId, update(this.#node));
  }

  #killNode(node: Node): void {
    const { context } = this.#started();
    const { orderMs = defaultOrderMs } = this.#options;
    if (context.killingState) context.update(node.taskId, nodeUpdate("TASK_KILLING", node.life.facts, "stopping", ""));
    this.#ending = this.#endNode(node, { orderlyMs: orderlyStopMs, patienceMs: removalMs, orderMs });
  }

  async #endNode(node: Node, times: Parameters<typeof endNode>[2]): Promise<void> {
    const { logger, strays } = this.#started();
    strays.cancel();
    try {
      this.#ended(await endNode(node, this.#endingParts(), times));
    } catch (error) {
      const message = `the node could not be removed completely: ${messageOf(error)}`;
      logger.error("the removal failed", { detail: messageOf(error) });
      this.#endAll({ state: "TASK_FAILED", message }, { message });
    }
  }

  #ended(fate: DataFate): void {
    const [node, process] =
      fate === "removed"
        ? ["the node was removed", "its node was removed"]
        : ["the node was stopped; its data is kept, for nobody ordered its removal", "its node was stopped"];
    this.#endAll({ state: "TASK_KILLED", message: node }, { message: process }, fate);
  }

  #endingParts() {
    return { clock: this.#options.clock, log: this.#started().log, processes: this.#processes, order: this.#order };
  }

  /** In a pod the wrapper's restarts are the process's own life; its end for good is the end of all. */
  #onProcessEnd(spec: ProcessSpec, end: TaskUpdate): void {
    const over = this.#over || this.#ending !== undefined;
    if (!this.#pod || over || (end.state === "TASK_FINISHED" && mayFinish(spec))) return;
    const why = `its process ${spec.name} ended (${end.state}${end.message === undefined ? "" : `: ${end.message}`})`;
    this.#ending = this.#endPod(`${why}, and a pod ends as a whole`);
  }

  async #endPod(message: string): Promise<void> {
    const { log, logger, strays } = this.#started();
    const node = this.#node;
    log.tell("warning", message);
    strays.cancel();
    let left = "";
    try {
      const times = { orderlyMs: orderlyStopMs, patienceMs: removalMs, orderMs: 0 };
      const fate = node === undefined ? "kept" : await endNode(node, this.#endingParts(), times);
      // Whoever kills all tasks of an agent or a cluster kills the node beside its processes.
      if (fate === "removed" || this.#nodeKilled) {
        this.#ended(fate);
        return;
      }
    } catch (error) {
      left = `; its container could not be removed: ${messageOf(error)}`;
      logger.error("the pod's container could not be removed", { detail: messageOf(error) });
    }
    const processes = { message: `its pod ended: ${message}`, state: "TASK_KILLED" } as const;
    this.#endAll({ state: "TASK_FAILED", message: `${message}${left}` }, processes);
  }

  async #setResources(taskId: string, resources: Resources | undefined): Promise<void> {
    const { log, logger } = this.#started();
    const wrapper = this.#node?.life.ready?.wrapper;
    const process = this.#processes.get(taskId);
    if (process === undefined || resources === undefined || wrapper === undefined) {
      logger.warning("resources for a task that does not run are dropped", { taskId });
      return;
    }
    try {
      await process.setResources(wrapper, resources);
    } catch (error) {
      log.tell("error", `its resources could not be changed: ${messageOf(error)}`, process.name);
    }
  }
}
