// A Mesos master with agents for tick scripts: keeps a ledger of offers and tasks, delivers updates until they are
// acknowledged, answers RECONCILE and KILL as recorded of the real one. Executors do what the test says.
import {
  type CallResult,
  type HandledSchedulerEvent,
  isTerminalTaskState,
  newUuid,
  type OfferConstraints,
  type OperationStatus,
  type SubscribeBody,
  type TaskState,
  type TaskStatus,
} from "@cke/mesos";
import { SchedulerMessage, TaskReport } from "@cke/protocol";
import type { ConnectionHooks, MesosConnection } from "../interfaces/dependencies.ts";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";
import { FakeAcceptance } from "./fake-acceptance.ts";
import { FakeConnection } from "./fake-connection.ts";
import { FakeHosts } from "./fake-hosts.ts";
import { FakeLedger, type FakeTask } from "./fake-ledger.ts";

const stopping = (data: "kept" | "removed") =>
  Buffer.from(TaskReport.encode({ report: { kind: "unit", value: { launchStep: "stopping", data } } })).toString(
    "base64",
  );

export class FakeMesos extends FakeLedger {
  readonly calls: FrameworkCall[] = [];
  /** Consulted before a call has its effect; throws to simulate a scheduler that dies there. */
  beforeCall: (call: FrameworkCall) => void = () => undefined;
  /** Consulted after it; the effect stays. */
  afterCall: (call: FrameworkCall) => void = () => undefined;
  refuseCalls = false;
  /** Calls that the master calls invalid. */
  rejects: (call: FrameworkCall) => boolean = () => false;
  /** Calls that have their effect, and whose answers are lost. */
  losesAnswer: (call: FrameworkCall) => boolean = () => false;
  /** Why the operator API does not answer; "": it does. */
  askProblem = "";
  /** Tasks of agents that an operator marked gone: only who asks hears of it. */
  readonly gone = new Set<string>();
  /** Agents that an operator marked gone. */
  readonly goneAgents = new Set<string>();
  reconcileAnswers = true;
  /** The master was restarted, and these agents are not back: it knows nothing of their tasks. */
  readonly recovered = new Set<string>();
  /** False: messages to executors are lost. */
  messages = true;
  /** Roles that get no offers now. */
  suppressedRoles: ReadonlySet<string> = new Set();
  /** SUBSCRIBE calls, oldest first. */
  readonly subscriptions: SubscribeBody[] = [];
  masterVersion = "1.12.0";
  constraints: OfferConstraints | undefined;
  readonly hosts = new FakeHosts();
  readonly connection = new FakeConnection({
    subscribed: (body) => this.#subscribed(body),
    call: (call) => this.#call(call),
    ask: (type) =>
      this.askProblem === ""
        ? { kind: "answered", body: this.operatorView(type) }
        : { kind: "failed", reason: this.askProblem },
  });
  readonly acceptance = new FakeAcceptance(this, {
    tell: (taskId, state, reason, more) => this.#tell(taskId, state, reason, more),
    answer: (status) => this.send({ type: "UPDATE_OPERATION_STATUS", update_operation_status: { status } }),
  });
  readonly #now: () => number;

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  /** What `FrameworkDependencies.connect` wants. */
  readonly connect = (hooks: ConnectionHooks): MesosConnection => this.connection.connect(hooks);

  send(event: HandledSchedulerEvent): void {
    this.connection.send(event);
  }

  /** What a correct scheduler never does. */
  get violations(): readonly string[] {
    return this.acceptance.violations;
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
      this.hosts.made(task, this.hostnameOf(task));
    task.status = status;
    task.unacknowledged.push(status);
    if (task.unacknowledged.length === 1) this.#deliver(task);
    return status;
  }

  /** The executor ends: all of its tasks fail. */
  /** Its resources are free, and no update tells it yet. */
  loseExecutor(executorId: string): void {
    this.executors.delete(executorId);
    for (const [id, task] of this.tasks) {
      if (task.executorId === executorId)
        this.tasks.set(id, { ...task, status: { ...task.status, state: "TASK_FAILED" } });
    }
  }

  failExecutor(executorId: string, state: TaskState = "TASK_FAILED", more: Partial<TaskStatus> = {}): void {
    const agentId = this.executors.get(executorId)?.agentId ?? "";
    this.executors.delete(executorId);
    for (const [id, task] of this.tasks) {
      if (task.executorId === executorId && !isTerminalTaskState(task.status.state)) this.update(id, state, more);
    }
    this.send({
      type: "FAILURE",
      failure: { agent_id: { value: agentId }, executor_id: { value: executorId }, status: 9 },
    });
  }

  /** An executor is asked what its host has. */
  onAsked: () => void = () => {};
  /** What an executor does with KILL; by default the node's task takes everything with it, at once, its data only by order. */
  onKill: (task: FakeTask) => void = (task) => {
    if (task.process !== "") {
      this.update(task.info.task_id.value, "TASK_KILLED");
      return;
    }
    const end = this.hosts.stopped(task, this.hostnameOf(task));
    for (const [id, other] of this.tasks) {
      if (other.executorId !== task.executorId || isTerminalTaskState(other.status.state)) continue;
      const data = other.process === "" ? { data: stopping(end === "removed" ? "removed" : "kept") } : {};
      this.update(id, end === "failed" ? "TASK_FAILED" : "TASK_KILLED", data);
    }
    this.executors.delete(task.executorId);
  };

  task(taskId: string): FakeTask {
    const task = this.tasks.get(taskId);
    if (task === undefined) throw new Error(`no task ${taskId}`);
    return task;
  }

  live(): readonly FakeTask[] {
    return [...this.tasks.values()].filter((task) => !isTerminalTaskState(task.status.state));
  }

  #subscribed(body: SubscribeBody): void {
    this.offered.clear();
    this.subscriptions.push(body);
    this.roles = body.framework_info.roles ?? [];
    this.suppressedRoles = new Set(body.suppressed_roles ?? []);
    this.constraints = body.offer_constraints;
    this.send({
      type: "SUBSCRIBED",
      subscribed: {
        framework_id: { value: body.framework_info.id?.value ?? "F-1" },
        master_info: { id: "M", ip: 1, port: 5050, version: this.masterVersion },
      },
    });
    for (const task of this.tasks.values()) this.#deliver(task);
  }

  #deliver(task: FakeTask): void {
    const [status] = task.unacknowledged;
    if (status !== undefined) this.send({ type: "UPDATE", update: { status } });
  }

  /** Updates of the master itself. */
  #tell(taskId: string, state: TaskState, reason: string, more: Partial<TaskStatus> = {}): void {
    const status = { task_id: { value: taskId }, state, reason, source: "SOURCE_MASTER" as const, ...more };
    this.send({ type: "UPDATE", update: { status: { timestamp: this.#now() / 1000, ...status } } });
  }

  #call(call: FrameworkCall): CallResult {
    this.beforeCall(call);
    if (this.refuseCalls) return { kind: "unreachable", reason: "test" };
    if (this.rejects(call)) return { kind: "rejected", status: 400, text: "test" };
    this.calls.push(call);
    this.#take(call);
    this.afterCall(call);
    if (this.losesAnswer(call)) return { kind: "unreachable", reason: "test" };
    return { kind: "accepted", status: 202 };
  }

  #take(call: FrameworkCall): void {
    const { operations } = this.acceptance;
    switch (call.type) {
      case "ACCEPT":
        this.acceptance.accept(call.accept);
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
        operations.delete(call.acknowledge_operation_status.operation_id.value);
        return;
      case "RECONCILE_OPERATIONS":
        for (const { operation_id } of call.reconcile_operations.operations ?? []) {
          const unknown: OperationStatus = { operation_id, state: "OPERATION_UNKNOWN" };
          const { uuid: _, ...status } = operations.get(operation_id.value) ?? unknown;
          this.send({ type: "UPDATE_OPERATION_STATUS", update_operation_status: { status } });
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
        if (tasks.length === 0)
          for (const { info } of this.live()) this.#reconcile(info.task_id.value, undefined, true);
        for (const { task_id, agent_id } of tasks) this.#reconcile(task_id.value, agent_id?.value);
        return;
      }
      case "MESSAGE": {
        const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64")));
        if (message?.kind === "reportHost") this.onAsked();
        if (message?.kind === "removeUnit" && this.messages) this.hosts.ordered.add(message.value.executorId);
        return;
      }
      case "KILL": {
        const task = this.tasks.get(call.kill.task_id.value);
        if (task === undefined || isTerminalTaskState(task.status.state))
          this.#reconcile(call.kill.task_id.value, call.kill.agent_id?.value);
        else if (this.executors.has(task.executorId)) this.onKill(task);
        return;
      }
      default:
    }
  }

  #reconcile(taskId: string, agentId: string | undefined, implicit = false): void {
    const found = this.tasks.get(taskId);
    const isAway = found !== undefined && this.recovered.has(found.agentId);
    const task = isAway ? undefined : found;
    const isSilent = agentId === undefined ? implicit || this.recovered.size > 0 : this.recovered.has(agentId);
    if (task === undefined && isSilent) return;
    const reason = "REASON_RECONCILIATION";
    if (this.gone.has(taskId) || (agentId !== undefined && this.goneAgents.has(agentId)))
      this.#tell(taskId, "TASK_GONE_BY_OPERATOR", reason);
    else if (task !== undefined && !(isTerminalTaskState(task.status.state) && task.unacknowledged.length === 0)) {
      this.#tell(taskId, task.status.state, reason, {
        agent_id: { value: task.agentId },
        executor_id: { value: task.executorId },
      });
    } else if (agentId !== undefined && this.agents.has(agentId))
      this.#tell(taskId, "TASK_GONE", reason, { agent_id: { value: agentId } });
    else this.#tell(taskId, "TASK_UNKNOWN", reason, agentId === undefined ? {} : { agent_id: { value: agentId } });
  }
}
