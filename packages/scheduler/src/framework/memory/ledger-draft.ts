// Updates of many tasks in one commit of the ledger.
import { type NodeRecord, nodeKey } from "../../workload/records/records.ts";
import { type FoundTask, findTaskIn, type Ledger, maxRecordsPerCommit, type RefusedNodes } from "./ledger.ts";

/** Changes that are made one after the other in memory and stored together. */
export class LedgerDraft {
  readonly #ledger: Ledger;
  readonly #before: LedgerDraft | undefined;
  readonly #records = new Map<string, NodeRecord>();
  /** Keys of records with a change that something follows from. */
  readonly #loud = new Set<string>();

  /** `before`: a draft whose commit is on its way; this one's must come after it. */
  constructor(ledger: Ledger, before?: LedgerDraft) {
    this.#ledger = ledger;
    this.#before = before;
  }

  /** As the ledger's, with the changes of the draft and of those before it. */
  findTask(taskId: string): FoundTask | undefined {
    return findTaskIn((cluster, node) => this.#node(cluster, node), taskId);
  }

  /** True when one more change of this node does not make the commit too large. */
  hasRoom({ cluster, node }: NodeRecord): boolean {
    return this.#records.size < maxRecordsPerCommit || this.#records.has(nodeKey(cluster, node));
  }

  /** `quiet`: nothing follows from this change. */
  put(record: NodeRecord, quiet = false): void {
    const key = nodeKey(record.cluster, record.node);
    this.#records.set(key, record);
    if (!quiet) this.#loud.add(key);
  }

  /** All or nothing, but for nodes whose records no store takes. */
  async commit(): Promise<RefusedNodes> {
    const quiet = new Set([...this.#records].flatMap(([key, record]) => (this.#loud.has(key) ? [] : [record])));
    return await this.#ledger.commitNodes([...this.#records.values()], quiet);
  }

  #node(cluster: string, node: string): NodeRecord | undefined {
    const own = this.#records.get(nodeKey(cluster, node));
    if (own !== undefined) return own;
    return this.#before === undefined ? this.#ledger.node(cluster, node) : this.#before.#node(cluster, node);
  }
}
