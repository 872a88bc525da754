// Carries out the steps of the workloads in the work queue, by the table of step executors: first the steps that change
// records, which are stored together, then those that follow from the changed records and act. Steps that need an offer
// become placement requests. A step that is carried out twice does nothing twice.
import { type Clock, type Logger, messageOf, TimeSlice } from "@cke/foundation";
import { type WorkloadStep, workloadSteps } from "../../workload/plans/workload-steps.ts";
import { type UnitRecord, unitKey, type WorkloadRecord } from "../../workload/records/records.ts";
import { awaitedOrphans, isBeingRemoved } from "../../workload/records/removal-state.ts";
import { describeOrphanedResources } from "../../workload/steps/orphaned-resources.ts";
import { requeueAfterMs } from "../../workload/steps/requeue-after.ts";
import type { Step } from "../../workload/steps/step.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { RecordTooLargeError } from "../ledger/oversized-units.ts";
import { isDeposed, isUnavailable } from "../ledger/store-outage.ts";
import type { WorkQueue } from "../ledger/work-queue.ts";
import type { Reconciler } from "../mesos/reconciler.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { homeGraceMs } from "../placement/placement-requests.ts";
import { quorumOf } from "../placement/quorum.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import { LaunchWatchdog, watchdogMs } from "./launch-watchdog.ts";
import type { PlanActions } from "./plan-actions.ts";
import type { PresentSteps } from "./present-steps.ts";
import { type StepExecutorParts, stepExecutors } from "./step-executors.ts";
import { act, carryOut, changeOf, changesRecord, type RecordChange, type StepTable } from "./step-table.ts";

/** Kills are repeated and clean-ups are timed, so their workloads are decided anew at this interval. */
const restlessMs = 1_000;
/** A workload whose steps failed is decided anew after this time. */
const troubledMs = 10_000;
/** Number of workloads whose changes of records are stored together. */
const workloadsPerSlice = 50;

/** A unit with its steps. */
interface UnitWithSteps {
  readonly record: UnitRecord;
  readonly steps: readonly Step[];
}

/** The result of a workload's steps. */
interface Done {
  readonly requests: readonly PlacementRequest[];
  /** When the units' steps may change by time alone. */
  readonly requeueMs: readonly number[];
}

/** Why a unit does not even wait for an offer; "" for one that does, or that runs. */
function waitReason(steps: readonly Step[]): string {
  if (steps.some(({ kind }) => kind === "launch-unit")) return "";
  return steps.find(({ kind }) => kind === "wait")?.explanation ?? "";
}

/** True for a unit that is launched now, or later by itself. */
const mayLaunch = (steps: readonly Step[]) =>
  steps.some((step) => step.kind === "launch-unit" || (step.kind === "wait" && step.untilMs !== undefined));

export interface StepRunnerParts extends Omit<StepExecutorParts, "forgotten"> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly workQueue: WorkQueue;
  readonly presentSteps: PresentSteps;
  readonly reconciler: Reconciler;
  readonly inventory: Pick<AgentInventory, "hasNetwork">;
  readonly orphanTimer: OrphanTimer;
  readonly planActions: PlanActions;
  readonly killer: StepExecutorParts["killer"] & { readonly forget: (taskId: string) => void };
}

export class StepRunner {
  readonly #parts: StepRunnerParts;
  readonly #table: StepTable;
  readonly #watchdog: LaunchWatchdog;
  readonly #pace: TimeSlice;
  /** The placement requests of each workload. `#all` has all of them, oldest first. */
  readonly #requests = new Map<string, readonly PlacementRequest[]>();
  #all: readonly PlacementRequest[] | undefined;

  constructor(parts: StepRunnerParts) {
    this.#parts = parts;
    this.#pace = new TimeSlice(parts.clock);
    this.#watchdog = new LaunchWatchdog(parts);
    this.#table = stepExecutors({ ...parts, forgotten: (taskId) => this.#forget(taskId) });
  }

  /**
   * Takes the steps of the workloads in the work queue. Returns the placement requests of all workloads, oldest first:
   * the same array while nothing has changed.
   */
  async run(): Promise<readonly PlacementRequest[]> {
    const { workQueue, clock, ledger } = this.#parts;
    const names = workQueue.take(clock.now());
    try {
      for (let from = 0; from < names.length; from += workloadsPerSlice)
        await this.#runSlice(names.slice(from, from + workloadsPerSlice));
    } catch (error) {
      // Some may be done: all of them are decided anew.
      for (const name of names) workQueue.add(name);
      throw error;
    }
    this.#all ??= [...this.#requests]
      .map(([name, requests]) => ({ requests, createdAtMs: ledger.workload(name)?.createdAtMs ?? 0 }))
      .sort((left, right) => left.createdAtMs - right.createdAtMs)
      .flatMap(({ requests }) => requests);
    return this.#all;
  }

  async #runSlice(names: readonly string[]): Promise<void> {
    const { ledger, workQueue, clock } = this.#parts;
    const looked = new Map<WorkloadRecord, readonly UnitWithSteps[]>();
    for (const name of names) {
      const stored = ledger.workload(name);
      if (stored === undefined) {
        this.#keep(name, []);
        continue;
      }
      try {
        const workload = await this.#goOnWithPlan(stored);
        looked.set(workload, this.#unitsOf(workload));
      } catch (error) {
        this.#troubled(name, error);
      }
      await this.#pace.pause();
    }
    const changed = await this.#changeRecords(looked);
    for (const [before, unitsBefore] of looked) {
      await this.#pace.pause();
      const { name } = before.spec;
      const now = clock.now();
      const isChanged = changed.has(name);
      let workload = before;
      let done: Done | undefined;
      try {
        // The plan may go on with units that have just ended.
        if (isChanged) workload = await this.#goOnWithPlan(before);
        done = await this.#act(workload, isChanged ? this.#unitsOf(workload) : unitsBefore);
      } catch (error) {
        this.#troubled(name, error);
        continue;
      }
      this.#keep(name, done?.requests ?? []);
      if (done === undefined) continue;
      // A removal is decided anew all the time, because it waits for things that are in no record, such as offers.
      const removes = workload.spec.units.some((unit) => isBeingRemoved(workload, unit.name));
      const dueMs = Math.min(...done.requeueMs, this.#parts.planActions.dueMs(name));
      workQueue.later(name, removes ? now + restlessMs : dueMs, now);
    }
  }

  #workloadSteps(workload: WorkloadRecord): readonly WorkloadStep[] {
    const { ledger, kinds, beginAnew, planActions } = this.#parts;
    return workloadSteps(workload, ledger.units(workload.spec.name), {
      stopStages: () => kinds.of(workload).stopStages(workload),
      progress: planActions.progress,
      begins: beginAnew.of(workload).map(({ unit }) => unit),
    });
  }

  /** Begins, advances or ends the workload's plan as far as its records allow now. Returns the record after that. */
  async #goOnWithPlan(workload: WorkloadRecord): Promise<WorkloadRecord> {
    if (workload.deleting) return workload;
    let current = workload;
    for (let steps = this.#workloadSteps(current); steps.length > 0; steps = this.#workloadSteps(current)) {
      const before = current;
      // Each step changes the record that the step before it has stored.
      for (const step of steps) {
        await carryOut(this.#table, current, step);
        current = this.#parts.ledger.workload(workload.spec.name) ?? current;
      }
      if (current === before) break;
    }
    return current;
  }

  #unitsOf(workload: WorkloadRecord): readonly UnitWithSteps[] {
    const { ledger, presentSteps } = this.#parts;
    return ledger.units(workload.spec.name).map((record) => {
      this.#timeCleanup(workload, record);
      return { record, steps: presentSteps.of(workload, record) };
    });
  }

  /**
   * Carries out the steps that change records, for all these workloads together. Returns the names of the changed
   * workloads.
   */
  async #changeRecords(looked: ReadonlyMap<WorkloadRecord, readonly UnitWithSteps[]>): Promise<ReadonlySet<string>> {
    const changes: RecordChange[] = [];
    for (const [workload, units] of looked) {
      for (const { record, steps } of units) {
        let latest: RecordChange | undefined;
        for (const step of steps) {
          if (!changesRecord(this.#table, step)) continue;
          const before = latest?.stored;
          const change = await changeOf(this.#table, { workload, record: latest?.record ?? record }, step);
          if (change === undefined) continue;
          const { stored } = change;
          latest = {
            record: change.record,
            stored: () => {
              before?.();
              stored?.();
            },
          };
        }
        if (latest !== undefined) changes.push(latest);
      }
    }
    if (changes.length === 0) return new Set();
    const refused = await this.#parts.ledger.commitUnits(changes.map(({ record }) => record));
    for (const { record, stored } of changes) if (!refused.has(unitKey(record.workload, record.unit))) stored?.();
    return new Set(changes.map(({ record }) => record.workload));
  }

  /** Carries out the steps that act. Undefined when the workload is gone. */
  async #act(workload: WorkloadRecord, units: readonly UnitWithSteps[]): Promise<Done | undefined> {
    for (const step of this.#workloadSteps(workload))
      if ((await carryOut(this.#table, workload, step)) === "gone") return undefined;
    const { clock, inventory, planActions } = this.#parts;
    planActions.keepUp(workload);
    const requests: PlacementRequest[] = [];
    const requeueMs: number[] = [];
    const now = clock.now();
    for (const { record, steps } of units) {
      for (const step of steps) {
        const request = await act(this.#table, { workload, record }, step);
        if (request !== undefined) requests.push(request);
      }
      this.#watchdog.look(record);
      // A step that changes the record puts the workload into the work queue by itself.
      requeueMs.push(requeueAfterMs(record, steps, { now, restlessMs, watchdogMs, homeGraceMs }));
    }
    if (requests.length === 0) return { requests, requeueMs };
    const stepsOf = new Map(units.map(({ record, steps }) => [record.unit, steps]));
    const records = units.map(({ record }) => record);
    const kind = this.#parts.kinds.of(workload);
    const word = kind.rules.words.stateful;
    const quorum = quorumOf({ spec: workload.spec, word }, records, ({ unit }) => waitReason(stepsOf.get(unit) ?? []));
    const may = ({ unit }: UnitRecord) => mayLaunch(stepsOf.get(unit) ?? []);
    const prerequisite = kind.prerequisite(workload, records, inventory, may);
    const excludes = kind.excludedHosts?.(workload, records);
    const conditions = ({ id, cleanup, executor }: PlacementRequest) => {
      // A clean-up, and a process that joins a running unit, have none.
      if (cleanup || executor !== undefined) return {};
      const unit = id.split("/")[1] ?? "";
      return { prerequisite: prerequisite?.(unit), excludes: excludes?.(unit) };
    };
    const late = new Set(workload.spec.units.flatMap((unit) => (unit.late === true ? [unit.name] : [])));
    const ofQuorum = ({ id }: PlacementRequest) => (late.has(id.split("/")[1] ?? "") ? undefined : quorum);
    return {
      requests: requests.map((request) => ({
        ...request,
        quorum: ofQuorum(request),
        ...conditions(request),
      })),
      requeueMs,
    };
  }

  /** An error of one workload does not concern the others, as long as the store works. The workload is decided anew later. */
  #troubled(workload: string, error: unknown): void {
    if (isDeposed(error) || isUnavailable(error)) throw error;
    const now = this.#parts.clock.now();
    this.#parts.workQueue.later(workload, now + troubledMs, now);
    this.#keep(workload, []);
    // The ledger has written it to the workload's log already.
    if (error instanceof RecordTooLargeError) return;
    const fields = { ...this.#parts.logs.fields(workload), error: messageOf(error) };
    this.#parts.logger.error("the next steps of a workload could not be taken; they are tried again", fields);
  }

  #keep(workload: string, requests: readonly PlacementRequest[]): void {
    const before = this.#requests.get(workload);
    if (before === undefined && requests.length === 0) return;
    this.#all = undefined;
    if (requests.length === 0) this.#requests.delete(workload);
    else this.#requests.set(workload, requests);
  }

  /** Begins to count how long CKE waits for the host of a deleted unit. */
  #timeCleanup(workload: WorkloadRecord, record: UnitRecord): void {
    const [left] = awaitedOrphans(record);
    if (!isBeingRemoved(workload, record.unit) || record.launch !== undefined || left === undefined) return;
    const { clock, orphanTimer, logs, kinds } = this.#parts;
    if (!orphanTimer.begin(record.workload, record.unit, left, clock.now())) return;
    const text = `${describeOrphanedResources(record, left, kinds.of(workload).rules)}: it is cleaned up first`;
    logs.line("info", record.workload, text, { unit: record.unit, host: left.hostname });
  }

  /** A task that is in no record any more is forgotten everywhere. */
  #forget(taskId: string): void {
    this.#parts.killer.forget(taskId);
    this.#parts.reconciler.answered(taskId);
    this.#watchdog.forget(taskId);
  }
}
