// The scheduler's memory of clusters, nodes and tasks: what the store holds, read once at the start. A change is in the
// store before it is here, and here before anything acts on it.
import { CkeError } from "@cke/foundation";
import type { z } from "zod";
import { findTask } from "../domain/launches.ts";
import {
  type ClusterRecord,
  clusterKey,
  clusterRecordSchema,
  type NodeRecord,
  nodeKey,
  nodeRecordSchema,
  type TaskRecord,
} from "../domain/records.ts";
import { parseTaskId } from "../domain/task-ids.ts";
import type { Store, StoreOperation } from "../store/store.ts";

export interface LedgerChange {
  readonly cluster?: ClusterRecord;
  readonly nodes?: readonly NodeRecord[];
  /** What belongs to the change and is no record. */
  readonly also?: readonly StoreOperation[];
}

function parse<T>(schema: z.ZodType<T>, key: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CkeError("store_corrupt", `the stored ${key} cannot be read: ${issue?.path.join(".")}: ${issue?.message}`);
}

export class Ledger {
  readonly #store: Store;
  readonly #clusters = new Map<string, ClusterRecord>();
  readonly #nodes = new Map<string, Map<string, NodeRecord>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads everything. Throws CkeError `store_corrupt` for what another version wrote and this one cannot read. */
  async load(): Promise<void> {
    this.#clusters.clear();
    this.#nodes.clear();
    for (const { key, value } of await this.#store.list("clusters/")) {
      const cluster = parse(clusterRecordSchema, key, value);
      this.#clusters.set(cluster.spec.name, cluster);
    }
    for (const { key, value } of await this.#store.list("nodes/")) this.#remember(parse(nodeRecordSchema, key, value));
  }

  /** Oldest first. */
  clusters(): readonly ClusterRecord[] {
    return [...this.#clusters.values()].sort((left, right) => left.createdAtMs - right.createdAtMs);
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

  /** The task, if it belongs to a launch that its node knows. */
  findTask(taskId: string): { readonly record: NodeRecord; readonly task: TaskRecord } | undefined {
    const parsed = parseTaskId(taskId);
    if (parsed === undefined) return undefined;
    const record = this.node(parsed.cluster, parsed.node);
    const task = record === undefined ? undefined : findTask(record, taskId)?.task;
    return record === undefined || task === undefined ? undefined : { record, task };
  }

  findExecutor(executorId: string): NodeRecord | undefined {
    const parsed = parseTaskId(`${executorId}.node`);
    const record = parsed === undefined ? undefined : this.node(parsed.cluster, parsed.node);
    return record?.launch?.executorId === executorId ? record : undefined;
  }

  async commit(change: LedgerChange): Promise<void> {
    const operations: StoreOperation[] = (change.nodes ?? []).map((record) => ({
      op: "put",
      key: nodeKey(record.cluster, record.node),
      value: record,
    }));
    const { cluster } = change;
    if (cluster !== undefined) operations.push({ op: "put", key: clusterKey(cluster.spec.name), value: cluster });
    operations.push(...(change.also ?? []));
    if (operations.length === 0) return;
    await this.#store.commit(operations);
    if (cluster !== undefined) this.#clusters.set(cluster.spec.name, cluster);
    for (const record of change.nodes ?? []) this.#remember(record);
  }

  /** Removes the cluster, its nodes and what `also` says, all at once. */
  async remove(cluster: string, also: readonly StoreOperation[]): Promise<void> {
    const nodes = [...(this.#nodes.get(cluster)?.keys() ?? [])];
    await this.#store.commit([
      { op: "delete", key: clusterKey(cluster) },
      ...nodes.map((node): StoreOperation => ({ op: "delete", key: nodeKey(cluster, node) })),
      ...also,
    ]);
    this.#clusters.delete(cluster);
    this.#nodes.delete(cluster);
  }

  #remember(record: NodeRecord): void {
    const records = this.#nodes.get(record.cluster) ?? new Map<string, NodeRecord>();
    records.set(record.node, record);
    this.#nodes.set(record.cluster, records);
  }
}
