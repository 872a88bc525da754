// Carries out the steps that follow from records alone: retires ended launches, kills, removes deleted clusters. What
// needs an offer is returned as needs. Runs for what is on the agenda; done twice, it does nothing twice.
import { messageOf, TimeSlice } from "@cke/foundation";
import { isStateful } from "../../kubernetes/cluster/cluster-spec.ts";
import { networkGate } from "../../kubernetes/steps/network-gate.ts";
import { type Step, type StepContext, stepsOf } from "../../kubernetes/steps/node-steps.ts";
import { heldSteps, pauseOf } from "../../workload/plans/plan-control.ts";
import { requeueAfterMs } from "../../workload/plans/requeue-after.ts";
import { stopsAfter } from "../../workload/records/expectation.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import { describeOrphanedResources } from "../../workload/records/orphaned-resources.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { ExecutorMessages } from "../launch/executor-messages.ts";
import { LaunchRetirement } from "../launch/launch-retirement.ts";
import { LaunchWatchdog, watchdogMs } from "../launch/launch-watchdog.ts";
import { RecordTooLargeError } from "../memory/ledger.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { homeGraceMs, requestOfCleanup, requestOfNode, requestOfProcess } from "../placement/placement-requests.ts";
import { quorumOf } from "../placement/quorum.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { burial, type Tombstone } from "../reservations/reservation-tombstones.ts";
import type { FrameworkState } from "./state.ts";
import { isDeposed, isUnavailable } from "./store-outage.ts";

/** A kill is repeated, a clean-up is timed: their clusters are looked at this often. */
const restlessMs = 1_000;
/** A cluster whose steps failed is looked at again after this. */
const troubledMs = 10_000;
/** Clusters whose ended launches are forgotten in one commit. */
const clustersPerSlice = 50;

/** Of a cluster, after its steps. */
interface Done {
  readonly needs: readonly PlacementRequest[];
  /** When time alone may change what is to be done for its nodes. */
  readonly looks: readonly number[];
}

/** Why a node does not even wait for an offer; "" for one that does, or that runs. */
function heldWords(steps: readonly Step[]): string {
  if (steps.some(({ kind }) => kind === "launch-node")) return "";
  return steps.find(({ kind }) => kind === "wait")?.explanation ?? "";
}

export class StepRunner {
  readonly #state: FrameworkState;
  readonly #secrets: ExecutorMessages;
  readonly #reservations: ReservationHandler;
  readonly #watchdog: LaunchWatchdog;
  readonly #retirement: LaunchRetirement;
  /** Of clusters that need something; all of them, oldest first, in `#all`. */
  readonly #needs = new Map<string, readonly PlacementRequest[]>();
  #all: readonly PlacementRequest[] | undefined;
  readonly #pace: TimeSlice;

  constructor(state: FrameworkState, secrets: ExecutorMessages, reservations: ReservationHandler) {
    this.#state = state;
    this.#pace = new TimeSlice(state.clock);
    this.#secrets = secrets;
    this.#reservations = reservations;
    this.#watchdog = new LaunchWatchdog(state);
    this.#retirement = new LaunchRetirement(
      state,
      (cluster, record) => this.stepsOf(cluster, record),
      (taskId) => this.#forget(taskId),
    );
  }

  /** The steps of a node as they are now. */
  stepsOf(cluster: WorkloadRecord, record: UnitRecord): readonly Step[] {
    const context = this.#context(cluster, record);
    const { deleting } = context;
    return heldSteps(stepsOf(record, context), record, { paused: pauseOf(cluster, record), deleting });
  }

  /** Steps of the clusters on the agenda; the needs of all clusters, oldest first: the same array while nothing changed. */
  async run(): Promise<readonly PlacementRequest[]> {
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
      .map(([name, needs]) => ({ needs, createdAtMs: this.#state.ledger.workload(name)?.createdAtMs ?? 0 }))
      .sort((left, right) => left.createdAtMs - right.createdAtMs)
      .flatMap(({ needs }) => needs);
    return this.#all;
  }

  async #runSlice(names: readonly string[]): Promise<void> {
    const { ledger, agenda, clock } = this.#state;
    for (const name of names) if (ledger.workload(name) === undefined) this.#need(name, []);
    const clusters = names.flatMap((name) => ledger.workload(name) ?? []);
    await this.#retirement.ended(clusters);
    for (const cluster of clusters) {
      await this.#pace.pause();
      const { name } = cluster.spec;
      const now = clock.now();
      let done: Done | undefined;
      try {
        done = await this.#runCluster(cluster);
      } catch (error) {
        this.#troubled(name, error);
        agenda.later(name, now + troubledMs, now);
        continue;
      }
      this.#need(name, done?.needs ?? []);
      if (done === undefined) continue;
      // A delete is pressed on until it is done: it waits for what no record shows, like offers to give back.
      agenda.later(name, cluster.deleting ? now + restlessMs : Math.min(...done.looks), now);
    }
  }

  /** What goes wrong with one cluster is no other's trouble, as long as the store itself is well. */
  #troubled(cluster: string, error: unknown): void {
    if (isDeposed(error) || isUnavailable(error)) throw error;
    this.#need(cluster, []);
    // That one is in the cluster's log already.
    if (error instanceof RecordTooLargeError) return;
    const fields = { cluster, error: messageOf(error) };
    this.#state.logger.error("the next steps of a cluster could not be taken; they are tried again", fields);
  }

  #need(cluster: string, needs: readonly PlacementRequest[]): void {
    const before = this.#needs.get(cluster);
    if (before === undefined && needs.length === 0) return;
    this.#all = undefined;
    if (needs.length === 0) this.#needs.delete(cluster);
    else this.#needs.set(cluster, needs);
  }

  /** Undefined when the cluster is gone. */
  async #runCluster(cluster: WorkloadRecord): Promise<Done | undefined> {
    await this.#retirement.superseded(cluster);
    await this.#abandon(cluster);
    const nodes = this.#state.ledger.units(cluster.spec.name);
    const gone = (node: UnitRecord) => launchesOf(node).length === 0 && node.leftovers.length === 0;
    if (cluster.deleting) {
      const left = await this.#reservations.release(cluster);
      if (nodes.every(gone)) {
        if (left === undefined) return { needs: [], looks: [] };
        await this.#remove(cluster, left);
        return undefined;
      }
    }
    const needs: PlacementRequest[] = [];
    const looks: number[] = [];
    const now = this.#state.clock.now();
    const held = new Map<string, string>();
    for (const record of nodes) {
      const steps = this.stepsOf(cluster, record);
      held.set(record.unit, heldWords(steps));
      for (const step of steps) await this.#take(cluster, record, step, needs);
      this.#watchdog.look(record);
      // Of what a step changes in the record the agenda knows.
      looks.push(requeueAfterMs(record, steps, { now, restlessMs, watchdogMs, homeGraceMs }));
    }
    if (needs.length === 0) return { needs, looks };
    const quorum = quorumOf(cluster.spec, nodes, ({ unit }) => held.get(unit) ?? "");
    const stopped = (record: UnitRecord) => this.#context(cluster, record).stopped === true;
    const gateOf = networkGate(cluster, nodes, this.#state.inventory, stopped);
    return { needs: needs.map((need) => ({ ...need, quorum, gate: gateOf(need) })), looks };
  }

  #context(cluster: WorkloadRecord, record: UnitRecord): StepContext {
    const outline = this.#state.renderings.outline(cluster.spec, record.unit);
    const spec = cluster.spec.units.find(({ name }) => name === record.unit);
    const [left] = record.leftovers;
    const stopped = cluster.spec.expect !== "RUN" || spec?.expect !== "RUN";
    return {
      now: this.#state.clock.now(),
      deleting: cluster.deleting,
      stopped,
      stopsAfter: stopped ? stopsAfter(cluster, this.#state.ledger.units(record.workload), record.unit) : "",
      precious: isStateful(cluster.spec, record.unit),
      cleanupSinceMs:
        left === undefined ? undefined : this.#state.leftovers.since(record.workload, record.unit, left.hostname),
      killingSince: (taskId) => this.#state.killer.since(taskId),
      unsettled:
        this.#state.adoptions.reason(record.workload, record.unit) ||
        this.#state.strays.reason(record.workload, record.unit),
      maintenance: this.#state.maintenance.noticeOf(record, spec),
      partitionGraceMs: this.#state.dependencies.options.partitionGraceSeconds * 1_000,
      mayFinish: new Set(outline?.processes.filter(({ mayFinish }) => mayFinish).map(({ name }) => name)),
    };
  }

  /** Of tasks that are in no record any more nothing is to be told. */
  #forget(taskId: string): void {
    this.#state.killer.forget(taskId);
    this.#state.reconciler.answered(taskId);
    this.#watchdog.forget(taskId);
  }

  /** Counts how long hosts are waited for, and gives those up that were waited for too long. */
  async #abandon(cluster: WorkloadRecord): Promise<void> {
    const { ledger, clock, leftovers, logs } = this.#state;
    for (const record of ledger.units(cluster.spec.name)) {
      const { deleting } = this.#context(cluster, record);
      const [left] = record.leftovers;
      if (!deleting || record.launch !== undefined || left === undefined) continue;
      const fields = { node: record.unit, host: left.hostname };
      if (leftovers.begin(record.workload, record.unit, left.hostname, clock.now()))
        logs.line(
          "info",
          record.workload,
          `${describeOrphanedResources(record, left)}: it is cleaned up first`,
          fields,
        );
      const given = this.stepsOf(cluster, record).find(({ kind }) => kind === "abandon-leftover");
      if (given === undefined) continue;
      // Told before it is forgotten: twice rather than never.
      logs.line("warning", record.workload, given.explanation, fields);
      const rest = record.leftovers.filter(({ hostname }) => hostname !== left.hostname);
      await ledger.commit({ units: [{ ...record, leftovers: rest }] });
    }
  }

  async #take(cluster: WorkloadRecord, record: UnitRecord, step: Step, needs: PlacementRequest[]): Promise<void> {
    const { killer, clock, renderings, dependencies } = this.#state;
    const { options } = dependencies;
    switch (step.kind) {
      case "kill-task":
        await killer.kill({ ...step, instance: record.instance });
        return;
      case "launch-node":
      case "relaunch-process": {
        // A launch that cannot be stored must not be made.
        if (this.#state.ledger.problem(record.workload, record.unit) !== "") return;
        const outline = renderings.outline(cluster.spec, record.unit);
        if (outline === undefined) return;
        const need =
          step.kind === "launch-node"
            ? requestOfNode(cluster, record, outline, options, clock.now())
            : requestOfProcess(cluster, record, outline, step.process, options, clock.now());
        if (need !== undefined) needs.push(need);
        return;
      }
      case "clean-up-node": {
        const outline = renderings.outline(cluster.spec, record.unit);
        if (outline !== undefined) needs.push(requestOfCleanup(record, outline, step.hostname, options));
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
  async #evict(record: UnitRecord, why: string): Promise<void> {
    const { launch } = record;
    if (launch === undefined) return;
    await this.#state.ledger.commit({ units: [{ ...record, launch: { ...launch, evicted: why } }] });
    this.#state.logs.line("info", record.workload, why, { node: record.unit });
  }

  async #remove(cluster: WorkloadRecord, reserved: readonly Tombstone[]): Promise<void> {
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
