// The ExecutorDriver of KubeNodes: one node task, and one task for each process in it.
import {
  dispatchMessage,
  ExecutorChannels,
  type ExecutorContext,
  type ExecutorDriver,
  type KillOptions,
  type LaunchedTask,
  type MessageHandlers,
  RemovalOrder,
  SecretsClient,
  settledLogger,
  type TaskUpdate,
  UnitLogger,
} from "@cke/executor-core";
import { CkeError, type Logger, parseLogLevel, withTimeout } from "@cke/foundation";
import { ClusterPeers, isMaster, type KubeNodeTask, type ProcessSpec } from "@cke/protocol";
import { instanceOf } from "../docker/node-identity.ts";
import type { ReadyNode } from "../node/kube-node-parts.ts";
import { ProcessTask } from "../processes/process-task.ts";
import { ProcessTasks } from "../processes/process-tasks.ts";
import { UnwantedProcesses } from "../processes/unwanted-processes.ts";
import { HostReporter } from "../reports/host-reporter.ts";
import { headlineOf, NodeFailure } from "../reports/node-failure.ts";
import { nodeUpdate, noFacts, stepMessage } from "../reports/node-report.ts";
import { NodeEnd, type NodeWithTask } from "../shutdown/node-end.ts";
import type { K8sDriverOptions } from "./k8s-driver-options.ts";
import { createNode, peersOf } from "./node-launch.ts";
import { NodeStreams } from "./node-streams.ts";
import { followOrders } from "./process-orders.ts";
import { mayFinish, podProblem, type ReadTask, readTask } from "./task-group.ts";

/** Parts that are made when the executor has subscribed. */
interface Started {
  readonly context: ExecutorContext;
  readonly logger: Logger;
  readonly log: UnitLogger;
  readonly secrets: SecretsClient;
  readonly unwanted: UnwantedProcesses;
  readonly end: NodeEnd;
  readonly channels: ExecutorChannels;
}

const defaultOrderMs = 6_000;
/** How long a failed launch waits for a last report on its host. */
const lastLookMs = 2_000;

export class K8sDriver implements ExecutorDriver {
  readonly #options: K8sDriverOptions;
  readonly #processes: ProcessTasks;
  #begun: Started | undefined;
  #hostReporter: HostReporter | undefined;
  #node: NodeWithTask | undefined;
  readonly #order: RemovalOrder;
  /** The tasks were launched as one task group. */
  #pod = false;

  constructor(options: K8sDriverOptions) {
    this.#options = options;
    this.#processes = new ProcessTasks(options.clock);
    this.#order = new RemovalOrder(options.clock);
  }

  start(context: ExecutorContext): void {
    const { clock, orderMs = defaultOrderMs, unwantedAfterMs = 600_000 } = this.#options;
    const logger = settledLogger(context, this.#options.logger, (cluster, node) => ({ cluster, node }));
    const send = (message: Uint8Array) => context.sendMessage(message);
    const log = new UnitLogger({ logger, send, now: () => clock.now() });
    const secrets = new SecretsClient({ executorId: context.executorId, send, clock, logger });
    const wanted = () => this.#processes.names();
    const unwanted = new UnwantedProcesses({ clock, log, quietMs: unwantedAfterMs, wanted });
    const onBegin = () => {
      unwanted.cancel();
      this.#hostReporter?.stop();
    };
    const shared = { processes: this.#processes, order: this.#order };
    const end = new NodeEnd({ context, clock, logger, log, ...shared, orderMs, onBegin });
    const units = new NodeStreams(() => this.#node?.kubeNode.ready?.wrapper);
    const channels = new ExecutorChannels({ executorId: context.executorId, units, send, clock, logger });
    this.#begun = { context, logger, log, secrets, unwanted, end, channels };
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
    const { context, end } = this.#started();
    if (id === this.#node?.taskId) {
      end.kill(this.#node);
      return;
    }
    if (end.begun || this.#processes.release(id, { state: "TASK_KILLED", message: "given back by request" })) return;
    const kubeNode = this.#node?.kubeNode;
    void this.#processes.get(id)?.kill(kubeNode?.ready?.wrapper, graceMs, kubeNode?.signal ?? context.signal);
  }

  message(data: Uint8Array): void {
    const { context, logger, secrets, channels } = this.#started();
    const handlers: MessageHandlers = {
      secretsResponse: (response) => secrets.receive(response),
      removeUnit: (order) => this.#order.receive(order, context.executorId, logger),
      reportHost: () => void this.#hostReporter?.look(true),
      logLevel: (text) => {
        const level = parseLogLevel(text);
        if (level !== undefined) context.setLogLevel(level);
      },
      workloadState: ({ state }) => this.#wantPeers(state),
      unitState: ({ state }) => this.#wantProcesses(state),
      openChannel: (order) => channels.receive(order),
    };
    dispatchMessage(data, handlers, logger);
  }

  /** What comes before the node is dropped: the scheduler sends it again until a report of the node names its version. */
  #wantPeers(state: Uint8Array): void {
    const peers = peersOf(() => ClusterPeers.decode(state), this.#started().log);
    if (peers !== undefined) this.#node?.kubeNode.wantPeers(peers);
  }

  #wantProcesses(state: Uint8Array): void {
    const { log, logger, end } = this.#started();
    const node = this.#node;
    if (node !== undefined && !end.begun) followOrders(state, { node, processes: this.#processes, log, logger });
  }

  /** The framework ends, or Mesos ends this executor. That alone is no order to remove data: data goes only if the order came before. */
  async shutdown(): Promise<void> {
    await this.#begun?.end.shutdown(this.#node, this.#options.shutdownGraceMs);
  }

  async detach(): Promise<void> {
    this.#begun?.unwanted.cancel();
    this.#hostReporter?.stop();
    await this.#begun?.channels.stop();
    await this.#node?.kubeNode.letGo();
  }

  /**
   * For Mesos the tasks are over, and the scheduler may have launched a worker elsewhere under the same name and address. So a
   * worker is stopped here, and its volumes stay. A master is never launched elsewhere, because its data is on this host. It
   * runs on, so that the loss of an agent does not become the outage of a cluster; the next executor adopts it.
   */
  async agentLost(): Promise<void> {
    const node = this.#node;
    const end = this.#begun?.end;
    if (node === undefined || end === undefined || end.begun || isMaster(node.task.nodeType)) return this.detach();
    await end.unreported(node);
  }

  #started(): Started {
    if (this.#begun === undefined) throw new Error("the driver is used before start");
    return this.#begun;
  }

  #launchRead(read: ReadTask): void {
    const { context, end, logger, unwanted } = this.#started();
    const { clock } = this.#options;
    if (end.begun) {
      context.update(read.id, { state: "TASK_KILLED", message: "its node is ending" });
      return;
    }
    switch (read.kind) {
      case "node":
        this.#launchNode(read.id, read.task);
        return;
      case "process": {
        const { id: taskId, wanted } = read;
        const onEnd = (end: TaskUpdate) => this.#onProcessEnd(wanted.spec, end);
        const child = logger.child({ process: wanted.spec.name });
        this.#launchProcess(new ProcessTask({ taskId, wanted, context, clock, logger: child, onEnd }));
        unwanted.postpone();
        return;
      }
      case "resources":
        this.#processes.hold(read.id, (update) => context.update(read.id, update));
        context.update(read.id, { state: "TASK_RUNNING", healthy: true });
        return;
      case "unreadable":
        context.update(read.id, { state: "TASK_FAILED", message: read.problem });
    }
  }

  #launchNode(taskId: string, task: KubeNodeTask): void {
    const { context, log, logger, secrets } = this.#started();
    const { clock, engine } = this.#options;
    if (this.#node !== undefined) {
      context.update(taskId, {
        state: "TASK_FAILED",
        message: "this executor has a node already: one executor, one node",
      });
      return;
    }
    const parts = { options: this.#options, context, log, logger, secrets, processes: this.#processes };
    const node = createNode(taskId, task, parts, {
      ready: (ready) => this.#onReady(ready),
      newInstance: () => this.#beginProcesses(),
      lost: (error) => void this.#lost(error),
    });
    this.#node = node;
    const send = (message: Uint8Array) => context.sendMessage(message);
    const interest = { network: task.network, image: task.image };
    this.#hostReporter = new HostReporter({ engine, interest, send, clock, logger });
    this.#hostReporter.begin();
    this.#order.concerns(instanceOf(task.labels));
    if (task.removeOnKill) this.#order.give();
    if (!task.endOnKill) {
      node.kubeNode.start();
      return;
    }
    // It comes to end what is left here; the kill follows at once. Nothing is started for that.
    const words = "ready to end what may still run on the host";
    context.update(taskId, nodeUpdate("TASK_RUNNING", noFacts, "engine", words, { healthy: true }));
  }

  /** Reports the failure of the node. The report on the host goes first: the scheduler checks the next clusters against it. */
  async #lost(error: CkeError): Promise<void> {
    const { end, log } = this.#started();
    const node = this.#node;
    if (node?.kubeNode.launched === false && this.#hostReporter !== undefined) {
      const late = () => new CkeError("late", "the host was not looked at in time");
      await withTimeout(this.#hostReporter.look(false), { ms: lastLookMs, late }).catch(() => {});
    }
    // This launch was made to remove an instance of the node. Its container name belongs to another container now, so there is no
    // container of this instance; there may be volumes of it.
    const comesToRemove = node?.task.removeOnKill === true && instanceOf(node.task.labels) !== "";
    if (!end.begun && comesToRemove && error.code === "name_taken") {
      log.tell("info", `no container of this node is here: ${headlineOf(error)}`);
      end.kill(node);
      return;
    }
    // A kill may have come meanwhile: then the report of the kill is the last one.
    if (!end.begun) end.lost(node, error);
    else log.tell("info", `the node had failed before it was ended: ${headlineOf(error)}`);
  }

  #launchProcess(process: ProcessTask): void {
    this.#processes.add(process);
    const kubeNode = this.#node?.kubeNode;
    if (kubeNode?.ready !== undefined)
      void process.begin(kubeNode.ready.wrapper, kubeNode.facts.ip, false, kubeNode.signal);
    else this.#processes.waiting(kubeNode === undefined ? "its task has not come yet" : stepMessage(kubeNode.step, ""));
  }

  #beginProcesses(): void {
    const kubeNode = this.#node?.kubeNode;
    if (kubeNode?.ready !== undefined) this.#processes.begin(kubeNode.ready, kubeNode.signal);
  }

  #onReady(ready: ReadyNode): void {
    this.#beginProcesses();
    if (ready.adopted) this.#started().unwanted.watch(ready.wrapper);
  }

  /** In a pod the wrapper restarts a process as often as it may. When a process has ended for good, the whole pod ends. */
  #onProcessEnd(spec: ProcessSpec, end: TaskUpdate): void {
    const { end: node, context } = this.#started();
    // A kill can arrive in the middle of the launch and end the node's task. An executor without a node and without processes
    // would hold its resources for ever, so it ends by itself.
    if (this.#node === undefined) {
      const { clock, nodelessMs = 10_000 } = this.#options;
      const isIdle = () => this.#node === undefined && !node.begun && this.#processes.open().length === 0;
      clock.after(nodelessMs, () => void (isIdle() && context.end()));
    }
    if (!this.#pod || node.begun || (end.state === "TASK_FINISHED" && mayFinish(spec))) return;
    const headline = `its process ${spec.name} ended, and a pod ends as a whole`;
    const words = `${spec.name}: ${end.message ?? end.state}`;
    node.endPod(this.#node, new NodeFailure("process_ended", headline, { words }));
  }
}
