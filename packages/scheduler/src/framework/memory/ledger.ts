// The ledger: all records of workloads and units in memory, read once at the start. A change is in the store before it
// is in the ledger, and in the ledger before anything acts on it.
import { CkeError, type Clock, TimeSlice } from "@cke/foundation";
import type { z } from "zod";
import { type Store, type StoreOperation, unreadableValue } from "../../store/store.ts";
import { maxValueBytes } from "../../store/store-limits.ts";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { findTask } from "../../workload/records/launches.ts";
import { describeOversize, storableRecord } from "../../workload/records/record-size.ts";
import {
  type TaskRecord,
  type UnitRecord,
  unitKey,
  unitRecordSchema,
  type WorkloadRecord,
  workloadKey,
  workloadRecordSchema,
} from "../../workload/records/records.ts";
import { parseTaskId } from "../../workload/records/task-ids.ts";
import { UnitIndex } from "./unit-index.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface LedgerChange {
  readonly workload?: WorkloadRecord;
  readonly units?: readonly UnitRecord[];
  /** Records from whose change no step follows. They are not put into the work queue. */
  readonly quiet?: ReadonlySet<UnitRecord>;
  /** Further changes of the store that belong to the same commit. */
  readonly also?: readonly StoreOperation[];
}

/** Most records of one commit, because stores bound the operations and the bytes of a transaction. */
export const maxRecordsPerCommit = 100;

/** Keys (`unitKey`) of the units whose records are too large for the store. Nothing of their change was stored. */
export type RefusedUnits = ReadonlySet<string>;
const nobody: RefusedUnits = new Set();

/** A unit's record is too large for the store. It concerns that unit only. */
export class RecordTooLargeError extends CkeError {
  constructor(message: string) {
    super("record_too_large", message, { status: 422 });
  }
}

/** A task together with the launch and the unit that it is of. */
export interface FoundTask {
  readonly record: UnitRecord;
  readonly task: TaskRecord;
}

/** A record as it is stored, and as the caller gave it. */
interface StorableNode {
  readonly record: UnitRecord;
  readonly asked: UnitRecord;
}

function parse<T>(schema: z.ZodType<T>, key: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadableValue(key, `${issue?.path.join(".")}: ${issue?.message}`);
}

export class Ledger {
  readonly #store: Store;
  readonly #kinds: Pick<Kinds, "of">;
  readonly #workQueue: WorkQueue;
  readonly #clock: Clock;
  readonly #onRefused: (record: UnitRecord, problem: string) => void;
  readonly #clusters = new Map<string, WorkloadRecord>();
  readonly #nodes = new Map<string, Map<string, UnitRecord>>();
  readonly #index = new UnitIndex();
  /** Why the newest record of a unit is not stored. */
  readonly #problems = new Map<string, string>();
  #sorted: readonly WorkloadRecord[] | undefined;

  /** Every change goes into the work queue. `onRefused` is called once for each unit whose record is too large. */
  constructor(
    store: Store,
    kinds: Pick<Kinds, "of">,
    workQueue: WorkQueue,
    clock: Clock,
    onRefused: (record: UnitRecord, problem: string) => void = () => undefined,
  ) {
    this.#store = store;
    this.#kinds = kinds;
    this.#workQueue = workQueue;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  /** Reads everything. Throws CkeError `store_corrupt` for a value that this version cannot read. */
  async load(): Promise<void> {
    const pace = new TimeSlice(this.#clock);
    for (const { key, value } of await this.#store.list("workloads/")) {
      const record = parse(workloadRecordSchema, key, value);
      this.#rememberCluster({ ...record, spec: parse(this.#kinds.of(record).spec, key, record.spec) });
      await pace.pause();
    }
    for (const { key, value } of await this.#store.list("units/")) {
      const record = parse(unitRecordSchema, key, value);
      this.#remember(record);
      this.#workQueue.addUnit(record);
      await pace.pause();
    }
  }

  /** Workloads, oldest first. */
  workloads(): readonly WorkloadRecord[] {
    this.#sorted ??= [...this.#clusters.values()].sort((left, right) => left.createdAtMs - right.createdAtMs);
    return this.#sorted;
  }

  workload(name: string): WorkloadRecord | undefined {
    return this.#clusters.get(name);
  }

  /** Units in the order of the workload's specification. */
  units(cluster: string): readonly UnitRecord[] {
    const records = this.#nodes.get(cluster);
    const names = this.#clusters.get(cluster)?.spec.units.map(({ name }) => name) ?? [];
    return names.flatMap((name) => records?.get(name) ?? []);
  }

  unit(cluster: string, node: string): UnitRecord | undefined {
    return this.#nodes.get(cluster)?.get(node);
  }

  allUnits(): readonly UnitRecord[] {
    return [...this.#nodes.values()].flatMap((records) => [...records.values()]);
  }

  /** Units with a launch on this agent. */
  unitsOn(agentId: string): Iterable<UnitRecord> {
    return this.#index.on(agentId);
  }

  /** Units that have no launch and whose data is on this host. */
  unitsAtHome(hostname: string): Iterable<UnitRecord> {
    return this.#index.atHome(hostname);
  }

  /** Units with a reservation, in whatever state. */
  reserving(): Iterable<UnitRecord> {
    return this.#index.reserving();
  }

  /** The task, if it belongs to a launch that its unit's record has. */
  findTask(taskId: string): FoundTask | undefined {
    return findTaskIn((cluster, node) => this.unit(cluster, node), taskId);
  }

  findExecutor(executorId: string): UnitRecord | undefined {
    const parsed = parseTaskId(`${executorId}.node`);
    const record = parsed === undefined ? undefined : this.unit(parsed.workload, parsed.unit);
    return record?.launch?.executorId === executorId ? record : undefined;
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
  async commitUnits(nodes: readonly UnitRecord[], quiet?: ReadonlySet<UnitRecord>): Promise<RefusedUnits> {
    const { stored, refused } = this.#storable(nodes);
    for (let from = 0; from < stored.length; from += maxRecordsPerCommit)
      await this.#commit(quiet === undefined ? {} : { quiet }, stored.slice(from, from + maxRecordsPerCommit));
    return refused.length === 0 ? nobody : new Set(refused.map(({ workload, unit }) => unitKey(workload, unit)));
  }

  /** Why the newest record of a unit is not stored; "" when it is. */
  problem(cluster: string, node: string): string {
    return this.#problems.get(unitKey(cluster, node)) ?? "";
  }

  /** Runs synchronously up to the store's commit, so that later changes are stored later. */
  async #commit(change: LedgerChange, nodes: readonly StorableNode[]): Promise<void> {
    const operations: StoreOperation[] = nodes.map(({ record }) => ({
      op: "put",
      key: unitKey(record.workload, record.unit),
      value: record,
    }));
    const { workload } = change;
    if (workload !== undefined) operations.push({ op: "put", key: workloadKey(workload.spec.name), value: workload });
    operations.push(...(change.also ?? []));
    if (operations.length === 0) return;
    await this.#store.commit(operations);
    if (workload !== undefined) this.#rememberCluster(workload);
    for (const { record, asked } of nodes) {
      this.#problems.delete(unitKey(record.workload, record.unit));
      this.#remember(record);
      if (change.quiet?.has(asked) !== true) this.#workQueue.addUnit(record);
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
    nodes: readonly UnitRecord[],
    created?: string,
  ): {
    readonly stored: readonly StorableNode[];
    readonly refused: readonly UnitRecord[];
  } {
    const stored: StorableNode[] = [];
    const refused: UnitRecord[] = [];
    for (const asked of nodes) {
      if (!this.#isOfPresentInstance(asked, created)) continue;
      const record = storableRecord(asked, maxValueBytes);
      if (record !== undefined) stored.push({ record, asked });
      else {
        refused.push(asked);
        this.#refuse(asked);
      }
    }
    return { stored, refused };
  }

  #refuse(record: UnitRecord): void {
    const known = this.problem(record.workload, record.unit) !== "";
    const problem = describeOversize(record, maxValueBytes);
    this.#problems.set(unitKey(record.workload, record.unit), problem);
    if (!known) this.#onRefused(record, problem);
  }

  /** Removes the workload, its units and what `also` says, all in one commit. */
  async remove(cluster: string, also: readonly StoreOperation[]): Promise<void> {
    const nodes = [...(this.#nodes.get(cluster)?.keys() ?? [])];
    await this.#store.commit([
      { op: "delete", key: workloadKey(cluster) },
      ...nodes.map((node): StoreOperation => ({ op: "delete", key: unitKey(cluster, node) })),
      ...also,
    ]);
    for (const record of this.#nodes.get(cluster)?.values() ?? []) {
      this.#problems.delete(unitKey(record.workload, record.unit));
      this.#index.remove(record);
    }
    this.#clusters.delete(cluster);
    this.#sorted = undefined;
    this.#nodes.delete(cluster);
    this.#workQueue.forget(cluster);
  }

  #rememberCluster(cluster: WorkloadRecord): void {
    this.#clusters.set(cluster.spec.name, cluster);
    this.#sorted = undefined;
    this.#workQueue.add(cluster.spec.name);
  }

  #remember(record: UnitRecord): void {
    const records = this.#nodes.get(record.workload) ?? new Map<string, UnitRecord>();
    this.#nodes.set(record.workload, records);
    this.#index.replace(records.get(record.unit), record);
    records.set(record.unit, record);
  }
}

/** The task in the records that `nodeOf` returns, if it belongs to a launch of its unit. */
export function findTaskIn(
  nodeOf: (cluster: string, node: string) => UnitRecord | undefined,
  taskId: string,
): FoundTask | undefined {
  const parsed = parseTaskId(taskId);
  if (parsed === undefined) return undefined;
  const record = nodeOf(parsed.workload, parsed.unit);
  const task = record === undefined ? undefined : findTask(record, taskId)?.task;
  return record === undefined || task === undefined ? undefined : { record, task };
}
