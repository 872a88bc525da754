// A Mesos master with agents for tick scripts: keeps a ledger of offers and tasks, delivers updates until they are
// acknowledged, answers RECONCILE and KILL as recorded of the real one. Executors do what the test says.
import {
  type CallResult,
  newUuid,
  type OfferConstraints,
  type Operation,
  type OperationStatus,
  type Resource,
  Resources,
  type SchedulerDecision,
  type SchedulerProblem,
  type SubscribeBody,
  type TaskInfo,
  type TaskState,
  type TaskStatus,
} from "@cke/mesos";
import { SchedulerMessage, TaskData, TaskReport } from "@cke/protocol";
import type { ConnectionHooks, MesosConnection } from "../dependencies.ts";
import type { FrameworkCall } from "../mesos-calls.ts";
import { FakeLedger, type FakeTask, terminal } from "./fake-ledger.ts";

function popReservation({ reservations = [], ...resource }: Resource): Resource {
  return reservations.length > 1 ? { ...resource, reservations: reservations.slice(0, -1) } : resource;
}

const stopping = (data: "kept" | "removed") =>
  Buffer.from(TaskReport.encode({ report: { kind: "kubeNode", value: { step: "stopping", data } } })).toString(
    "base64",
  );

/** Launched only to remove what its node has left. */
function isCleanup({ info }: FakeTask): boolean {
  const { task } = TaskData.decode(new Uint8Array(Buffer.from(info.data ?? "", "base64")));
  return task?.kind === "kubeNode" && task.value.removeOnKill;
}

export class FakeMesos extends FakeLedger {
  readonly calls: FrameworkCall[] = [];
  /** Every task id that was ever launched: none may come twice. */
  readonly everLaunched = new Set<string>();
  /** Consulted before a call has its effect; throws to simulate a scheduler that dies there. */
  beforeCall: (call: FrameworkCall) => void = () => undefined;
  /** Consulted after it; the effect stays. */
  afterCall: (call: FrameworkCall) => void = () => undefined;
  refuseCalls = false;
  /** Calls that the master calls invalid. */
  rejects: (call: FrameworkCall) => boolean = () => false;
  /** Why the operator API does not answer; "": it does. */
  askProblem = "";
  /** Tasks of agents that an operator marked gone: only who asks hears of it. */
  readonly gone = new Set<string>();
  reconcileAnswers = true;
  /** What a correct scheduler never does. */
  readonly violations: string[] = [];
  /** Roles that get no offers now. */
  suppressedRoles: ReadonlySet<string> = new Set();
  /** SUBSCRIBE calls, oldest first. */
  readonly subscriptions: SubscribeBody[] = [];
  masterVersion = "1.12.0";
  constraints: OfferConstraints | undefined;
  /** True: RESERVE is refused, as by an ACL. */
  refuseReservations = false;
  /** Operations that are not acknowledged, by id. */
  readonly operations = new Map<string, OperationStatus>();
  readonly #now: () => number;
  #hooks: ConnectionHooks | undefined;
  #generation = 0;
  #events: Promise<void> = Promise.resolve();

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  /** What `FrameworkDependencies.connect` wants; a new one takes over from the old. */
  readonly connect = (hooks: ConnectionHooks): MesosConnection => {
    const generation = ++this.#generation;
    const current = () => generation === this.#generation && this.#hooks === hooks;
    return {
      start: () => {
        this.#hooks = hooks;
        this.#events = Promise.resolve();
        void this.#subscribe(hooks);
      },
      stop: async () => {
        if (current()) this.#hooks = undefined;
      },
      ask: async (type) => {
        if (this.askProblem !== "") return { kind: "failed", reason: this.askProblem };
        return { kind: "answered", body: this.operatorView(type) };
      },
      call: async (call): Promise<CallResult> => {
        if (!current()) return { kind: "not_subscribed" };
        this.beforeCall(call);
        if (this.refuseCalls) return { kind: "unreachable", reason: "test" };
        if (this.rejects(call)) return { kind: "rejected", status: 400, text: "test" };
        this.calls.push(call);
        this.#take(call);
        this.afterCall(call);
        return { kind: "accepted", status: 202 };
      },
    };
  };

  async #subscribe(hooks: ConnectionHooks): Promise<void> {
    const body = await hooks.subscribe();
    this.offered.clear();
    this.subscriptions.push(body);
    this.roles = body.framework_info.roles ?? [];
    this.suppressedRoles = new Set(body.suppressed_roles ?? []);
    this.constraints = body.offer_constraints;
    hooks.onState("subscribed", "test");
    this.send({
      type: "SUBSCRIBED",
      subscribed: {
        framework_id: { value: body.framework_info.id?.value ?? "F-1" },
        master_info: { id: "M", ip: 1, port: 5050, version: this.masterVersion },
      },
    });
    for (const task of this.tasks.values()) this.#deliver(task);
  }

  /** The scheduler is gone. */
  disconnect(): void {
    this.#hooks = undefined;
  }

  /** The stream breaks and is not made again. */
  lose(): void {
    this.#hooks?.onState("disconnected", "test");
    this.disconnect();
  }

  /** The stream breaks and is made again. */
  reconnect(): void {
    const hooks = this.#hooks;
    if (hooks === undefined) throw new Error("not connected");
    hooks.onState("disconnected", "test");
    void this.#subscribe(hooks);
  }

  send(event: Parameters<ConnectionHooks["handler"]>[0]): void {
    const hooks = this.#hooks;
    this.#events = this.#events
      .then(async () => {
        if (hooks !== undefined && hooks === this.#hooks) await hooks.handler(event);
      })
      .catch(() => {
        // As the real connection: a handler that fails loses the subscription, and it is made anew.
        if (hooks !== undefined && hooks === this.#hooks) this.reconnect();
      });
  }

  /** True when no role gets offers. */
  get suppressed(): boolean {
    return this.roles.every((role) => this.suppressedRoles.has(role));
  }

  /** Offers everything that is free on these agents (default: all) in one event. */
  offer(...hostnames: readonly string[]): void {
    this.send({ type: "OFFERS", offers: { offers: this.makeOffers(hostnames) } });
  }

  /** The same to one of the framework's roles. */
  offerTo(role: string, ...hostnames: readonly string[]): void {
    this.send({ type: "OFFERS", offers: { offers: this.makeOffers(hostnames, role) } });
  }

  /** Takes an offer back while the scheduler may be using it. */
  rescind(offerId: string): void {
    this.offered.delete(offerId);
    this.send({ type: "RESCIND", rescind: { offer_id: { value: offerId } } });
  }

  /** An update of the executor, delivered until it is acknowledged. */
  update(taskId: string, state: TaskState, more: Partial<TaskStatus> = {}): TaskStatus {
    const task = this.task(taskId);
    const status: TaskStatus = {
      task_id: { value: taskId },
      state,
      source: "SOURCE_EXECUTOR",
      agent_id: { value: task.agentId },
      executor_id: { value: task.executorId },
      timestamp: this.#now() / 1000 + ++this.sequence / 1e6,
      uuid: newUuid(),
      ...more,
    };
    if (task.process === "" && (state === "TASK_STARTING" || state === "TASK_RUNNING"))
      for (const made of [this.containers, this.volumes]) made.add(this.containerOf(task));
    task.status = status;
    task.unacknowledged.push(status);
    if (task.unacknowledged.length === 1) this.#deliver(task);
    return status;
  }

  /** The executor ends: all of its tasks fail. */
  failExecutor(executorId: string, state: TaskState = "TASK_FAILED", more: Partial<TaskStatus> = {}): void {
    const agentId = this.executors.get(executorId)?.agentId ?? "";
    this.executors.delete(executorId);
    for (const [id, task] of this.tasks) {
      if (task.executorId === executorId && !terminal.has(task.status.state)) this.update(id, state, more);
    }
    this.send({
      type: "FAILURE",
      failure: { agent_id: { value: agentId }, executor_id: { value: executorId }, status: 9 },
    });
  }

  /** The master's refusal of the framework, and what the scheduler decides. */
  async problem(problem: SchedulerProblem): Promise<SchedulerDecision | undefined> {
    return await this.#hooks?.onProblem(problem);
  }

  task(taskId: string): FakeTask {
    const task = this.tasks.get(taskId);
    if (task === undefined) throw new Error(`no task ${taskId}`);
    return task;
  }

  live(): readonly FakeTask[] {
    return [...this.tasks.values()].filter((task) => !terminal.has(task.status.state));
  }

  #deliver(task: FakeTask): void {
    const [status] = task.unacknowledged;
    if (status !== undefined) this.send({ type: "UPDATE", update: { status } });
  }

  /** Updates of the master itself. */
  #tell(taskId: string, state: TaskState, reason: string, more: Partial<TaskStatus> = {}): void {
    this.send({
      type: "UPDATE",
      update: {
        status: {
          task_id: { value: taskId },
          state,
          reason,
          source: "SOURCE_MASTER",
          timestamp: this.#now() / 1000,
          ...more,
        },
      },
    });
  }

  #reconcile(taskId: string, agentId: string | undefined): void {
    const task = this.tasks.get(taskId);
    const reason = "REASON_RECONCILIATION";
    if (this.gone.has(taskId)) this.#tell(taskId, "TASK_GONE_BY_OPERATOR", reason);
    else if (task !== undefined && !(terminal.has(task.status.state) && task.unacknowledged.length === 0)) {
      this.#tell(taskId, task.status.state, reason, {
        agent_id: { value: task.agentId },
        executor_id: { value: task.executorId },
      });
    } else if (agentId !== undefined && this.agents.has(agentId))
      this.#tell(taskId, "TASK_GONE", reason, { agent_id: { value: agentId } });
    else this.#tell(taskId, "TASK_UNKNOWN", reason);
  }

  #take(call: FrameworkCall): void {
    switch (call.type) {
      case "ACCEPT":
        this.#accept(call.accept);
        return;
      case "DECLINE":
        for (const { value } of call.decline.offer_ids ?? []) this.offered.delete(value);
        return;
      case "SUPPRESS":
        this.suppressedRoles = new Set([...this.suppressedRoles, ...(call.suppress?.roles ?? this.roles)]);
        return;
      case "REVIVE":
        this.suppressedRoles = new Set(
          [...this.suppressedRoles].filter((role) => !(call.revive?.roles ?? this.roles).includes(role)),
        );
        return;
      case "UPDATE_FRAMEWORK":
        this.suppressedRoles = new Set(call.update_framework.suppressed_roles ?? []);
        this.constraints = call.update_framework.offer_constraints;
        return;
      case "ACKNOWLEDGE_OPERATION_STATUS":
        this.operations.delete(call.acknowledge_operation_status.operation_id.value);
        return;
      case "RECONCILE_OPERATIONS":
        for (const { operation_id } of call.reconcile_operations.operations ?? []) {
          const { uuid: _, ...known } = this.operations.get(operation_id.value) ?? {
            operation_id,
            state: "OPERATION_UNKNOWN" as const,
          };
          this.#answer(known);
        }
        return;
      case "ACKNOWLEDGE": {
        const task = this.tasks.get(call.acknowledge.task_id.value);
        if (task === undefined || task.unacknowledged[0]?.uuid !== call.acknowledge.uuid) return;
        task.unacknowledged.shift();
        this.#deliver(task);
        return;
      }
      case "RECONCILE": {
        if (!this.reconcileAnswers) return;
        const tasks = call.reconcile.tasks ?? [];
        if (tasks.length === 0) for (const { info } of this.live()) this.#reconcile(info.task_id.value, undefined);
        for (const { task_id, agent_id } of tasks) this.#reconcile(task_id.value, agent_id?.value);
        return;
      }
      case "MESSAGE": {
        const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64")));
        if (message?.kind === "removeNode" && this.messages) this.ordered.add(message.value.executorId);
        return;
      }
      case "KILL":
        this.#kill(call.kill.task_id.value, call.kill.agent_id?.value);
        return;
      default:
    }
  }

  #kill(taskId: string, agentId: string | undefined): void {
    const task = this.tasks.get(taskId);
    if (task === undefined || terminal.has(task.status.state)) this.#reconcile(taskId, agentId);
    else if (this.executors.has(task.executorId)) this.onKill(task);
  }

  /** False: messages to executors are lost. */
  messages = true;

  /**
   * What an executor does with KILL; by default the node's task takes everything with it, at once, its data only by order.
   * One that has not looked at its host yet does not touch what an earlier executor made, and fails.
   */
  onKill: (task: FakeTask) => void = (task) => {
    if (task.process !== "") {
      this.update(task.info.task_id.value, "TASK_KILLED");
      return;
    }
    const taken = task.status.state !== "TASK_STAGING" || !this.containers.has(this.containerOf(task));
    const removal = taken && (this.ordered.has(task.executorId) || isCleanup(task));
    if (taken) this.containers.delete(this.containerOf(task));
    if (removal) this.volumes.delete(this.containerOf(task));
    for (const [id, other] of this.tasks) {
      if (other.executorId !== task.executorId || terminal.has(other.status.state)) continue;
      const data = other.process === "" ? { data: stopping(removal ? "removed" : "kept") } : {};
      this.update(id, taken ? "TASK_KILLED" : "TASK_FAILED", data);
    }
    this.executors.delete(task.executorId);
  };

  #accept(accept: Extract<FrameworkCall, { type: "ACCEPT" }>["accept"]): void {
    const operations = accept.operations ?? [];
    const offers = (accept.offer_ids ?? []).map(({ value }) => this.offered.get(value));
    for (const { value } of accept.offer_ids ?? []) this.offered.delete(value);
    const places = new Set(offers.map((offer) => `${offer?.agentId}/${offer?.resources?.[0]?.allocation_info?.role}`));
    const agentId = offers[0]?.agentId;
    if (agentId === undefined || offers.includes(undefined) || places.size !== 1) {
      if (places.size > 1 && !offers.includes(undefined))
        this.violations.push("one ACCEPT for several agents or roles");
      for (const operation of operations) {
        for (const task of launchesOf(operation).flatMap(({ tasks }) => tasks))
          this.#tell(task.task_id.value, "TASK_DROPPED", "REASON_INVALID_OFFERS", { agent_id: task.agent_id });
        const message = "Operation attempted with invalid offers";
        if (operation.id !== undefined) this.#answer({ operation_id: operation.id, state: "OPERATION_ERROR", message });
      }
      return;
    }
    let left: readonly Resource[] = offers.flatMap((offer) => offer?.resources ?? []);
    for (const operation of operations) {
      const reserved = operation.reserve?.resources ?? operation.unreserve?.resources ?? [];
      if (reserved.length > 0) left = this.#reservation(operation, agentId, left, reserved);
      for (const { tasks, refusedAs } of launchesOf(operation)) left = this.#launch(tasks, refusedAs, left);
    }
  }

  /** All of the tasks or none; what is left. */
  #launch(tasks: readonly TaskInfo[], refusedAs: string, available: readonly Resource[]): readonly Resource[] {
    let left = available;
    const booked: TaskInfo[] = [];
    const executors = new Set(this.executors.keys());
    for (const info of tasks) {
      const id = info.task_id.value;
      if (this.everLaunched.has(id)) this.violations.push(`the task id ${id} is used twice`);
      this.everLaunched.add(id);
      const placed = this.place(info, left);
      if ("left" in placed) {
        booked.push(info);
        left = placed.left;
        continue;
      }
      for (const { task_id } of booked) this.tasks.delete(task_id.value);
      for (const executor of [...this.executors.keys()]) if (!executors.has(executor)) this.executors.delete(executor);
      for (const { task_id } of tasks) {
        this.#tell(task_id.value, "TASK_ERROR", refusedAs, { message: placed.refusal });
        this.everLaunched.add(task_id.value);
      }
      return available;
    }
    return left;
  }

  /** RESERVE and UNRESERVE: what is left of the offers afterwards. */
  #reservation(
    { type, id }: Operation,
    agentId: string,
    left: readonly Resource[],
    reserved: readonly Resource[],
  ): readonly Resource[] {
    const plain = reserved.map(popReservation);
    const [from, to] = type === "RESERVE" ? [plain, reserved] : [reserved, plain];
    const possible = Resources.contains(left, from) && !(type === "RESERVE" && this.refuseReservations);
    const role = reserved[0]?.allocation_info?.role;
    if (role === undefined || role === "*") this.violations.push("a reservation without a role");
    if (id !== undefined) {
      const status: OperationStatus = possible
        ? { operation_id: id, state: "OPERATION_FINISHED", uuid: { value: newUuid() }, agent_id: { value: agentId } }
        : { operation_id: id, state: "OPERATION_ERROR", message: "not possible", agent_id: { value: agentId } };
      if (possible) this.operations.set(id.value, status);
      this.#answer(status);
    }
    if (!possible) return left;
    this.convert(agentId, from, to);
    return Resources.sum(Resources.subtract(left, from), to);
  }

  #answer(status: OperationStatus): void {
    this.send({ type: "UPDATE_OPERATION_STATUS", update_operation_status: { status } });
  }
}

/** Tasks that stand and fall together: those of a LAUNCH each alone. */
function launchesOf({ launch, launch_group }: Operation): { tasks: readonly TaskInfo[]; refusedAs: string }[] {
  const single = (launch?.task_infos ?? []).map((task) => ({ tasks: [task], refusedAs: "REASON_TASK_INVALID" }));
  if (launch_group === undefined) return single;
  const { executor, task_group } = launch_group;
  return [
    ...single,
    { tasks: (task_group.tasks ?? []).map((task) => ({ ...task, executor })), refusedAs: "REASON_TASK_GROUP_INVALID" },
  ];
}
