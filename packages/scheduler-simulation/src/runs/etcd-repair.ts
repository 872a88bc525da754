// What an operator does about the etcds of clusters when all faults are over, as docs/operations.md says it: a change that failed is
// tried again; a cluster whose etcd has no majority any more is deleted. In the end the members of each etcd are its masters.
import { kubernetesClusters } from "../scheduler/stored-nodes.ts";
import type { World } from "../world/world.ts";
import { mastersOf } from "./master-traffic.ts";
import type { SilentEtcds } from "./silent-etcds.ts";

export class EtcdRepair {
  readonly #world: World;
  readonly #silent: SilentEtcds;

  constructor(world: World, silent: SilentEtcds) {
    this.#world = world;
    this.#silent = silent;
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
      const hasMajority = await this.#silent.look(cluster);
      const members = etcd.list.split(" ").toSorted().join(" ");
      const wanted = masters.map((name) => `${cluster}-${name}`).toSorted();
      if (members !== wanted.join(" ")) problems.push(`the etcd of ${cluster} has ${members}, not ${wanted.join(" ")}`);
      if (!hasMajority) problems.push(`the etcd of ${cluster} has no majority`);
    }
    return problems;
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
