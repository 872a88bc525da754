// The rules that a simulated run must keep. They are checked at every launch, call and commit, and at the end of the
// run, when CKE, the master and the agents must agree. A broken rule throws a Violation. The checker changes nothing in
// the world.
import { isTerminalTaskState, type KnownSchedulerEvent, type TaskStatus } from "@cke/mesos";
import type { ExecutorHost, InMemoryMesos } from "@cke/mesos-local/simulation";
import type { FrameworkCall } from "@cke/scheduler/framework/interfaces/mesos-connection";
import type { StoreOperation } from "@cke/scheduler/store/store";
import { isOutOfReach, isTerminal } from "@cke/scheduler/workload/records/records";
import { isBeingRemoved, isLeaving } from "@cke/scheduler/workload/records/removal-state";
import { parseTaskId } from "@cke/scheduler/workload/records/task-ids";
import { type Container, type Hosts, instanceKey, runsIn } from "../hosts/container.ts";
import { type LiveTask, liveTasks } from "../hosts/live-tasks.ts";
import { Reachability } from "../hosts/reachability.ts";
import { nodeOf, tasksOf, workloadOf } from "../scheduler/stored-nodes.ts";
import { rangeProblem } from "./cluster-ranges.ts";
import { disagreements, remains } from "./final-state.ts";
import { sharedPlaces } from "./node-places.ts";
import { quorumProblem } from "./quorum-rule.ts";
import { secondGuest } from "./shared-disk-rule.ts";

export class Violation extends Error {}

export interface CheckerOptions {
  readonly mesos: () => InMemoryMesos;
  readonly hosts: Hosts;
  readonly values: ReadonlyMap<string, unknown>;
  readonly now: () => number;
  readonly partitionGraceMs: number;
}

const progress = ["TASK_INTENDED", "TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"];
/** A delete waits this long for a host to be cleaned up. */
const abandonMs = 600_000;
/** The world notices a lost agent only at intervals of this length. */
const noticeMs = 10_000;
/**
 * Two tasks of one process may run on reachable agents this long after the second agent came back; then one of them
 * must be gone.
 */
const duplicateLimitMs = 600_000;

export class Checker {
  readonly #options: CheckerOptions;
  /** Every task id that a record has ever held. */
  readonly #stored = new Set<string>();
  /** The instance of each executor's node. A cluster that is created again under its old name is another instance. */
  readonly #instanceByExecutor = new Map<string, string>();
  /** The instance of each stored node, by `<cluster>/<node>`. It is kept when the node is deleted. */
  readonly #instances = new Map<string, string>();
  /** Instances whose removal was ordered: a request to delete their cluster was stored while they existed. */
  readonly #ordered = new Set<string>();
  /** Executors that are launched only to clean up. They may run beside the node that they are to remove. */
  readonly #cleanups = new Set<string>();
  readonly #launched = new Set<string>();
  readonly #updates = new Map<string, TaskStatus>();
  readonly #reach: Reachability;
  readonly #duplicateSince = new Map<string, number>();
  /** Containers on hosts that could not be reached when their cluster was deleted. CKE has told an operator of them. */
  readonly #abandoned = new Set<Container>();
  readonly #types = new Map<string, string>();
  /** Workloads that are stored, by their keys. */
  readonly #workloads = new Set<string>();
  /** Instances of nodes whose removal an operator has asked for. */
  readonly #asked = new Set<string>();

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#reach = new Reachability(options.mesos, options.now);
  }

  applied(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      if (operation.op === "delete" && operation.key.startsWith("units/"))
        this.#forgotten(operation.key.slice("units/".length));
      if (operation.op === "delete") this.#workloads.delete(operation.key);
      if (operation.op === "put" && operation.key.startsWith("workloads/")) this.#requested(operation);
      if (operation.op !== "put" || !operation.key.startsWith("units/")) continue;
      const record = nodeOf(operation.value);
      this.#instances.set(operation.key.slice("units/".length), record.instance);
      for (const { taskId } of tasksOf(record)) this.#stored.add(taskId);
      if (record.launch === undefined) continue;
      // Check each launch once, although its record is stored many times.
      const broken = this.#instanceByExecutor.has(record.launch.executorId)
        ? undefined
        : quorumProblem(record, this.#options.values);
      if (broken !== undefined) throw new Violation(broken);
      this.#instanceByExecutor.set(record.launch.executorId, record.instance);
      if (record.launch.cleanup) this.#cleanups.add(record.launch.executorId);
    }
  }

  /** Call it after a restore: orders that were stored after the backup no longer count. */
  restored(): void {
    const { values } = this.#options;
    this.#workloads.clear();
    for (const key of values.keys()) if (key.startsWith("workloads/")) this.#workloads.add(key);
    for (const [key, value] of values) {
      if (key.startsWith("workloads/")) this.#requested({ key, value });
      if (key.startsWith("units/")) this.#instances.set(key.slice("units/".length), nodeOf(value).instance);
    }
  }

  /** An operator asks for the removal of a node. The answer may be lost. */
  removalAsked(cluster: string, node: string): void {
    const key = `${cluster}/${node}`;
    this.#asked.add(instanceKey(key, this.#instances.get(key) ?? ""));
  }

  /** An operator has given the removal of a node up, and was told that the node stays. */
  removalGivenUp(cluster: string, node: string): void {
    const key = `${cluster}/${node}`;
    this.#asked.delete(instanceKey(key, this.#instances.get(key) ?? ""));
  }

  #requested({ key, value }: { readonly key: string; readonly value: unknown }): void {
    const workload = workloadOf(value);
    const shared = sharedPlaces(workload.spec);
    if (shared !== "") throw new Violation(`${key}: ${shared}`);
    const wrong = rangeProblem({ key, value }, this.#options.values, !this.#workloads.has(key));
    if (wrong !== "") throw new Violation(`${key}: ${wrong}`);
    this.#workloads.add(key);
    const prefix = `units/${key.slice("workloads/".length)}/`;
    for (const [node, stored] of this.#options.values) {
      if (!node.startsWith(prefix)) continue;
      const instanceId = instanceKey(node.slice("units/".length), nodeOf(stored).instance);
      const removed = isBeingRemoved(workload, node.slice(prefix.length));
      const isMove = workload.plans?.some(({ goal }) => /migrat/.test(goal)) === true;
      if (removed && !workload.deleting && !isMove && !this.#asked.has(instanceId))
        throw new Violation(`${instanceId} is being removed, and nobody has asked for that`);
      if (removed) this.#ordered.add(instanceId);
      else if (!isLeaving(workload, node.slice(prefix.length))) this.#ordered.delete(instanceId);
    }
  }

  /** The records of a node are gone. A container of it may be left only on a host that could not be reached. */
  #forgotten(key: string): void {
    this.#reach.look();
    for (const [hostname, containers] of this.#options.hosts) {
      const container = containers.get(instanceKey(key, this.#instances.get(key) ?? ""));
      if (container === undefined || this.#abandoned.has(container)) continue;
      if (this.#reach.sinceReturnMs(hostname) > abandonMs)
        throw new Violation(`${key} is deleted while ${hostname}, which was in reach, has its container`);
      this.#abandoned.add(container);
    }
  }

  event(event: KnownSchedulerEvent): void {
    if (event.type !== "UPDATE") return;
    const { status } = event.update;
    if (status.uuid !== undefined) this.#updates.set(status.uuid, status);
  }

  /** Checks a call when the scheduler sends it. */
  call(call: FrameworkCall): void {
    if (call.type === "ACCEPT") {
      const tasks = (call.accept.operations ?? []).flatMap(({ launch, launch_group }) => [
        ...(launch?.task_infos ?? []),
        ...(launch_group?.task_group.tasks ?? []),
      ]);
      for (const { task_id } of tasks) {
        if (!this.#stored.has(task_id.value)) throw new Violation(`${task_id.value} is launched and was never stored`);
        if (this.#launched.has(task_id.value)) throw new Violation(`the task id ${task_id.value} is used twice`);
        this.#launched.add(task_id.value);
      }
    }
    if (call.type === "ACKNOWLEDGE") this.#acknowledged(call.acknowledge.task_id.value, call.acknowledge.uuid);
  }

  #acknowledged(taskId: string, uuid: string): void {
    const status = this.#updates.get(uuid);
    if (status === undefined) throw new Violation(`an update of ${taskId} is acknowledged that was never sent`);
    const parsed = parseTaskId(taskId);
    const value = parsed && this.#options.values.get(`units/${parsed.workload}/${parsed.unit}`);
    const task = value === undefined ? undefined : tasksOf(nodeOf(value)).find((each) => each.taskId === taskId);
    if (task === undefined || isTerminal(task) || isOutOfReach(task)) return;
    const behind = isTerminalTaskState(status.state) || progress.indexOf(task.state) < progress.indexOf(status.state);
    if (behind) throw new Violation(`${status.state} of ${taskId} is acknowledged while the store says ${task.state}`);
  }

  /** The tasks that really run. */
  live(): readonly LiveTask[] {
    return liveTasks(this.#options.mesos());
  }

  /** Checks the tasks that were handed to an executor. */
  launched(host: ExecutorHost, taskIds: ReadonlySet<string>): void {
    this.#reach.look();
    for (const [key, tasks] of Map.groupBy(this.live(), (task) => this.#instanceOf(task))) {
      if (
        tasks.length < 2 ||
        !tasks.some(({ taskId }) => taskIds.has(taskId)) ||
        tasks.some(({ taskId }) => this.#cleanups.has(parseTaskId(taskId)?.executorId ?? ""))
      )
        continue;
      const words = tasks.map(({ taskId, agent }) => `${taskId} on ${agent.hostname}`).join(" and ");
      if (new Set(tasks.map(({ agent }) => agent)).size < tasks.length && !this.#duplicateSince.has(key))
        throw new Violation(`two live tasks for ${key} on one agent: ${words}`);
      for (const { agent } of tasks) {
        if (agent.hostname === host.hostname || this.#duplicateSince.has(key)) continue;
        const sinceMs = this.#reach.sinceMs(agent.hostname);
        if (sinceMs === undefined) throw new Violation(`two live tasks for ${key}: ${words}`);
        if (this.#isMaster(key)) throw new Violation(`a master's process twice, ${key}: ${words}`);
        const awayMs = this.#options.now() - sinceMs;
        if (awayMs < this.#options.partitionGraceMs - noticeMs)
          throw new Violation(`${key} is launched again ${awayMs / 1000} s after ${agent.hostname} was lost: ${words}`);
      }
      this.#duplicateSince.set(key, this.#options.now());
    }
  }

  container(hostname: string, key: string, container: Container): void {
    this.#types.set(key, container.nodeType);
    const inReach = (host: string) => !this.#reach.wasAway(host, this.#options.partitionGraceMs - noticeMs);
    const second = secondGuest({ hostname, key, container }, this.#options.hosts, inReach);
    if (second !== "") throw new Violation(second);
    const newer = this.#reachableOthers(hostname, key, container).filter(
      (other) => (other.version ?? 0) > (container.version ?? 0),
    );
    // Shared disks are the same on all hosts.
    if (container.nodeType === "master" && newer.length > 0 && !this.#cleanups.has(container.executorId))
      throw new Violation(`the guest of ${key} starts on ${hostname} with disks that are older than others of it`);
    // The container of a clean-up is empty and exists only to be removed.
    if (container.nodeType !== "master" || this.#cleanups.has(container.executorId)) return;
    const others = [...this.#options.hosts].filter(
      ([host, all]) => host !== hostname && runsIn(all.get(instanceKey(key, container.instance)), container.instance),
    );
    if (others.length > 0)
      throw new Violation(
        `master ${key} has containers on ${[hostname, ...others.map(([host]) => host)].join(" and ")}`,
      );
  }

  #reachableOthers(hostname: string, key: string, { instance }: Container): readonly Container[] {
    const { mesos, hosts } = this.#options;
    return [...hosts].flatMap(([host, all]) => {
      const other = all.get(instanceKey(key, instance));
      return host === hostname || other === undefined || mesos().agent(host).refused ? [] : [other];
    });
  }

  /** Data may be removed only of an instance whose removal was ordered; by a move, only where the VM is not at home. */
  removed(executorId: string, instanceId: string, hostname = ""): void {
    const [, vm, part] = /^([^/]+)\/(source|destination)@/.exec(instanceId) ?? [];
    if (vm !== undefined && part !== undefined) {
      const { values } = this.#options;
      const stored = values.get(`units/${vm}/vm`);
      const workload = values.get(`workloads/${vm}`);
      const wanted = workload === undefined ? undefined : workloadOf(workload);
      const isHome = stored !== undefined && nodeOf(stored).home === hostname;
      if (wanted?.deleting === false && isHome)
        throw new Violation(`${executorId} removes the disks of ${vm} from ${hostname}, where it is at home`);
    }
    if (!this.#ordered.has(instanceId))
      throw new Violation(`${executorId} removes the data of ${instanceId}, whose removal was not ordered`);
  }

  /** Call it every few seconds. */
  tick(): void {
    this.#reach.look();
    const now = this.#options.now();
    const groups = Map.groupBy(
      this.live().filter(({ agent }) => this.#reach.sinceMs(agent.hostname) === undefined),
      (task) => task.key,
    );
    for (const key of [...this.#duplicateSince.keys()])
      if ((groups.get(key)?.length ?? 0) < 2) this.#duplicateSince.delete(key);
    for (const [key, tasks] of groups) {
      if (tasks.length < 2) continue;
      const since = this.#duplicateSince.get(key) ?? now;
      this.#duplicateSince.set(key, since);
      if (now - since > duplicateLimitMs)
        throw new Violation(
          `two live tasks for ${key} for ${(now - since) / 1000} s: ${tasks.map(({ taskId }) => taskId).join(", ")}`,
        );
    }
    for (const record of this.#options.mesos().leader?.agents.values() ?? []) record.ledger.check();
  }

  #instanceOf({ taskId, key }: LiveTask): string {
    return `${key} of ${this.#instanceByExecutor.get(parseTaskId(taskId)?.executorId ?? "") ?? ""}`;
  }

  #isMaster(key: string): boolean {
    const [cluster = "", node = ""] = key.split("/");
    return this.#types.get(`${cluster}/${node}`) === "master";
  }

  /**
   * What CKE, the master and the agents disagree about; empty when they agree. Call it only after all faults have
   * ended.
   */
  disagreements(): readonly string[] {
    return disagreements(this.#options);
  }

  /** Everything that is left of deleted clusters. */
  remains(expectedKeys: ReadonlySet<string>): readonly string[] {
    return remains(this.#options, expectedKeys, this.#abandoned);
  }
}
