// What operators do with the masters of clusters in a seeded run: they add two, remove two and replace one, whatever else happens. They
// replace workers too.
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { clusterSpecSchema } from "@cke/scheduler/kubernetes/cluster/cluster-spec";
import { kubernetesClusters, workloadOf } from "../scheduler/stored-nodes.ts";
import type { World } from "../world/world.ts";

const mostMasters = 5;
const gentle = { force: false, drainSeconds: 600 };

/** Names of a cluster's masters that its specification has; empty when the cluster is not stored or is being deleted. */
export const mastersOf = (world: World, cluster: string) => nodesOf(world, cluster, "master");

function nodesOf({ store }: World, cluster: string, wanted: "master" | "node"): readonly string[] {
  const stored = store.values.get(`workloads/${cluster}`);
  if (stored === undefined || workloadOf(stored).deleting) return [];
  const { units } = clusterSpecSchema.parse(workloadOf(stored).spec);
  return units.filter(({ type }) => type === wanted).map(({ name }) => name);
}

export class MasterTraffic {
  readonly #world: World;
  readonly #changes: boolean;
  /** Of its own, so that runs without such changes are what they were. */
  readonly #random: () => number;
  #added = 0;

  constructor(world: World, changes: boolean) {
    this.#world = world;
    this.#changes = changes;
    this.#random = changes ? seededRandom(Math.floor(world.random() * 1_000_000)) : () => 0;
  }

  /** One change of one cluster. It may be refused, and other changes may be under way. */
  disturb(): void {
    if (!this.#changes || this.#random() < 0.3) return;
    const name = this.#pick(kubernetesClusters(this.#world.store.values));
    const masters = name === undefined ? [] : mastersOf(this.#world, name);
    if (name === undefined || masters.length === 0) return;
    const chance = this.#random();
    if (chance > 0.85) this.#replace(name, this.#pick(nodesOf(this.#world, name, "node")), "worker_replaced");
    else if (chance < 0.45 && masters.length < mostMasters) this.#add(name);
    else if (chance < 0.7 && masters.length > 2) this.#remove(name, masters);
    else this.#replace(name, this.#pick(masters), "master_replaced");
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #add(cluster: string): void {
    const nodes = [1, 2].map(() => {
      this.#added += 1;
      return { name: `master-x${this.#added}`, type: "master", node_ip: `10.98.0.${this.#added}` };
    });
    this.#world.request(`add masters to ${cluster}`, async ({ nodes: service }) => {
      await service.add(cluster, nodes, "an operator");
      this.#world.faults.add("masters_added");
    });
  }

  #remove(cluster: string, masters: readonly string[]): void {
    const from = Math.floor(this.#random() * (masters.length - 1));
    const leaving = masters.slice(from, from + 2);
    for (const master of leaving) this.#world.checker.removalAsked(cluster, master);
    this.#world.request(`remove masters of ${cluster}`, async ({ nodes }) => {
      await nodes.remove(cluster, leaving, gentle, "an operator");
      this.#world.faults.add("masters_removed");
    });
  }

  #replace(cluster: string, node: string | undefined, kind: "master_replaced" | "worker_replaced"): void {
    if (node === undefined) return;
    this.#world.checker.removalAsked(cluster, node);
    this.#world.request(`replace ${cluster}/${node}`, async ({ nodes }) => {
      await nodes.replace(cluster, node, "an operator");
      this.#world.faults.add(kind);
    });
  }
}
