// The ExecutorDriver of KubeNodes: one node task, and one task for each process in it.
import type { ExecutorContext, ExecutorDriver, KillOptions, LaunchedTask, TaskUpdate } from "@cke/executor-core";
import { Backoff, CkeError, type Clock, type Logger, messageOf, parseLogLevel } from "@cke/foundation";
import { ExecutorConfig, type KubeNodeTask, SchedulerMessage, TaskData } from "@cke/protocol";
import type { Engine } from "./engine.ts";
import type { Host } from "./host.ts";
import { KubeNode, type ReadyNode } from "./kube-node.ts";
import { NodeContainer } from "./node-container.ts";
import { nodeData, nodeUpdate, stepMessage } from "./node-report.ts";
import { ProcessTask } from "./process-task.ts";
import { SecretsClient } from "./secrets-client.ts";
import { stopInOrder } from "./stop-order.ts";
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
  /** Default 60 s. */
  readonly wrapperTimeoutMs?: number;
  /** How long an adopted node may lack the launch of a process before the process is stopped; default 15 s. */
  readonly strayMs?: number;
}

interface Node {
  readonly taskId: string;
  readonly task: KubeNodeTask;
  readonly container: NodeContainer;
  readonly life: KubeNode;
}

const progressMs = 1_000;
const orderlyStopMs = 60_000;
const removalMs = 60_000;

export class K8sDriver implements ExecutorDriver {
  readonly #options: K8sDriverOptions;
  #context: ExecutorContext | undefined;
  #logger: Logger;
  #secrets: SecretsClient | undefined;
  #node: Node | undefined;
  readonly #processes = new Map<string, ProcessTask>();
  #removal: Promise<void> | undefined;
  #lastProgress: { readonly step: string; readonly at: number } | undefined;
  #cancelStrays: (() => void) | undefined;
  #cancelWaiting: (() => void) | undefined;

  constructor(options: K8sDriverOptions) {
    this.#options = options;
    this.#logger = options.logger;
  }

  start(context: ExecutorContext): void {
    this.#context = context;
    try {
      const config = ExecutorConfig.decode(context.executorData);
      const level = parseLogLevel(config.logLevel);
      if (level !== undefined) context.setLogLevel(level);
      this.#logger = this.#options.logger.child({ cluster: config.cluster, node: config.node });
    } catch (error) {
      this.#logger.warning("ExecutorInfo.data is not readable", { detail: messageOf(error) });
    }
    const { clock } = this.#options;
    const { executorId } = context;
    const send = (message: Uint8Array) => context.sendMessage(message);
    this.#secrets = new SecretsClient({ executorId, send, clock, logger: this.#logger });
  }

  launch({ id, data }: LaunchedTask): void {
    const context = this.#started();
    let task: TaskData["task"];
    try {
      task = TaskData.decode(data).task;
    } catch (error) {
      context.update(id, { state: "TASK_FAILED", message: `TaskInfo.data is not readable: ${messageOf(error)}` });
      return;
    }
    if (this.#removal !== undefined) {
      context.update(id, { state: "TASK_KILLED", message: "the node is being removed" });
    } else if (task?.kind === "kubeNode") {
      this.#launchNode(id, task.value);
    } else if (task?.kind === "process" && task.value.spec !== undefined) {
      const { clock } = this.#options;
      const { spec } = task.value;
      const logger = this.#logger.child({ process: spec.name });
      this.#launchProcess(new ProcessTask({ taskId: id, spec, context, clock, logger }));
    } else {
      context.update(id, {
        state: "TASK_FAILED",
        message: "TaskInfo.data holds neither a node nor a process: scheduler and executor are of different versions",
      });
    }
  }

  kill({ id }: LaunchedTask, { graceMs }: KillOptions): void {
    const context = this.#started();
    if (id === this.#node?.taskId) {
      void this.#kill(this.#node);
      return;
    }
    const process = this.#processes.get(id);
    if (process === undefined || this.#removal !== undefined) return;
    void process.kill(this.#node?.life.ready?.wrapper, graceMs, this.#node?.life.signal ?? context.signal);
  }

  message(data: Uint8Array): void {
    let message: SchedulerMessage["message"];
    try {
      message = SchedulerMessage.decode(data).message;
    } catch (error) {
      this.#logger.warning("a message of the scheduler is not readable", { detail: messageOf(error) });
      return;
    }
    switch (message?.kind) {
      case "secretsResponse":
        this.#secrets?.receive(message.value);
        break;
      case "setResources":
        void this.#setResources(message.value.taskId, message.value.resources);
        break;
      case "logLevel": {
        const level = parseLogLevel(message.value);
        if (level !== undefined) this.#started().setLogLevel(level);
        break;
      }
      case undefined:
        this.#logger.warning("a message of the scheduler is of a kind that this executor does not know");
    }
  }

  /** The core reports the tasks as killed. */
  async shutdown(): Promise<void> {
    // The agent kills this process when the grace is over: what matters most, the removal, comes before good manners.
    const { shutdownGraceMs } = this.#options;
    await this.#remove(Math.max(0, shutdownGraceMs - 3_000), shutdownGraceMs);
  }

  async detach(): Promise<void> {
    this.#cancelTimers();
    await this.#node?.life.letGo();
  }

  #started(): ExecutorContext {
    if (this.#context === undefined) throw new Error("the driver is used before start");
    return this.#context;
  }

  #launchNode(taskId: string, task: KubeNodeTask): void {
    const context = this.#started();
    const { clock, engine, host, openWrapper, runBase, wrapperTimeoutMs = 60_000 } = this.#options;
    const secrets = this.#secrets;
    if (this.#node !== undefined || secrets === undefined) {
      context.update(taskId, {
        state: "TASK_FAILED",
        message: "this executor has a node already: one executor, one node",
      });
      return;
    }
    const { frameworkId, executorId } = context;
    const identity = { frameworkId, cluster: task.cluster, node: task.node };
    const logger = this.#logger;
    const container = new NodeContainer({ engine, host, clock, logger, identity, executorId, runBase });
    const life = new KubeNode(
      task,
      { engine, container, secrets, openWrapper, clock, logger, wrapperTimeoutMs },
      {
        progress: (step, detail) => this.#onProgress(step, detail),
        ready: (ready) => this.#onReady(ready),
        reachable: (reachable) => this.#onReachable(reachable),
        event: (event) => {
          for (const process of this.#processes.values())
            if (process.name === event.state?.name) process.onEvent(event);
        },
        newInstance: () => this.#beginAll(),
        lost: (error) => this.#onLost(error),
      },
    );
    this.#node = { taskId, task, container, life };
    life.start();
  }

  #launchProcess(process: ProcessTask): void {
    for (const older of this.#processes.values()) {
      if (older.name === process.name) {
        older.close({ state: "TASK_KILLED", message: `replaced by task ${process.taskId}` });
      }
    }
    this.#processes.set(process.taskId, process);
    const ready = this.#node?.life.ready;
    if (ready === undefined)
      process.waiting(this.#node === undefined ? "its task has not come yet" : this.#node.life.step);
    else this.#begin(process, ready);
    this.#scheduleStrays();
  }

  #begin(process: ProcessTask, { wrapper, facts }: ReadyNode): void {
    const signal = this.#node?.life.signal;
    if (signal !== undefined && !process.ended) void process.begin(wrapper, facts.ip, signal);
  }

  #beginAll(): void {
    const ready = this.#node?.life.ready;
    if (ready !== undefined) for (const process of this.#processes.values()) this.#begin(process, ready);
  }

  #onProgress(step: Parameters<typeof stepMessage>[0], detail: string): void {
    const now = this.#options.clock.monotonic();
    const sameStep = this.#lastProgress?.step === step;
    if (sameStep && now - (this.#lastProgress?.at ?? 0) < progressMs) return;
    this.#lastProgress = { step, at: now };
    this.#updateNode((node) => nodeUpdate("TASK_STARTING", node.life.facts, step, detail));
    if (!sameStep) this.#waitingSoon(stepMessage(step, ""));
  }

  /** Only a step that takes its time is news for the processes that wait for it. */
  #waitingSoon(why: string): void {
    this.#cancelWaiting?.();
    const tell = () => {
      for (const process of this.#processes.values()) if (!process.ended) process.waiting(why);
    };
    this.#cancelWaiting = this.#options.clock.after(progressMs, tell, { background: true });
  }

  #onReady(ready: ReadyNode): void {
    this.#cancelWaiting?.();
    const detail = ready.adopted ? "adopted a running container" : "";
    this.#updateNode(() => nodeUpdate("TASK_RUNNING", ready.facts, "ready", detail, { healthy: true }));
    this.#beginAll();
    this.#scheduleStrays();
  }

  #onReachable(reachable: boolean): void {
    const detail = reachable ? "" : "the wrapper in the container does not answer";
    this.#updateNode(({ life }) => nodeUpdate("TASK_RUNNING", life.facts, "ready", detail, { healthy: reachable }));
  }

  #onLost(error: CkeError): void {
    const context = this.#started();
    this.#cancelTimers();
    this.#endAll(
      { state: "TASK_FAILED", message: error.message, reason: "REASON_CONTAINER_LAUNCH_FAILED" },
      `its node is lost: ${error.message}`,
    );
    context.end();
  }

  /** Ends the tasks of the processes first, the node's last: nothing is reported as running in a node that is gone. */
  #endAll(update: TaskUpdate, processMessage: string): void {
    for (const process of this.#processes.values()) process.close({ ...update, message: processMessage });
    this.#updateNode(({ life }) => ({ ...update, data: nodeData(life.facts, life.step, update.message ?? "") }));
  }

  #updateNode(update: (node: Node) => TaskUpdate): void {
    if (this.#node !== undefined) this.#started().update(this.#node.taskId, update(this.#node));
  }

  async #kill(node: Node): Promise<void> {
    if (this.#removal !== undefined) return;
    const context = this.#started();
    if (context.killingState) context.update(node.taskId, nodeUpdate("TASK_KILLING", node.life.facts, "stopping", ""));
    try {
      await this.#remove(orderlyStopMs, removalMs);
      this.#endAll({ state: "TASK_KILLED", message: "the node was removed" }, "its node was removed");
    } catch (error) {
      const message = `the node could not be removed completely: ${messageOf(error)}`;
      this.#logger.error("the removal failed", { error });
      this.#endAll({ state: "TASK_FAILED", message }, message);
    }
    context.end();
  }

  /** Once; later calls wait for the first. */
  #remove(orderlyMs: number, patienceMs: number): Promise<void> {
    this.#removal ??= this.#removeNode(orderlyMs, patienceMs);
    return this.#removal;
  }

  async #removeNode(orderlyMs: number, patienceMs: number): Promise<void> {
    const { clock } = this.#options;
    const node = this.#node;
    this.#cancelTimers();
    if (node === undefined) return;
    const { ready } = node.life;
    const processes = [...this.#processes.values()].filter((process) => !process.ended);
    for (const process of processes) process.expectEnd();
    if (ready !== undefined && orderlyMs > 0)
      await stopInOrder(ready.wrapper, processes, { clock, limitMs: orderlyMs });
    await node.life.letGo();
    const deadline = clock.monotonic() + patienceMs;
    const backoff = new Backoff({ baseMs: 500, maxMs: 5_000 });
    for (;;) {
      try {
        await node.container.removeAll(orderlyMs > 0 ? 5 : 0);
        return;
      } catch (error) {
        const hopeless = error instanceof CkeError && !error.retryable;
        if (hopeless || clock.monotonic() >= deadline) throw node.container.failure(error, node.task, "container");
        this.#logger.warning("the removal of the node is tried again", { detail: messageOf(error) });
        await clock.sleep(backoff.next());
      }
    }
  }

  async #setResources(
    taskId: string,
    resources: Parameters<ProcessTask["setResources"]>[1] | undefined,
  ): Promise<void> {
    const wrapper = this.#node?.life.ready?.wrapper;
    const process = this.#processes.get(taskId);
    if (process === undefined || resources === undefined || wrapper === undefined) {
      this.#logger.warning("resources for a task that does not run are dropped", { taskId });
      return;
    }
    try {
      await process.setResources(wrapper, resources);
    } catch (error) {
      this.#logger.error("the resources of a process could not be changed", { taskId, detail: messageOf(error) });
    }
  }

  #cancelTimers(): void {
    this.#cancelStrays?.();
    this.#cancelWaiting?.();
  }

  /** In an adopted node: processes that nobody has launched again are stopped, once launches have come to rest. */
  #scheduleStrays(): void {
    const { clock, strayMs = 15_000 } = this.#options;
    this.#cancelStrays?.();
    if (this.#node?.life.ready?.adopted !== true || this.#removal !== undefined) return;
    this.#cancelStrays = clock.after(strayMs, () => void this.#stopStrays(), { background: true });
  }

  async #stopStrays(): Promise<void> {
    const wrapper = this.#node?.life.ready?.wrapper;
    if (wrapper === undefined) return;
    try {
      const wanted = new Set([...this.#processes.values()].map((process) => process.name));
      for (const { name } of (await wrapper.list()).processes) {
        if (wanted.has(name)) continue;
        this.#logger.warning("stopping a process that is not wanted any more", { process: name });
        await wrapper.stop(name);
      }
    } catch (error) {
      this.#logger.warning("unwanted processes could not be stopped", { detail: messageOf(error) });
    }
  }
}
