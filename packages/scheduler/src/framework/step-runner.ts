// Carries out the steps that follow from records alone: retires ended launches, kills, removes deleted clusters. What
// needs an offer is returned as needs. Runs for what is on the agenda; done twice, it does nothing twice.
import { launchesOf } from "../domain/launches.ts";
import { describeLeftover } from "../domain/leftovers.ts";
import { nextLookMs } from "../domain/next-look.ts";
import { retire, type Step, type StepContext, stepsOf } from "../domain/node-steps.ts";
import { heldSteps, pauseOf } from "../domain/plan-control.ts";
import {
  type ClusterRecord,
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  type NodeRecord,
  nodeTaskOf,
} from "../domain/records.ts";
import { describeEnd } from "../domain/retry-policy.ts";
import { retireSuperseded } from "../domain/superseded.ts";
import { homeGraceMs, needOfCleanup, needOfNode, needOfProcess } from "./needs.ts";
import type { Need } from "./offer-matching.ts";
import { Pace } from "./pace.ts";
import type { ReservationDesk } from "./reservation-desk.ts";
import { burial, type Tombstone } from "./reservation-tombstones.ts";
import type { SecretsDesk } from "./secrets-desk.ts";
import type { FrameworkState } from "./state.ts";

/** A launched task that says nothing for this long is asked for. */
export const watchdogMs = 30_000;
/** One that is out of reach is asked for this often. */
export const awayMs = 60_000;

/** A kill is repeated, a clean-up is timed: their clusters are looked at this often. */
const restlessMs = 1_000;
/** Clusters whose ended launches are forgotten in one commit. */
const clustersPerSlice = 50;

/** A node whose data is its cluster's: it is never begun anew elsewhere. */
function isPrecious({ spec }: ClusterRecord, { node }: NodeRecord): boolean {
  return spec.nodes.find(({ name }) => name === node)?.type === "master";
}

/** Of a cluster, after its steps. */
interface Done {
  readonly needs: readonly Need[];
  /** When time alone may change what is to be done for its nodes. */
  readonly looks: readonly number[];
}

export class StepRunner {
  readonly #state: FrameworkState;
  readonly #secrets: SecretsDesk;
  readonly #reservations: ReservationDesk;
  readonly #watched = new Map<string, number>();
  /** Of clusters that need something; all of them, oldest first, in `#all`. */
  readonly #needs = new Map<string, readonly Need[]>();
  #all: readonly Need[] | undefined;
  readonly #pace: Pace;

  constructor(state: FrameworkState, secrets: SecretsDesk, reservations: ReservationDesk) {
    this.#state = state;
    this.#pace = new Pace(state.clock);
    this.#secrets = secrets;
    this.#reservations = reservations;
  }

  /** The steps of a node as they are now. */
  stepsOf(cluster: ClusterRecord, record: NodeRecord): readonly Step[] {
    const context = this.#context(cluster, record);
    const { deleting } = context;
    return heldSteps(stepsOf(record, context), record, { paused: pauseOf(cluster, record), deleting });
  }

  /** Steps of the clusters on the agenda; the needs of all clusters, oldest first: the same array while nothing changed. */
  async run(): Promise<readonly Need[]> {
    const { agenda, clock } = this.#state;
    const names = agenda.take(clock.now());
    try {
      for (let from = 0; from < names.length; from += clustersPerSlice)
        await this.#runSlice(names.slice(from, from + clustersPerSlice));
    } catch (error) {
      // Half-done: all of them are looked at again.
      for (const name of names) agenda.add(name);
      throw error;
    }
    this.#all ??= [...this.#needs]
      .map(([name, needs]) => ({ needs, createdAtMs: this.#state.ledger.cluster(name)?.createdAtMs ?? 0 }))
      .sort((left, right) => left.createdAtMs - right.createdAtMs)
      .flatMap(({ needs }) => needs);
    return this.#all;
  }

  async #runSlice(names: readonly string[]): Promise<void> {
    const { ledger, agenda, clock } = this.#state;
    for (const name of names) if (ledger.cluster(name) === undefined) this.#need(name, []);
    const clusters = names.flatMap((name) => ledger.cluster(name) ?? []);
    await this.#retire(clusters);
    for (const cluster of clusters) {
      await this.#pace.breathe();
      const { name } = cluster.spec;
      const done = await this.#runCluster(cluster);
      this.#need(name, done?.needs ?? []);
      if (done === undefined) continue;
      const now = clock.now();
      // A delete is pressed on until it is done: it waits for what no record shows, like offers to give back.
      agenda.later(name, cluster.deleting ? now + restlessMs : Math.min(...done.looks), now);
    }
  }

  #need(cluster: string, needs: readonly Need[]): void {
    const before = this.#needs.get(cluster);
    if (before === undefined && needs.length === 0) return;
    this.#all = undefined;
    if (needs.length === 0) this.#needs.delete(cluster);
    else this.#needs.set(cluster, needs);
  }

  /** Undefined when the cluster is gone. */
  async #runCluster(cluster: ClusterRecord): Promise<Done | undefined> {
    await this.#retireSuperseded(cluster);
    await this.#abandon(cluster);
    const nodes = this.#state.ledger.nodes(cluster.spec.name);
    const gone = (node: NodeRecord) => launchesOf(node).length === 0 && node.leftovers.length === 0;
    if (cluster.deleting) {
      const left = await this.#reservations.release(cluster);
      if (nodes.every(gone)) {
        if (left === undefined) return { needs: [], looks: [] };
        await this.#remove(cluster, left);
        return undefined;
      }
    }
    const needs: Need[] = [];
    const looks: number[] = [];
    const now = this.#state.clock.now();
    for (const record of nodes) {
      const steps = this.stepsOf(cluster, record);
      for (const step of steps) await this.#take(cluster, record, step, needs);
      this.#watch(record);
      // Of what a step changes in the record the agenda knows.
      looks.push(nextLookMs(record, steps, { now, restlessMs, watchdogMs, homeGraceMs }));
    }
    return { needs, looks };
  }

  #context(cluster: ClusterRecord, record: NodeRecord): StepContext {
    const outline = this.#state.renderings.outline(cluster.spec, record.node);
    const spec = cluster.spec.nodes.find(({ name }) => name === record.node);
    const [left] = record.leftovers;
    const stopped = cluster.spec.expect !== "RUN" || spec?.expect !== "RUN";
    return {
      now: this.#state.clock.now(),
      deleting: cluster.deleting,
      stopped,
      precious: isPrecious(cluster, record),
      cleanupSinceMs:
        left === undefined ? undefined : this.#state.leftovers.since(record.cluster, record.node, left.hostname),
      killingSince: (taskId) => this.#state.killer.since(taskId),
      unsettled:
        this.#state.adoptions.reason(record.cluster, record.node) ||
        this.#state.strays.reason(record.cluster, record.node),
      maintenance: this.#state.maintenance.noticeOf(record, spec),
      partitionGraceMs: this.#state.dependencies.options.partitionGraceSeconds * 1_000,
      mayFinish: new Set(outline?.processes.filter(({ mayFinish }) => mayFinish).map(({ name }) => name)),
    };
  }

  /** Launches that ended, of all these clusters together. */
  async #retire(clusters: readonly ClusterRecord[]): Promise<void> {
    const { ledger, clock, logs } = this.#state;
    const ended: { readonly cluster: ClusterRecord; readonly record: NodeRecord }[] = [];
    for (const cluster of clusters) {
      for (const record of ledger.nodes(cluster.spec.name)) {
        // A guess first that costs nothing: of a healthy node no task ended and none is away.
        if (record.launch?.tasks.every((task) => isTerminal(task) || isOutOfReach(task)) !== true) continue;
        if (this.stepsOf(cluster, record).some(({ kind }) => kind === "retire-launch")) ended.push({ cluster, record });
      }
    }
    const deleted = ended.filter(({ cluster }) => cluster.deleting);
    for (const { record } of deleted)
      if (record.launch !== undefined) await this.#state.owed.add(record.instance, [record.launch]);
    await ledger.commitNodes(
      ended.map(({ cluster, record }) => retire(record, clock.now(), isPrecious(cluster, record))),
    );
    for (const { cluster, record } of ended) {
      this.#forget(record.launch);
      const task = record.launch === undefined ? undefined : nodeTaskOf(record.launch);
      const words = task === undefined ? "" : `: ${describeEnd(task)}`;
      logs.line(
        cluster.deleting ? "info" : "warning",
        cluster.spec.name,
        `incarnation ${record.launch?.incarnation ?? ""} ended${words}`,
        { node: record.node },
      );
    }
  }

  async #retireSuperseded(cluster: ClusterRecord): Promise<void> {
    const { ledger, clock, logs } = this.#state;
    for (const record of ledger.nodes(cluster.spec.name)) {
      if (record.superseded.length === 0) continue;
      let left = record;
      for (const step of this.stepsOf(cluster, record)) {
        if (step.kind !== "retire-superseded") continue;
        left = retireSuperseded(left, step.incarnation, clock.now());
        logs.line("info", record.cluster, step.explanation, { node: record.node });
      }
      if (left === record) continue;
      const given = record.superseded.filter((launch) => !left.superseded.includes(launch));
      if (cluster.deleting) await this.#state.owed.add(record.instance, given);
      await ledger.commit({ nodes: [left] });
      for (const launch of given) this.#forget(launch);
    }
  }

  #forget(launch: LaunchRecord | undefined): void {
    for (const { taskId } of launch?.tasks ?? []) {
      this.#state.killer.forget(taskId);
      this.#state.reconciler.answered(taskId);
      this.#watched.delete(taskId);
    }
  }

  /** Counts how long hosts are waited for, and gives those up that were waited for too long. */
  async #abandon(cluster: ClusterRecord): Promise<void> {
    const { ledger, clock, leftovers, logs } = this.#state;
    for (const record of ledger.nodes(cluster.spec.name)) {
      const { deleting } = this.#context(cluster, record);
      const [left] = record.leftovers;
      if (!deleting || record.launch !== undefined || left === undefined) continue;
      const fields = { node: record.node, host: left.hostname };
      if (leftovers.begin(record.cluster, record.node, left.hostname, clock.now()))
        logs.line("info", record.cluster, `${describeLeftover(record, left)}: it is cleaned up first`, fields);
      const given = this.stepsOf(cluster, record).find(({ kind }) => kind === "abandon-leftover");
      if (given === undefined) continue;
      // Told before it is forgotten: twice rather than never.
      logs.line("warning", record.cluster, given.explanation, fields);
      const rest = record.leftovers.filter(({ hostname }) => hostname !== left.hostname);
      await ledger.commit({ nodes: [{ ...record, leftovers: rest }] });
    }
  }

  async #take(cluster: ClusterRecord, record: NodeRecord, step: Step, needs: Need[]): Promise<void> {
    const { killer, clock, renderings, dependencies } = this.#state;
    const { options } = dependencies;
    switch (step.kind) {
      case "kill-task":
        await killer.kill({ ...step, instance: record.instance });
        return;
      case "launch-node":
      case "relaunch-process": {
        const outline = renderings.outline(cluster.spec, record.node);
        if (outline === undefined) return;
        const need =
          step.kind === "launch-node"
            ? needOfNode(cluster, record, outline, options, clock.now())
            : needOfProcess(cluster, record, outline, step.process, options, clock.now());
        if (need !== undefined) needs.push(need);
        return;
      }
      case "clean-up-node": {
        const outline = renderings.outline(cluster.spec, record.node);
        if (outline !== undefined) needs.push(needOfCleanup(record, outline, step.hostname, options));
        return;
      }
      case "evict-launch":
        await this.#evict(record, step.explanation);
        return;
      case "retire-launch":
      case "retire-superseded":
      case "abandon-leftover":
      case "wait":
        return;
    }
  }

  /** Stored first: why the launch ends must be known when it has ended, also to another scheduler. */
  async #evict(record: NodeRecord, why: string): Promise<void> {
    const { launch } = record;
    if (launch === undefined) return;
    await this.#state.ledger.commit({ nodes: [{ ...record, launch: { ...launch, evicted: why } }] });
    this.#state.logs.line("info", record.cluster, why, { node: record.node });
  }

  /**
   * Launched, but silent: the ACCEPT may be lost, or the executor may never have come up. Out of reach: nobody tells when an
   * operator marks such an agent gone.
   */
  #watch(record: NodeRecord): void {
    const { clock, reconciler } = this.#state;
    const now = clock.now();
    for (const { tasks, agentId } of launchesOf(record)) {
      for (const { taskId, state, changedAtMs } of tasks) {
        const everyMs = state === "TASK_INTENDED" ? watchdogMs : isOutOfReach({ state }) ? awayMs : undefined;
        if (everyMs === undefined || now - Math.max(changedAtMs, this.#watched.get(taskId) ?? 0) < everyMs) continue;
        this.#watched.set(taskId, now);
        reconciler.add({ taskId, agentId });
      }
    }
  }

  async #remove(cluster: ClusterRecord, reserved: readonly Tombstone[]): Promise<void> {
    const { ledger, leftovers, logs, renderings, dependencies } = this.#state;
    const { name } = cluster.spec;
    // Certificates that are being issued now would be stored after the removal and stay for ever.
    await this.#secrets.settled(name);
    const also = [...renderings.deleteOperations(name), ...(await dependencies.pki.deleteOperations(name))];
    await ledger.remove(name, [...also, ...burial(reserved)]);
    this.#reservations.buried(reserved);
    renderings.forget(name);
    logs.line("info", name, "the cluster is deleted");
    logs.forget(name);
    leftovers.forget(name);
  }
}
