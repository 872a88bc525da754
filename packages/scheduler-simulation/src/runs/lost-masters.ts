// What an operator does about masters whose data is lost, as docs/operations.md and the answers say it: they are replaced, or, where etcd
// has no majority any more, their cluster is deleted. Where another change of masters waits for a lost one, that is given up first, and
// those that have no place in etcd then are replaced after it.
import { messageOf } from "@cke/foundation";
import { clusterSpecSchema } from "@cke/scheduler/kubernetes/cluster/cluster-spec";
import { nodeOf, workloadOf } from "../scheduler/stored-nodes.ts";
import type { World } from "../world/world.ts";
import { mastersOf } from "./master-traffic.ts";

/** The masters whose part in a plan is to be given up, as the refusal of a replacement names them; none when it says something else. */
export function skipsNamed(refusal: string): readonly string[] {
  return [...refusal.matchAll(/plan\/skip \{"node": "([^"]+)"\}/g)].flatMap(([, node]) => node ?? []);
}

export class LostMasters {
  readonly #world: World;
  /** By cluster: masters whose part in a plan was given up. They are replaced after those that are lost. */
  readonly #givenUp = new Map<string, Set<string>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Does what is due now. */
  async look(): Promise<void> {
    const { store } = this.#world;
    const busy = new Set<string>();
    for (const [key, value] of [...store.values]) {
      if (!key.startsWith("units/")) continue;
      const { workload: name, unit, dataLost } = nodeOf(value);
      const stored = store.values.get(`workloads/${name}`);
      if (dataLost === undefined || stored === undefined) continue;
      const workload = workloadOf(stored);
      if (workload.deleting || workload.kind !== "kubernetes") continue;
      busy.add(name);
      await this.#help(name, unit);
    }
    for (const [cluster, nodes] of this.#givenUp) if (!busy.has(cluster)) await this.#joinAgain(cluster, nodes);
  }

  async #help(name: string, unit: string): Promise<void> {
    const world = this.#world;
    const { units } = clusterSpecSchema.parse(workloadOf(world.store.values.get(`workloads/${name}`)).spec);
    const masters = units.filter(({ type }) => type === "master");
    const withData = masters.filter((one) => {
      const record = world.store.values.get(`units/${name}/${one.name}`);
      return record !== undefined && nodeOf(record).home !== "";
    });
    // Without any data they begin anew by themselves.
    if (withData.length === 0) return;
    if (withData.length * 2 <= masters.length) {
      await world.ask(`give ${name} up`, ({ service }) => service.remove(name));
      return;
    }
    world.checker.removalAsked(name, unit);
    await world.ask(`replace units/${name}/${unit}`, async ({ nodes, service }) => {
      try {
        return await nodes.replace(name, unit, "an operator");
      } catch (error) {
        for (const node of skipsNamed(messageOf(error)).filter((one) => one !== unit)) {
          await service.changePlan(name, "skip", { node }, "an operator");
          this.#givenUp.set(name, (this.#givenUp.get(name) ?? new Set()).add(node));
        }
        throw error;
      }
    });
  }

  async #joinAgain(cluster: string, givenUp: Set<string>): Promise<void> {
    const world = this.#world;
    const masters = mastersOf(world, cluster);
    // One that was to leave etcd stays a member.
    const members = world.etcd.of(cluster).list.split(" ");
    for (const node of givenUp) {
      if (!masters.includes(node) || members.includes(`${cluster}-${node}`)) givenUp.delete(node);
      else {
        world.checker.removalAsked(cluster, node);
        const asked = await world.ask(`replace units/${cluster}/${node}`, ({ nodes }) =>
          nodes.replace(cluster, node, "an operator"),
        );
        if (asked !== undefined) givenUp.delete(node);
      }
    }
  }
}
