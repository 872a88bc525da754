// A simulated cke-k8s-exec, as far as a scheduler can see it: one container per node that outlives the executor,
// secrets by message, processes that come up and become healthy. A kill takes time and removes data only by order.
// Containers are kept by host.
import type { TaskInfo, TaskState, TaskStatus } from "@cke/mesos";
import type { ExecutorHost, SimulatedExecutor } from "@cke/mesos-local/simulation";
import { ClusterPeers, ExecutorMessage, type KubeNodeTask, SchedulerMessage, TaskData } from "@cke/protocol";
import { type Container, containersOn, type Hosts, instanceKey, leaveUnknown } from "./container.ts";
import { NodeProcesses } from "./node-processes.ts";
import { type Node, nodeStatus } from "./node-status.ts";
import { SecretsExchange } from "./secrets-exchange.ts";

/** The functions with which an executor reports to the run, and asks it for faults. */
export interface ExecutorWorld {
  readonly hosts: Hosts;
  /** True: the image is missing, so Docker refuses the container. */
  imageMissing(): boolean;
  /** Called when a container was made or taken over on a host. */
  onContainer(hostname: string, key: string, container: Container): void;
  /** Called before an executor removes the data of an instance of a node. */
  onRemoval(executorId: string, instanceId: string): void;
  onLaunch(host: ExecutorHost, tasks: readonly TaskInfo[]): void;
  readonly executors: Map<string, KubeNodeExecutor>;
}

/** A kill waits this long for the order to remove the data. */
const orderMs = 6_000;
/** How long an executor that has nothing to run waits for its node. */
const nodelessMs = 10_000;

export class KubeNodeExecutor implements SimulatedExecutor {
  readonly #host: ExecutorHost;
  readonly #world: ExecutorWorld;
  readonly #processes: NodeProcesses;
  readonly #exchange: SecretsExchange;
  #node: Node | undefined;
  #removing = false;
  /** The instances whose removal was ordered; "" stands for all. */
  readonly #orders = new Set<string>();
  /** True when the tasks came as one group. They end as one group too. */
  #pod = false;

  constructor(host: ExecutorHost, world: ExecutorWorld) {
    this.#host = host;
    this.#world = world;
    this.#processes = new NodeProcesses(host);
    this.#exchange = new SecretsExchange(host, {
      wanted: () => !this.#removing,
      done: () => this.#ready(),
      failed: (reason) => this.#endAll("TASK_FAILED", reason),
    });
    world.executors.set(host.executor.executor_id.value, this);
  }

  launch(tasks: readonly TaskInfo[]): void {
    this.#world.onLaunch(this.#host, tasks);
    // Tasks of a pod come in one call; all others come one by one.
    if (tasks.length > 1) this.#pod = true;
    for (const { task_id, data } of tasks) {
      const { task } = TaskData.decode(new Uint8Array(Buffer.from(data ?? "", "base64")));
      if (this.#removing) this.#host.update(task_id.value, "TASK_KILLED", { message: "the node is being removed" });
      else if (task?.kind === "kubeNode") this.#launchNode(task_id.value, task.value);
      else if (task?.kind === "process" && task.value.spec !== undefined)
        this.#processes.add(task_id.value, task.value.spec, task.value);
      else if (task?.kind === "resources") this.#processes.hold(task_id.value);
    }
  }

  kill(taskId: string): void {
    if (this.#removing) return;
    if (taskId === this.#node?.taskId) this.#killNode(this.#node);
    else
      this.#after(200, 2_000, () => {
        if (this.#processes.kill(taskId) && this.#pod) this.#endPod();
        // A kill may arrive while the node is being launched, so that the executor never gets the node's task.
        const isIdle = () => this.#node === undefined && this.#processes.size === 0;
        if (isIdle()) this.#host.after(nodelessMs, () => void (isIdle() && this.#host.exit(0)));
      });
  }

  message(data: string): void {
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(data, "base64")));
    if (message?.kind === "removeUnit" && message.value.executorId === this.#id)
      this.#orders.add(message.value.instance);
    if (message?.kind === "secretsResponse") this.#exchange.answer(message.value);
    if (message?.kind === "workloadState") this.#followPeers(message.value.state);
    if (message?.kind === "unitState") this.#processes.follow(message.value.state);
  }

  shutdown(): void {
    this.#cease();
    this.#after(100, 1_000, () => this.#removed("TASK_KILLED"));
  }

  /** A worker ends; a master runs on. */
  agentLost(): void {
    const node = this.#node;
    this.#cease();
    leaveUnknown(this.#host, () => (node?.task.nodeType === "node" ? this.#own(node) : undefined));
  }

  get #id(): string {
    return this.#host.executor.executor_id.value;
  }

  get #ordered(): boolean {
    return this.#orders.has("") || this.#orders.has(this.#node?.instance ?? "");
  }

  /** The container of the node's own instance on this host. */
  #own({ key, instance }: Node): Container | undefined {
    return containersOn(this.#world.hosts, this.#host.hostname).get(instanceKey(key, instance));
  }

  /** One process of the node ends and is not started again; false when there is none. */
  failProcess(choose: (count: number) => number): boolean {
    if (this.#removing || !this.#processes.fail(choose)) return false;
    if (this.#pod) this.#endPod();
    return true;
  }

  /**
   * All tasks are killed without an order of the scheduler, as Mesos does when an operator drains the agent; false when
   * there are none.
   */
  killedByOthers(): boolean {
    const node = this.#node;
    if (node === undefined || this.#removing) return false;
    this.#killNode(node);
    return true;
  }

  /** The container dies; false when there is none. */
  loseContainer(): boolean {
    const node = this.#node;
    if (node?.ready !== true || this.#removing) return false;
    const found = this.#own(node);
    if (found !== undefined) found.running = false;
    this.#endAll("TASK_FAILED", "its container is gone");
    return true;
  }

  /** Begins nothing new any more. */
  #cease(): void {
    this.#removing = true;
    this.#processes.halt();
  }

  #after(leastMs: number, mostMs: number, action: () => void): void {
    this.#host.after(leastMs + this.#host.random() * (mostMs - leastMs), action);
  }

  #launchNode(taskId: string, task: KubeNodeTask): void {
    const instance = task.labels["cke.instance"] ?? "";
    const key = `${task.cluster}/${task.node}`;
    const node: Node = { taskId, task, key, instance, step: "", ready: false, peersVersion: "" };
    this.#node = node;
    if (task.removeOnKill) this.#orders.add("");
    this.#step("engine");
    this.#tellHost(task);
    this.#after(100, 2_000, () => this.#look(node));
  }

  /** Reports the network and the image of its host. The message may be lost like any other. */
  #tellHost({ network, image }: KubeNodeTask): void {
    const networks = [{ name: network, driver: "bridge", scope: "local", ranges: [] }];
    const value = { networks, images: [{ name: image, id: "sha256:0" }] };
    this.#host.send(Buffer.from(ExecutorMessage.encode({ message: { kind: "host", value } })).toString("base64"));
  }

  /** Takes a container of its own instance over. A container of another instance is stopped, and its data stays. */
  #look(node: Node): void {
    if (this.#removing) return;
    const { key, instance } = node;
    for (const [instanceId, other] of containersOn(this.#world.hosts, this.#host.hostname))
      if (instanceId.startsWith(`${key}@`) && other.instance !== instance) other.running = false;
    const found = this.#own(node);
    const executorId = this.#id;
    if (node.task.endOnKill) {
      if (found !== undefined) found.executorId = executorId;
      this.#host.update(node.taskId, "TASK_RUNNING", { healthy: true, ...this.#nodeData(node, "") });
      return;
    }
    if (found !== undefined) {
      found.executorId = executorId;
      found.running = true;
      this.#world.onContainer(this.#host.hostname, node.key, found);
      this.#step("container");
      this.#after(100, 1_000, () => this.#secrets(node));
      return;
    }
    this.#step("image");
    this.#after(100, 8_000, () => {
      if (this.#removing) return;
      if (this.#world.imageMissing()) {
        this.#endAll("TASK_FAILED", "No such image");
        return;
      }
      this.#step("container");
      this.#after(200, 3_000, () => {
        if (this.#removing) return;
        const container = { instance, nodeType: node.task.nodeType, executorId, running: true };
        containersOn(this.#world.hosts, this.#host.hostname).set(instanceKey(key, instance), container);
        this.#world.onContainer(this.#host.hostname, node.key, container);
        this.#secrets(node);
      });
    });
  }

  #secrets(node: Node): void {
    if (this.#removing) return;
    this.#step("secrets");
    this.#exchange.begin(node.task.secrets.map(({ name }) => name));
  }

  #ready(): void {
    const node = this.#node;
    if (node === undefined || this.#removing) return;
    node.ready = true;
    node.step = "ready";
    node.peersVersion = node.task.peers?.version ?? "";
    this.#host.update(node.taskId, "TASK_RUNNING", { healthy: true, ...this.#nodeData(node, "") });
    this.#processes.begin();
  }

  #followPeers(state: Uint8Array): void {
    const node = this.#node;
    if (node?.ready !== true || this.#removing) return;
    node.peersVersion = ClusterPeers.decode(state).version;
    this.#host.update(node.taskId, "TASK_RUNNING", { healthy: true, ...this.#nodeData(node, "") });
  }

  #step(step: string): void {
    const node = this.#node;
    if (node === undefined) return;
    node.step = step;
    this.#host.update(node.taskId, "TASK_STARTING", this.#nodeData(node, ""));
  }

  #nodeData(node: Node, detail: string, data = "kept", cause = ""): Partial<TaskStatus> {
    return nodeStatus(node, this.#own(node) !== undefined, detail, data, cause);
  }

  /**
   * Kills the node. An executor that has not yet looked at its host does not touch a container of an earlier one, and
   * fails.
   */
  #killNode(node: Node): void {
    this.#cease();
    if (this.#host.killingState) this.#host.update(node.taskId, "TASK_KILLING", this.#nodeData(node, ""));
    const found = this.#own(node);
    const mine = found === undefined || found.executorId === this.#id;
    const end = () => this.#removed(mine ? "TASK_KILLED" : "TASK_FAILED");
    this.#after(500, 8_000, () => {
      if (this.#ordered) end();
      else this.#host.after(orderMs, end);
    });
  }

  #removed(state: TaskState): void {
    const node = this.#node;
    const found = node === undefined ? undefined : this.#own(node);
    const removal = this.#ordered && state === "TASK_KILLED";
    if (node !== undefined) {
      node.step = "stopping";
      const instanceId = instanceKey(node.key, node.instance);
      if (removal) this.#world.onRemoval(this.#id, instanceId);
      if (found?.executorId === this.#id) {
        found.running = false;
        if (removal) containersOn(this.#world.hosts, this.#host.hostname).delete(instanceId);
      }
    }
    const words = removal ? "the node was removed" : "the node was stopped";
    if (state !== "TASK_KILLED")
      this.#endAll(state, "the node could not be removed completely", "kept", "removal_failed");
    else this.#endAll(state, words, removal ? "removed" : "kept");
  }

  /** Stops the other processes and keeps the data. The node has failed. */
  #endPod(): void {
    const node = this.#node;
    if (node === undefined || this.#removing) return;
    this.#cease();
    this.#after(200, 3_000, () => {
      const found = this.#own(node);
      if (found?.executorId === this.#id) found.running = false;
      this.#processes.endAll("TASK_KILLED", "its pod ended");
      this.#endAll("TASK_FAILED", "a pod ends as a whole");
    });
  }

  /** Ends the processes first and the node's task last; then the executor exits. */
  #endAll(state: TaskState, message: string, data = "kept", cause = ""): void {
    this.#processes.endAll(state, message);
    const node = this.#node;
    if (node !== undefined)
      this.#host.update(node.taskId, state, { message, ...this.#nodeData(node, message, data, cause) });
    this.#host.exit(0);
  }
}
