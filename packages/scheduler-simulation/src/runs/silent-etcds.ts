// What an operator does about a cluster whose etcd has no majority, as docs/operations.md says it: it waits for the hosts of the members,
// for nothing can be decided meanwhile. Where they do not come, their data is lost, and the cluster is deleted.
import type { World } from "../world/world.ts";

/** Hosts, agents and executors are back by then, and with them the members that have their data. */
const patienceMs = 1_200_000;

export class SilentEtcds {
  readonly #world: World;
  readonly #sinceMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** True when the cluster's etcd has a majority. A cluster that has waited long enough for it is given up. */
  async look(cluster: string): Promise<boolean> {
    const world = this.#world;
    const now = world.clock.now();
    if (world.etcd.of(cluster).hasMajority) {
      this.#sinceMs.delete(cluster);
      return true;
    }
    const since = this.#sinceMs.get(cluster) ?? now;
    this.#sinceMs.set(cluster, since);
    if (now - since < patienceMs) return false;
    world.journal.note(`${cluster} is given up: its etcd has no majority`);
    await world.ask(`give ${cluster} up`, ({ service }) => service.remove(cluster));
    return false;
  }
}
