// The ledger: all records of workloads and units in memory, read once at the start. A change is in the store before it
// is in the ledger, and in the ledger before anything acts on it.
import { type Clock, TimeSlice } from "@cke/foundation";
import type { Store, StoreOperation } from "../../store/store.ts";
import { maxValueBytes } from "../../store/store-limits.ts";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { storableRecord } from "../../workload/records/record-text.ts";
import {
  type UnitRecord,
  unitKey,
  unitRecordSchema,
  type WorkloadRecord,
  workloadKey,
  workloadRecordSchema,
} from "../../workload/records/records.ts";
import { type FoundTask, findExecutorIn, findTaskIn } from "./found-task.ts";
import {
  type LedgerChange,
  type LedgerListener,
  maxRecordsPerCommit,
  noUnits,
  type RefusedUnits,
  type StorableUnit,
} from "./ledger-change.ts";
import { OversizedUnits, RecordTooLargeError } from "./oversized-units.ts";
import { parseStored } from "./stored-value.ts";
import { UnitIndex } from "./unit-index.ts";
import type { WorkQueue } from "./work-queue.ts";

export class Ledger {
  readonly #store: Store;
  readonly #kinds: Pick<Kinds, "of">;
  readonly #workQueue: WorkQueue;
  readonly #clock: Clock;
  readonly #listener: LedgerListener;
  readonly #workloads = new Map<string, WorkloadRecord>();
  readonly #units = new Map<string, Map<string, UnitRecord>>();
  readonly #index = new UnitIndex();
  readonly #oversized: OversizedUnits;
  #sorted: readonly WorkloadRecord[] | undefined;

  /** Every change goes into the work queue. */
  constructor(
    store: Store,
    kinds: Pick<Kinds, "of">,
    workQueue: WorkQueue,
    clock: Clock,
    listener: LedgerListener = {},
  ) {
    this.#store = store;
    this.#kinds = kinds;
    this.#workQueue = workQueue;
    this.#clock = clock;
    this.#listener = listener;
    this.#oversized = new OversizedUnits(listener.onRefused);
  }

  /** Reads everything. Throws CkeError `store_corrupt` for a value that this version cannot read. */
  async load(): Promise<void> {
    const pace = new TimeSlice(this.#clock);
    for (const { key, value } of await this.#store.list("workloads/")) {
      const record = parseStored(workloadRecordSchema, key, value);
      this.#rememberWorkload({ ...record, spec: parseStored(this.#kinds.of(record).spec, key, record.spec) });
      await pace.pause();
    }
    for (const { key, value } of await this.#store.list("units/")) {
      const record = parseStored(unitRecordSchema, key, value);
      this.#remember(record);
      this.#workQueue.addUnit(record);
      await pace.pause();
    }
  }

  /** Workloads, oldest first. */
  workloads(): readonly WorkloadRecord[] {
    this.#sorted ??= [...this.#workloads.values()].sort((left, right) => left.createdAtMs - right.createdAtMs);
    return this.#sorted;
  }

  workload(name: string): WorkloadRecord | undefined {
    return this.#workloads.get(name);
  }

  /** Units in the order of the workload's specification. */
  units(workload: string): readonly UnitRecord[] {
    const records = this.#units.get(workload);
    const names = this.#workloads.get(workload)?.spec.units.map(({ name }) => name) ?? [];
    return names.flatMap((name) => records?.get(name) ?? []);
  }

  unit(workload: string, unit: string): UnitRecord | undefined {
    return this.#units.get(workload)?.get(unit);
  }

  allUnits(): readonly UnitRecord[] {
    return [...this.#units.values()].flatMap((records) => [...records.values()]);
  }

  /** Units with a launch on this agent. */
  unitsOn(agentId: string): Iterable<UnitRecord> {
    return this.#index.on(agentId);
  }

  /** Units that have no launch and whose data is on this host. */
  unitsAtHome(hostname: string): Iterable<UnitRecord> {
    return this.#index.atHome(hostname);
  }

  /** Units that have no launch and have data on some host. */
  unitsAtAnyHome(): Iterable<UnitRecord> {
    return this.#index.atAnyHome();
  }

  /** Units without a launch that may still run on some host, because an executor ended there without having ended them. */
  unended(): Iterable<UnitRecord> {
    return this.#index.unended();
  }

  /** Units with a reservation, in whatever state. */
  reserving(): Iterable<UnitRecord> {
    return this.#index.reserving();
  }

  /** The task, if it belongs to a launch that its unit's record has. */
  findTask(taskId: string): FoundTask | undefined {
    return findTaskIn((workload, unit) => this.unit(workload, unit), taskId);
  }

  findExecutor(executorId: string): UnitRecord | undefined {
    return findExecutorIn((workload, unit) => this.unit(workload, unit), executorId);
  }

  /**
   * Stores all or nothing. Throws RecordTooLargeError, with nothing stored, for a record that is too large for the
   * store.
   */
  async commit(change: LedgerChange): Promise<void> {
    const { stored, refused } = this.#storable(change.units ?? [], change.workload?.spec.name);
    const [first] = refused;
    if (first !== undefined) throw new RecordTooLargeError(this.problem(first.workload, first.unit));
    await this.#commit(change, stored);
  }

  /**
   * Stores any number of units in as many commits as needed, for changes that need not be stored all together. A unit
   * whose record is too large is left out and returned; the others are stored.
   */
  async commitUnits(units: readonly UnitRecord[], quiet?: ReadonlySet<UnitRecord>): Promise<RefusedUnits> {
    const { stored, refused } = this.#storable(units);
    for (let from = 0; from < stored.length; from += maxRecordsPerCommit)
      await this.#commit(quiet === undefined ? {} : { quiet }, stored.slice(from, from + maxRecordsPerCommit));
    return refused.length === 0 ? noUnits : new Set(refused.map(({ workload, unit }) => unitKey(workload, unit)));
  }

  /** Why the newest record of a unit is not stored; "" when it is. */
  problem(workload: string, unit: string): string {
    return this.#oversized.problem(workload, unit);
  }

  /** Runs synchronously up to the store's commit, so that later changes are stored later. */
  async #commit(change: LedgerChange, units: readonly StorableUnit[]): Promise<void> {
    const operations: StoreOperation[] = units.map(({ record, json }) => ({
      op: "put",
      key: unitKey(record.workload, record.unit),
      value: record,
      json,
    }));
    const { workload } = change;
    if (workload !== undefined) operations.push({ op: "put", key: workloadKey(workload.spec.name), value: workload });
    operations.push(...(change.also ?? []));
    if (operations.length === 0) return;
    await this.#store.commit(operations);
    if (workload !== undefined) this.#rememberWorkload(workload);
    for (const { record, asked } of units) {
      this.#oversized.delete(record.workload, record.unit);
      this.#remember(record);
      if (change.quiet?.has(asked) !== true) this.#workQueue.addUnit(record);
      this.#listener.onChanged?.(record.workload, record.unit);
    }
  }

  /**
   * False for a change that was decided before a workload was removed: it must not be stored after that. `created`: the
   * workload that the same commit creates.
   */
  #isOfPresentInstance({ workload, unit, instance }: UnitRecord, created: string | undefined): boolean {
    if (workload === created) return true;
    const present = this.unit(workload, unit);
    return present !== undefined && present.instance === instance;
  }

  #storable(
    units: readonly UnitRecord[],
    created?: string,
  ): {
    readonly stored: readonly StorableUnit[];
    readonly refused: readonly UnitRecord[];
  } {
    const stored: StorableUnit[] = [];
    const refused: UnitRecord[] = [];
    for (const asked of units) {
      if (!this.#isOfPresentInstance(asked, created)) continue;
      const storable = storableRecord(asked, maxValueBytes);
      if (storable !== undefined) stored.push({ ...storable, asked });
      else {
        refused.push(asked);
        this.#oversized.add(asked);
      }
    }
    return { stored, refused };
  }

  /** Removes the workload, its units and what `also` says, all in one commit. */
  async remove(workload: string, also: readonly StoreOperation[]): Promise<void> {
    const units = [...(this.#units.get(workload)?.keys() ?? [])];
    await this.#store.commit([
      { op: "delete", key: workloadKey(workload) },
      ...units.map((unit): StoreOperation => ({ op: "delete", key: unitKey(workload, unit) })),
      ...also,
    ]);
    for (const record of this.#units.get(workload)?.values() ?? []) {
      this.#oversized.delete(record.workload, record.unit);
      this.#index.remove(record);
    }
    this.#workloads.delete(workload);
    this.#sorted = undefined;
    this.#units.delete(workload);
    this.#workQueue.forget(workload);
    for (const unit of units) this.#listener.onChanged?.(workload, unit);
  }

  /** Stores the workload's record without the unit, removes the unit's, and does what `also` says, all in one commit. */
  async removeUnit(workload: WorkloadRecord, unit: string, also: readonly StoreOperation[]): Promise<void> {
    const { name } = workload.spec;
    await this.#store.commit([
      { op: "put", key: workloadKey(name), value: workload },
      { op: "delete", key: unitKey(name, unit) },
      ...also,
    ]);
    this.#oversized.delete(name, unit);
    const record = this.unit(name, unit);
    if (record !== undefined) this.#index.remove(record);
    this.#units.get(name)?.delete(unit);
    this.#rememberWorkload(workload);
    this.#listener.onChanged?.(name, unit);
  }

  #rememberWorkload(workload: WorkloadRecord): void {
    this.#workloads.set(workload.spec.name, workload);
    this.#sorted = undefined;
    this.#workQueue.add(workload.spec.name);
  }

  #remember(record: UnitRecord): void {
    const records = this.#units.get(record.workload) ?? new Map<string, UnitRecord>();
    this.#units.set(record.workload, records);
    this.#index.replace(records.get(record.unit), record);
    records.set(record.unit, record);
  }
}
