// What is still known of nodes that were removed from their cluster: where they ran last. It is stored with their removal, and goes with
// their cluster.
import { z } from "zod";
import type { Store, StoreOperation } from "../../store/store.ts";
import type { UnitRecord } from "../../workload/records/records.ts";

const formerNode = z.object({
  executorId: z.string(),
  agentId: z.string(),
  hostname: z.string(),
  endedAtMs: z.number(),
  /** The last lines of a process that failed; "" for none. */
  output: z.string(),
});
export type FormerNode = Readonly<z.infer<typeof formerNode>>;

const prefixOf = (cluster: string) => `former-nodes/${cluster}/`;
/** Of one cluster; of more the oldest are forgotten. */
const kept = 100;

export class FormerNodes {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** For the commit that removes a node. */
  async removalOperations({ workload, unit, last, failure }: UnitRecord): Promise<readonly StoreOperation[]> {
    if (last === undefined) return [];
    const key = `${prefixOf(workload)}${unit}`;
    const others = (await this.#store.list(prefixOf(workload))).filter((entry) => entry.key !== key);
    const tooMany = others
      .toSorted((one, other) => one.revision - other.revision)
      .slice(0, Math.max(0, others.length - kept + 1));
    const value: FormerNode = { ...last, output: failure?.output ?? "" };
    return [...tooMany.map((entry): StoreOperation => ({ op: "delete", key: entry.key })), { op: "put", key, value }];
  }

  /** For the commit that removes a cluster. */
  async deleteOperations(cluster: string): Promise<readonly StoreOperation[]> {
    return (await this.#store.keys(prefixOf(cluster))).map((key) => ({ op: "delete", key }));
  }

  /** Undefined for a node that never was, or of which nothing is known any more. */
  async find(cluster: string, node: string): Promise<FormerNode | undefined> {
    const parsed = formerNode.safeParse((await this.#store.get(`${prefixOf(cluster)}${node}`))?.value);
    return parsed.success ? parsed.data : undefined;
  }
}
