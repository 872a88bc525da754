// The scheduler's memory of clusters, nodes and tasks: what the store holds, read once at the start. A change is in the
// store before it is here, and here before anything acts on it.
import { CkeError, type Clock } from "@cke/foundation";
import type { z } from "zod";
import { type Store, type StoreOperation, unreadableValue } from "../../store/store.ts";
import { maxValueBytes } from "../../store/store-limits.ts";
import { findTask, launchesOf } from "../../workload/records/launches.ts";
import { describeOversize, storableRecord } from "../../workload/records/record-size.ts";
import {
  type ClusterRecord,
  clusterKey,
  clusterRecordSchema,
  type NodeRecord,
  nodeKey,
  nodeRecordSchema,
  type TaskRecord,
} from "../../workload/records/records.ts";
import { parseTaskId } from "../../workload/records/task-ids.ts";
import { TimeSlice } from "../loop/time-slice.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface LedgerChange {
  readonly cluster?: ClusterRecord;
  readonly nodes?: readonly NodeRecord[];
  /** Those of them that nothing follows from: they are not put on the agenda. */
  readonly quiet?: ReadonlySet<NodeRecord>;
  /** What belongs to the change and is no record. */
  readonly also?: readonly StoreOperation[];
}

/** The most records of one commit: stores bound the number of operations and the bytes of a transaction. */
export const maxRecordsPerCommit = 100;

/** Keys (`nodeKey`) of the nodes whose records are too large for the store: nothing of their change happened. */
export type RefusedNodes = ReadonlySet<string>;
const nobody: RefusedNodes = new Set();

/** A node's record is too large for the store: that node's trouble, and nobody else's. */
export class RecordTooLargeError extends CkeError {
  constructor(message: string) {
    super("record_too_large", message, { status: 422 });
  }
}

/** A task of a launch that its node knows. */
export interface FoundTask {
  readonly record: NodeRecord;
  readonly task: TaskRecord;
}

/** A record as it is stored, and as it was asked for. */
interface StorableNode {
  readonly record: NodeRecord;
  readonly asked: NodeRecord;
}

function parse<T>(schema: z.ZodType<T>, key: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadableValue(key, `${issue?.path.join(".")}: ${issue?.message}`);
}

export class Ledger {
  readonly #store: Store;
  readonly #agenda: WorkQueue;
  readonly #clock: Clock;
  readonly #onRefused: (record: NodeRecord, problem: string) => void;
  readonly #clusters = new Map<string, ClusterRecord>();
  readonly #nodes = new Map<string, Map<string, NodeRecord>>();
  readonly #byAgent = new Map<string, Map<string, NodeRecord>>();
  /** Nodes without a launch, by the host that has their data, in lower case. */
  readonly #byHome = new Map<string, Map<string, NodeRecord>>();
  /** Nodes with reservations. */
  readonly #reserving = new Map<string, NodeRecord>();
  /** Why the newest record of a node is not stored. */
  readonly #problems = new Map<string, string>();
  #sorted: readonly ClusterRecord[] | undefined;

  /** Every change is put on the agenda. `onRefused` is told once of a node whose record is too large. */
  constructor(
    store: Store,
    agenda: WorkQueue,
    clock: Clock,
    onRefused: (record: NodeRecord, problem: string) => void = () => undefined,
  ) {
    this.#store = store;
    this.#agenda = agenda;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  /** Reads everything. Throws CkeError `store_corrupt` for what another version wrote and this one cannot read. */
  async load(): Promise<void> {
    const pace = new TimeSlice(this.#clock);
    for (const { key, value } of await this.#store.list("clusters/")) {
      this.#rememberCluster(parse(clusterRecordSchema, key, value));
      await pace.breathe();
    }
    for (const { key, value } of await this.#store.list("nodes/")) {
      const record = parse(nodeRecordSchema, key, value);
      this.#remember(record);
      this.#agenda.addNode(record);
      await pace.breathe();
    }
  }

  /** Oldest first. */
  clusters(): readonly ClusterRecord[] {
    this.#sorted ??= [...this.#clusters.values()].sort((left, right) => left.createdAtMs - right.createdAtMs);
    return this.#sorted;
  }

  cluster(name: string): ClusterRecord | undefined {
    return this.#clusters.get(name);
  }

  /** In the order of the cluster's specification. */
  nodes(cluster: string): readonly NodeRecord[] {
    const records = this.#nodes.get(cluster);
    const names = this.#clusters.get(cluster)?.spec.nodes.map(({ name }) => name) ?? [];
    return names.flatMap((name) => records?.get(name) ?? []);
  }

  node(cluster: string, node: string): NodeRecord | undefined {
    return this.#nodes.get(cluster)?.get(node);
  }

  allNodes(): readonly NodeRecord[] {
    return [...this.#nodes.values()].flatMap((records) => [...records.values()]);
  }

  /** The nodes with a launch on this agent. */
  nodesOn(agentId: string): Iterable<NodeRecord> {
    return this.#byAgent.get(agentId)?.values() ?? [];
  }

  /** The nodes that have no launch and whose data is on this host. */
  nodesAtHome(hostname: string): Iterable<NodeRecord> {
    return this.#byHome.get(hostname.toLowerCase())?.values() ?? [];
  }

  /** The nodes with a reservation, in whatever state. */
  reserving(): Iterable<NodeRecord> {
    return this.#reserving.values();
  }

  /** The task, if it belongs to a launch that its node knows. */
  findTask(taskId: string): FoundTask | undefined {
    return findTaskIn((cluster, node) => this.node(cluster, node), taskId);
  }

  findExecutor(executorId: string): NodeRecord | undefined {
    const parsed = parseTaskId(`${executorId}.node`);
    const record = parsed === undefined ? undefined : this.node(parsed.cluster, parsed.node);
    return record?.launch?.executorId === executorId ? record : undefined;
  }

  /** All or nothing. Throws RecordTooLargeError, with nothing stored, for a node whose record no store takes. */
  async commit(change: LedgerChange): Promise<void> {
    const { stored, refused } = this.#storable(change.nodes ?? [], change.cluster?.spec.name);
    const [first] = refused;
    if (first !== undefined) throw new RecordTooLargeError(this.problem(first.cluster, first.node));
    await this.#commit(change, stored);
  }

  /**
   * Nodes of any number, in as many commits as needed: for changes that need not be all or nothing. A node whose record no
   * store takes harms no other: it is left out, and named.
   */
  async commitNodes(nodes: readonly NodeRecord[], quiet?: ReadonlySet<NodeRecord>): Promise<RefusedNodes> {
    const { stored, refused } = this.#storable(nodes);
    for (let from = 0; from < stored.length; from += maxRecordsPerCommit)
      await this.#commit(quiet === undefined ? {} : { quiet }, stored.slice(from, from + maxRecordsPerCommit));
    return refused.length === 0 ? nobody : new Set(refused.map(({ cluster, node }) => nodeKey(cluster, node)));
  }

  /** Why the newest record of a node is not stored; "" when it is. */
  problem(cluster: string, node: string): string {
    return this.#problems.get(nodeKey(cluster, node)) ?? "";
  }

  /** Synchronous up to the store's commit: what is committed later must be stored later. */
  async #commit(change: LedgerChange, nodes: readonly StorableNode[]): Promise<void> {
    const operations: StoreOperation[] = nodes.map(({ record }) => ({
      op: "put",
      key: nodeKey(record.cluster, record.node),
      value: record,
    }));
    const { cluster } = change;
    if (cluster !== undefined) operations.push({ op: "put", key: clusterKey(cluster.spec.name), value: cluster });
    operations.push(...(change.also ?? []));
    if (operations.length === 0) return;
    await this.#store.commit(operations);
    if (cluster !== undefined) this.#rememberCluster(cluster);
    for (const { record, asked } of nodes) {
      this.#problems.delete(nodeKey(record.cluster, record.node));
      this.#remember(record);
      if (change.quiet?.has(asked) !== true) this.#agenda.addNode(record);
    }
  }

  /** What was decided before a cluster was gone, and is written after, is of nobody. `created`: the cluster comes with it. */
  #isOfThisLife({ cluster, node, instance }: NodeRecord, created: string | undefined): boolean {
    if (cluster === created) return true;
    const present = this.node(cluster, node);
    return present !== undefined && present.instance === instance;
  }

  #storable(
    nodes: readonly NodeRecord[],
    created?: string,
  ): {
    readonly stored: readonly StorableNode[];
    readonly refused: readonly NodeRecord[];
  } {
    const stored: StorableNode[] = [];
    const refused: NodeRecord[] = [];
    for (const asked of nodes) {
      if (!this.#isOfThisLife(asked, created)) continue;
      const record = storableRecord(asked, maxValueBytes);
      if (record !== undefined) stored.push({ record, asked });
      else {
        refused.push(asked);
        this.#refuse(asked);
      }
    }
    return { stored, refused };
  }

  #refuse(record: NodeRecord): void {
    const known = this.problem(record.cluster, record.node) !== "";
    const problem = describeOversize(record, maxValueBytes);
    this.#problems.set(nodeKey(record.cluster, record.node), problem);
    if (!known) this.#onRefused(record, problem);
  }

  /** Removes the cluster, its nodes and what `also` says, all at once. */
  async remove(cluster: string, also: readonly StoreOperation[]): Promise<void> {
    const nodes = [...(this.#nodes.get(cluster)?.keys() ?? [])];
    await this.#store.commit([
      { op: "delete", key: clusterKey(cluster) },
      ...nodes.map((node): StoreOperation => ({ op: "delete", key: nodeKey(cluster, node) })),
      ...also,
    ]);
    for (const record of this.#nodes.get(cluster)?.values() ?? []) {
      this.#problems.delete(nodeKey(record.cluster, record.node));
      this.#leaveAgents(record);
      this.#reserving.delete(nodeKey(record.cluster, record.node));
    }
    this.#clusters.delete(cluster);
    this.#sorted = undefined;
    this.#nodes.delete(cluster);
    this.#agenda.forget(cluster);
  }

  #rememberCluster(cluster: ClusterRecord): void {
    this.#clusters.set(cluster.spec.name, cluster);
    this.#sorted = undefined;
    this.#agenda.add(cluster.spec.name);
  }

  #remember(record: NodeRecord): void {
    const records = this.#nodes.get(record.cluster) ?? new Map<string, NodeRecord>();
    this.#nodes.set(record.cluster, records);
    const before = records.get(record.node);
    if (before !== undefined) this.#leaveAgents(before);
    records.set(record.node, record);
    const key = nodeKey(record.cluster, record.node);
    for (const { agentId } of launchesOf(record)) addTo(this.#byAgent, agentId, key, record);
    if (isAtHome(record)) addTo(this.#byHome, record.home.toLowerCase(), key, record);
    if (record.reservations.length > 0) this.#reserving.set(key, record);
    else this.#reserving.delete(key);
  }

  #leaveAgents(record: NodeRecord): void {
    const key = nodeKey(record.cluster, record.node);
    for (const { agentId } of launchesOf(record)) removeFrom(this.#byAgent, agentId, key);
    if (isAtHome(record)) removeFrom(this.#byHome, record.home.toLowerCase(), key);
  }
}

type Index = Map<string, Map<string, NodeRecord>>;

const isAtHome = ({ launch, home }: NodeRecord) => launch === undefined && home !== "";

function addTo(index: Index, place: string, key: string, record: NodeRecord): void {
  const there = index.get(place) ?? new Map<string, NodeRecord>();
  index.set(place, there);
  there.set(key, record);
}

function removeFrom(index: Index, place: string, key: string): void {
  const there = index.get(place);
  there?.delete(key);
  if (there?.size === 0) index.delete(place);
}

/** The task in the records that `nodeOf` knows, if it belongs to a launch of its node. */
export function findTaskIn(
  nodeOf: (cluster: string, node: string) => NodeRecord | undefined,
  taskId: string,
): FoundTask | undefined {
  const parsed = parseTaskId(taskId);
  if (parsed === undefined) return undefined;
  const record = nodeOf(parsed.cluster, parsed.node);
  const task = record === undefined ? undefined : findTask(record, taskId)?.task;
  return record === undefined || task === undefined ? undefined : { record, task };
}
