// Executors of deleted workloads whose agents were out of reach when the workload went. When such an agent returns, its tasks are
// in no record. That they are to be removed with their data is stored here, because the tasks alone do not tell it.
import type { Clock } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import { z } from "zod";
import { commitInParts } from "../../store/commit-in-parts.ts";
import { readableEntries } from "../../store/readable-entries.ts";
import type { Store } from "../../store/store.ts";
import { isTerminal, type LaunchRecord, type OrphanedResources } from "../../workload/records/records.ts";
import { parseTaskId, taskIdOf } from "../../workload/records/task-ids.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ReconcileTask } from "../mesos/reconciler.ts";

const prefix = "removals/";
/** An agent that is away this long comes back without its earlier executors. */
export const orphanKeptMs = 14 * 86_400_000;
/**
 * Mesos does not report that an operator marks an agent gone, or that an agent comes back without its executors. So CKE
 * asks at this interval.
 */
export const orphanAskMs = 3_600_000;

const orphanRemoval = z.object({
  hostname: z.string(),
  sinceMs: z.number(),
  /** Instance of the unit; "" in old records. */
  instance: z.string().default(""),
  /** "" in old records. */
  agentId: z.string().default(""),
});
type OrphanRemoval = Readonly<z.infer<typeof orphanRemoval>>;

export interface OrphanUnit {
  readonly unit: string;
  readonly hostname: string;
  readonly instance: string;
}

export class OrphanRemovals {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #reconcile: (tasks: readonly ReconcileTask[]) => Promise<unknown>;
  #askedMs: number;
  /** By executor id. */
  readonly #all = new Map<string, OrphanRemoval>();
  /** By executor id: true when the executor has told itself that its unit was killed. */
  readonly #ended = new Map<string, boolean>();
  readonly #ledger: Pick<Ledger, "unit" | "commitUnits">;

  /** `reconcile` asks Mesos once for tasks; `ended` gets the answers. */
  constructor(
    store: Store,
    clock: Clock,
    ledger: Pick<Ledger, "unit" | "commitUnits">,
    reconcile: (tasks: readonly ReconcileTask[]) => Promise<unknown>,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#ledger = ledger;
    this.#reconcile = reconcile;
    this.#askedMs = clock.now();
  }

  async load(): Promise<void> {
    this.#all.clear();
    for (const [id, one] of await readableEntries(this.#store, prefix, orphanRemoval)) this.#all.set(id, one);
  }

  has(executorId: string): boolean {
    return this.#all.has(executorId);
  }

  /** Units of deleted workloads of this name that may still run, because their agents have not come back. */
  ofWorkload(name: string): readonly OrphanUnit[] {
    return [...this.#all].flatMap(([id, { hostname, instance }]) => {
      const parsed = parseTaskId(taskIdOf(id, ""));
      return parsed?.workload === name ? [{ unit: parsed.unit, hostname, instance }] : [];
    });
  }

  /**
   * Takes those of a unit's launches of which a task may still run, before their records go. Resolves when they are
   * stored.
   */
  async add(instance: string, launches: readonly LaunchRecord[]): Promise<void> {
    const sinceMs = this.#clock.now();
    const alive = launches.filter(({ tasks, executorId }) => !tasks.every(isTerminal) && !this.#all.has(executorId));
    await commitInParts(
      this.#store,
      alive.map(({ executorId, hostname, agentId }) => ({
        op: "put",
        key: `${prefix}${executorId}`,
        value: { hostname, sinceMs, instance, agentId },
      })),
    );
    for (const { executorId, hostname, agentId } of alive)
      this.#all.set(executorId, { hostname, sinceMs, instance, agentId });
  }

  /** A task of such an executor ended. When the unit's own task has ended, all of them have. */
  ended(executorId: string, { task_id, state, source }: Pick<TaskStatus, "task_id" | "state" | "source">): void {
    if (this.#all.has(executorId) && task_id.value === taskIdOf(executorId, ""))
      this.#ended.set(executorId, state === "TASK_KILLED" && source === "SOURCE_EXECUTOR");
  }

  /** The instances before a replaced unit, of which these executors have said that they do not run any more. */
  async #clear(): Promise<void> {
    for (const [executorId, told] of this.#ended) {
      const { unit, workload } = parseTaskId(taskIdOf(executorId, "")) ?? {};
      const removal = this.#all.get(executorId);
      if (!told || removal === undefined || workload === undefined || unit === undefined) continue;
      const record = this.#ledger.unit(workload, unit);
      if (record === undefined) continue;
      const orphaned = record.orphaned.map((left): OrphanedResources => {
        const { mayRun, ...kept } = left;
        const same = left.hostname === removal.hostname && left.instance === removal.instance;
        return same && mayRun !== undefined ? kept : left;
      });
      if (orphaned.some((left, at) => left !== record.orphaned[at]))
        await this.#ledger.commitUnits([{ ...record, orphaned }]);
    }
  }

  /** Removes those that ended and those that are too old; asks Mesos for the others now and then. */
  async tick(): Promise<void> {
    const now = this.#clock.now();
    if (this.#all.size > 0 && now - this.#askedMs >= orphanAskMs) {
      this.#askedMs = now;
      await this.#reconcile([...this.#all].map(([id, { agentId }]) => ({ taskId: taskIdOf(id, ""), agentId })));
    }
    await this.#clear();
    const over = [...this.#all].filter(([id, { sinceMs }]) => this.#ended.has(id) || now - sinceMs > orphanKeptMs);
    await commitInParts(
      this.#store,
      over.map(([id]) => ({ op: "delete", key: `${prefix}${id}` })),
    );
    for (const [id] of over) {
      this.#all.delete(id);
      this.#ended.delete(id);
    }
  }
}
