// The model of what must hold: during a run at every launch and call, and at its end for the books of all sides together.
// A broken rule is a Violation with words; nothing here changes the world.
import { isTerminalTaskState, type KnownSchedulerEvent, type TaskStatus } from "@cke/mesos";
import type { ExecutorHost } from "@cke/mesos-local";
import type { InMemoryMesos, SimulatedAgent } from "@cke/mesos-local/simulation/index";
import {
  clusterRecordSchema,
  isOutOfReach,
  isTerminal,
  type NodeRecord,
  nodeRecordSchema,
  type TaskRecord,
} from "../domain/records.ts";
import { parseTaskId } from "../domain/task-ids.ts";
import type { FrameworkCall } from "../framework/mesos-calls.ts";
import type { StoreOperation } from "../store/store.ts";
import { type Container, type Hosts, runsIn } from "./container.ts";

export class Violation extends Error {}

export interface CheckerOptions {
  readonly mesos: () => InMemoryMesos;
  readonly hosts: Hosts;
  readonly values: ReadonlyMap<string, unknown>;
  readonly now: () => number;
  readonly partitionGraceMs: number;
}

const labelOf = (
  info: { readonly labels?: { readonly labels?: readonly { readonly key: string; readonly value?: string }[] } },
  key: string,
) => info.labels?.labels?.find((label) => label.key === key)?.value ?? "";

const progress = ["TASK_INTENDED", "TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"];
/** Two of one process on reachable agents: this long after the second agent came back one of them must be gone. */
/** A delete waits this long for a host to be cleaned up. */
const abandonMs = 600_000;
const inFlightMs = 30_000;
/** Agents are looked at only so often. */
const noticeMs = 10_000;
const duplicateLimitMs = 600_000;

export interface LiveTask {
  readonly taskId: string;
  /** `<cluster>/<node>/<process>`, the node's own task with an empty process. */
  readonly key: string;
  readonly agent: SimulatedAgent;
}

export class Checker {
  readonly #options: CheckerOptions;
  /** Every task id that a record ever held. */
  readonly #stored = new Set<string>();
  /** By executor: another cluster of the same name is another life. */
  readonly #lives = new Map<string, string>();
  /** Executors that are launched only to be killed: they may meet what they are to remove. */
  readonly #cleanups = new Set<string>();
  readonly #launched = new Set<string>();
  readonly #updates = new Map<string, TaskStatus>();
  readonly #unreachableSince = new Map<string, number>();
  readonly #duplicateSince = new Map<string, number>();
  readonly #lastAway = new Map<string, number>();
  /** Containers on hosts that were out of reach when their cluster was deleted: an operator was told of them. */
  readonly #abandoned = new Set<Container>();
  readonly #types = new Map<string, string>();

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  applied(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      if (operation.op === "delete" && operation.key.startsWith("nodes/"))
        this.#forgotten(operation.key.slice("nodes/".length));
      if (operation.op !== "put" || !operation.key.startsWith("nodes/")) continue;
      const record = nodeOf(operation.value);
      for (const { taskId } of tasksOf(record)) this.#stored.add(taskId);
      if (record.launch === undefined) continue;
      this.#lives.set(record.launch.executorId, record.instance);
      if (record.launch.cleanup) this.#cleanups.add(record.launch.executorId);
    }
  }

  /** The records of a node are gone: what it leaves must be on a host that was out of reach, where nobody could remove it. */
  #forgotten(key: string): void {
    this.#notReachable();
    for (const [hostname, containers] of this.#options.hosts) {
      const container = containers.get(key);
      if (container === undefined || this.#abandoned.has(container)) continue;
      const awayMs = this.#options.now() - (this.#lastAway.get(hostname) ?? Number.NEGATIVE_INFINITY);
      if (awayMs > abandonMs)
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
    const value = parsed && this.#options.values.get(`nodes/${parsed.cluster}/${parsed.node}`);
    const task = value === undefined ? undefined : tasksOf(nodeOf(value)).find((each) => each.taskId === taskId);
    if (task === undefined || isTerminal(task) || isOutOfReach(task)) return;
    const behind = isTerminalTaskState(status.state) || progress.indexOf(task.state) < progress.indexOf(status.state);
    if (behind) throw new Violation(`${status.state} of ${taskId} is acknowledged while the store says ${task.state}`);
  }

  /** Tasks that really run. */
  live(): readonly LiveTask[] {
    const list: LiveTask[] = [];
    for (const agent of this.#options.mesos().agents.values()) {
      for (const run of agent.runs()) {
        for (const [taskId, { info, live }] of run.tasks) {
          if (!live) continue;
          const key = ["cke.cluster", "cke.node", "cke.process"].map((name) => labelOf(info, name)).join("/");
          list.push({ taskId, key, agent });
        }
      }
    }
    return list;
  }

  /** An executor was handed tasks. */
  launched(host: ExecutorHost, taskIds: ReadonlySet<string>): void {
    this.#notReachable();
    for (const [key, tasks] of Map.groupBy(this.live(), (task) => this.#lifeOf(task))) {
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
        const sinceMs = this.#unreachableSince.get(agent.hostname);
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
    if (container.nodeType !== "master") return;
    const others = [...this.#options.hosts].filter(
      ([host, all]) => host !== hostname && runsIn(all.get(key), container.instance),
    );
    if (others.length > 0)
      throw new Violation(
        `master ${key} has containers on ${[hostname, ...others.map(([host]) => host)].join(" and ")}`,
      );
  }

  /** Data is removed of what is deleted, and of what another incarnation has superseded; of nothing else. */
  removed(executorId: string, key: string): void {
    const { values } = this.#options;
    const cluster = values.get(`clusters/${key.split("/")[0]}`);
    const value = values.get(`nodes/${key}`);
    if (cluster === undefined || value === undefined || clusterRecordSchema.parse(cluster).deleting) return;
    const { launch, superseded } = nodeOf(value);
    if (superseded.some((old) => old.executorId === executorId)) return;
    if (launch === undefined || (launch.executorId === executorId && !launch.cleanup))
      throw new Violation(`${executorId} removes the data of ${key}, which nobody has deleted`);
  }

  /** Every few seconds. */
  tick(): void {
    this.#notReachable();
    const now = this.#options.now();
    const groups = Map.groupBy(
      this.live().filter(({ agent }) => !this.#unreachableSince.has(agent.hostname)),
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

  #notReachable(): void {
    const now = this.#options.now();
    for (const agent of this.#options.mesos().agents.values()) {
      if (!agent.up || !agent.registered || agent.wire.partitioned) this.#lastAway.set(agent.hostname, now);
      const reachable = agent.up && agent.registered && !agent.wire.partitioned;
      // What was sent while an agent was away may arrive shortly after its return.
      if (reachable && now - (this.#lastAway.get(agent.hostname) ?? 0) > inFlightMs)
        this.#unreachableSince.delete(agent.hostname);
      else if (reachable) continue;
      else if (!this.#unreachableSince.has(agent.hostname)) this.#unreachableSince.set(agent.hostname, now);
    }
  }

  /** What is noted of reservations on an agent that never came back: should it do so, they are released. */
  #ofGoneAgent(key: string): boolean {
    const [kind, agentId] = key.split("/");
    return (
      kind === "reservations" && [...this.#options.mesos().agents.values()].every((agent) => agent.agentId !== agentId)
    );
  }

  #lifeOf({ taskId, key }: LiveTask): string {
    return `${key} of ${this.#lives.get(parseTaskId(taskId)?.executorId ?? "") ?? ""}`;
  }

  #isMaster(key: string): boolean {
    const [cluster = "", node = ""] = key.split("/");
    return this.#types.get(`${cluster}/${node}`) === "master";
  }

  /** What is wrong with the books of CKE, master and agents; empty when they agree. Only after faults have ended. */
  disagreements(): readonly string[] {
    const { values } = this.#options;
    const { leader } = this.#options.mesos();
    const stored = new Map<string, TaskRecord>();
    for (const [key, value] of values) {
      if (!key.startsWith("nodes/")) continue;
      for (const task of tasksOf(nodeOf(value))) if (!isTerminal(task)) stored.set(task.taskId, task);
    }
    const known = new Map(
      [...(leader?.frameworks.values() ?? [])].flatMap(({ tasks }) =>
        [...tasks.values()]
          .filter(({ state }) => !isTerminalTaskState(state))
          .map((task) => [task.info.task_id.value, task.state] as const),
      ),
    );
    const live = new Map(this.live().map(({ taskId, key }) => [taskId, key]));
    return [...new Set([...stored.keys(), ...known.keys(), ...live.keys()])].flatMap((taskId) => {
      const state = stored.get(taskId)?.state;
      const same = state !== undefined && state === known.get(taskId) && live.has(taskId);
      return same
        ? []
        : [
            `${taskId}: stored ${state ?? "not"}, master ${known.get(taskId) ?? "no"}, ${live.has(taskId) ? "runs" : "does not run"}`,
          ];
    });
  }

  /** What is left of clusters that are deleted. */
  remains(expectedKeys: ReadonlySet<string>): readonly string[] {
    const { values, hosts } = this.#options;
    const mesos = this.#options.mesos();
    const reserved = [...mesos.agents.values()].filter(({ resources }) =>
      resources.some(({ reservations }) => (reservations?.length ?? 0) > 0),
    );
    return [
      ...[...values.keys()]
        // Of agents that came back without what they had: kept for two weeks.
        .filter((key) => !expectedKeys.has(key) && !this.#ofGoneAgent(key) && !key.startsWith("removals/"))
        .map((key) => `the store holds ${key}`),
      ...this.live().map(({ taskId }) => `${taskId} runs`),
      ...[...hosts].flatMap(([host, all]) =>
        [...all].flatMap(([key, container]) =>
          this.#abandoned.has(container) ? [] : [`${host} has a container of ${key}`],
        ),
      ),
      ...reserved.map(({ hostname }) => `${hostname} has reserved resources`),
    ];
  }
}

function nodeOf(value: unknown): NodeRecord {
  return nodeRecordSchema.parse(value);
}

const tasksOf = ({ launch, superseded }: NodeRecord): readonly TaskRecord[] =>
  [...(launch === undefined ? [] : [launch]), ...superseded].flatMap(({ tasks }) => tasks);
