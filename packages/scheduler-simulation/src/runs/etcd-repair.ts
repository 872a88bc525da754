// What an operator does about the etcds of clusters when all faults are over, as docs/operations.md says it: a change that failed is
// tried again; a cluster whose etcd has no majority any more is deleted. In the end the members of each etcd are its masters.
import { kubernetesClusters } from "../scheduler/stored-nodes.ts";
import type { World } from "../world/world.ts";
import { mastersOf } from "./master-traffic.ts";

/** Hosts, agents and executors are back by then, and with them the members that have their data. */
const patienceMs = 1_200_000;

export class EtcdRepair {
  readonly #world: World;
  readonly #silentSinceMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Does what is due now. Returns what is not yet as it must be. */
  async look(): Promise<readonly string[]> {
    const world = this.#world;
    await this.#retry();
    const problems: string[] = [];
    for (const cluster of kubernetesClusters(world.store.values)) {
      const masters = mastersOf(world, cluster);
      if (masters.length === 0) continue;
      const etcd = world.etcd.of(cluster);
      if (etcd.hasMajority) this.#silentSinceMs.delete(cluster);
      else await this.#silent(cluster);
      const members = etcd.list.split(" ").toSorted().join(" ");
      const wanted = masters.map((name) => `${cluster}-${name}`).toSorted();
      if (members !== wanted.join(" ")) problems.push(`the etcd of ${cluster} has ${members}, not ${wanted.join(" ")}`);
      if (!etcd.hasMajority) problems.push(`the etcd of ${cluster} has no majority`);
    }
    return problems;
  }

  async #silent(cluster: string): Promise<void> {
    const world = this.#world;
    const since = this.#silentSinceMs.get(cluster) ?? world.clock.now();
    this.#silentSinceMs.set(cluster, since);
    if (world.clock.now() - since < patienceMs) return;
    world.journal.note(`${cluster} is given up: its etcd has no majority`);
    await world.ask(`give ${cluster} up`, ({ service }) => service.remove(cluster));
  }

  /** Plans that have failed; those that remove nodes are forced by others. */
  async #retry(): Promise<void> {
    const world = this.#world;
    const { leader } = world;
    if (leader?.service.connected() !== true) return;
    for (const { name } of leader.service.list()) {
      const failed = leader.service
        .state(name)
        .plan.changes.some((one) => one.status === "failed" && one.goal !== "remove");
      if (!failed) continue;
      await world.ask(`retry ${name}`, ({ service }) => service.changePlan(name, "retry", {}, "an operator"));
    }
  }
}
