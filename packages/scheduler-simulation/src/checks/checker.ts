// The model of what must hold: during a run at every launch and call, and at its end for the books of all sides together.
// A broken rule is a Violation with words; nothing here changes the world.
import { isTerminalTaskState, type KnownSchedulerEvent, type TaskStatus } from "@cke/mesos";
import type { ExecutorHost } from "@cke/mesos-local";
import type { InMemoryMesos } from "@cke/mesos-local/simulation";
import type { FrameworkCall } from "@cke/scheduler/framework/ports/mesos-connection";
import type { StoreOperation } from "@cke/scheduler/store/store";
import { isOutOfReach, isTerminal, workloadRecordSchema } from "@cke/scheduler/workload/records/records";
import { parseTaskId } from "@cke/scheduler/workload/records/task-ids";
import { type Container, type Hosts, lifeKey, runsIn } from "../hosts/container.ts";
import { type LiveTask, liveTasks } from "../hosts/live-tasks.ts";
import { Reachability } from "../hosts/reachability.ts";
import { nodeOf, tasksOf } from "../scheduler/stored-nodes.ts";
import { disagreements, remains } from "./final-state.ts";
import { quorumProblem } from "./quorum-rule.ts";

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
/** Agents are looked at only so often. */
const noticeMs = 10_000;
/** Two of one process on reachable agents: this long after the second agent came back one of them must be gone. */
const duplicateLimitMs = 600_000;

export class Checker {
  readonly #options: CheckerOptions;
  /** Every task id that a record ever held. */
  readonly #stored = new Set<string>();
  /** By executor: another cluster of the same name is another life. */
  readonly #lives = new Map<string, string>();
  /** The life of each node that is stored, by `<cluster>/<node>`; also of one that was just deleted. */
  readonly #instances = new Map<string, string>();
  /** Lives whose removal was asked for: a request to delete their cluster was stored while they were in it. */
  readonly #doomed = new Set<string>();
  /** Executors that are launched only to be killed: they may meet what they are to remove. */
  readonly #cleanups = new Set<string>();
  readonly #launched = new Set<string>();
  readonly #updates = new Map<string, TaskStatus>();
  readonly #reach: Reachability;
  readonly #duplicateSince = new Map<string, number>();
  /** Containers on hosts that were out of reach when their cluster was deleted: an operator was told of them. */
  readonly #abandoned = new Set<Container>();
  readonly #types = new Map<string, string>();

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#reach = new Reachability(options.mesos, options.now);
  }

  applied(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      if (operation.op === "delete" && operation.key.startsWith("units/"))
        this.#forgotten(operation.key.slice("units/".length));
      if (operation.op === "put" && operation.key.startsWith("workloads/")) this.#requested(operation);
      if (operation.op !== "put" || !operation.key.startsWith("units/")) continue;
      const record = nodeOf(operation.value);
      this.#instances.set(operation.key.slice("units/".length), record.instance);
      for (const { taskId } of tasksOf(record)) this.#stored.add(taskId);
      if (record.launch === undefined) continue;
      // Once for each launch: its record is stored again and again.
      const broken = this.#lives.has(record.launch.executorId)
        ? undefined
        : quorumProblem(record, this.#options.values);
      if (broken !== undefined) throw new Violation(broken);
      this.#lives.set(record.launch.executorId, record.instance);
      if (record.launch.cleanup) this.#cleanups.add(record.launch.executorId);
    }
  }

  /** The store is what it was earlier: what was asked for since counts no more, and what is stored now is what there is. */
  restored(): void {
    const { values } = this.#options;
    for (const [key, value] of values) {
      if (key.startsWith("workloads/")) this.#requested({ key, value });
      if (key.startsWith("units/")) this.#instances.set(key.slice("units/".length), nodeOf(value).instance);
    }
  }

  #requested({ key, value }: { readonly key: string; readonly value: unknown }): void {
    const { deleting } = workloadRecordSchema.parse(value);
    const prefix = `units/${key.slice("workloads/".length)}/`;
    for (const [node, stored] of this.#options.values) {
      if (!node.startsWith(prefix)) continue;
      const life = lifeKey(node.slice("units/".length), nodeOf(stored).instance);
      if (deleting) this.#doomed.add(life);
      else this.#doomed.delete(life);
    }
  }

  /** The records of a node are gone: what it leaves must be on a host that was out of reach, where nobody could remove it. */
  #forgotten(key: string): void {
    this.#reach.look();
    for (const [hostname, containers] of this.#options.hosts) {
      const container = containers.get(lifeKey(key, this.#instances.get(key) ?? ""));
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

  /** A call as it leaves the scheduler. */
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

  /** Tasks that really run. */
  live(): readonly LiveTask[] {
    return liveTasks(this.#options.mesos());
  }

  /** An executor was handed tasks. */
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
    // That of a clean-up is empty, and there only to be removed.
    if (container.nodeType !== "master" || this.#cleanups.has(container.executorId)) return;
    const others = [...this.#options.hosts].filter(
      ([host, all]) => host !== hostname && runsIn(all.get(lifeKey(key, container.instance)), container.instance),
    );
    if (others.length > 0)
      throw new Violation(
        `master ${key} has containers on ${[hostname, ...others.map(([host]) => host)].join(" and ")}`,
      );
  }

  /** Data is removed of a life whose removal was asked for, and of nothing else. */
  removed(executorId: string, life: string): void {
    if (!this.#doomed.has(life))
      throw new Violation(`${executorId} removes the data of ${life}, which nobody has deleted`);
  }

  /** Every few seconds. */
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
    return `${key} of ${this.#lives.get(parseTaskId(taskId)?.executorId ?? "") ?? ""}`;
  }

  #isMaster(key: string): boolean {
    const [cluster = "", node = ""] = key.split("/");
    return this.#types.get(`${cluster}/${node}`) === "master";
  }

  /** What is wrong with the books of CKE, master and agents; empty when they agree. Only after faults have ended. */
  disagreements(): readonly string[] {
    return disagreements(this.#options);
  }

  /** What is left of clusters that are deleted. */
  remains(expectedKeys: ReadonlySet<string>): readonly string[] {
    return remains(this.#options, expectedKeys, this.#abandoned);
  }
}
