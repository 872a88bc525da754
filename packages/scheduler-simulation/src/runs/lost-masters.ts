// What an operator does about masters whose data is lost, as docs/operations.md and the answers say it: they are replaced, while their
// etcd has a majority. Where another change of masters waits for a lost one, that is given up first, and those that have no place in
// etcd then are replaced after it.
import { messageOf } from "@cke/foundation";
import { clusterSpecSchema } from "@cke/scheduler/kubernetes/cluster/cluster-spec";
import { nodeOf, workloadOf } from "../scheduler/stored-nodes.ts";
import type { World } from "../world/world.ts";
import { mastersOf } from "./master-traffic.ts";
import type { SilentEtcds } from "./silent-etcds.ts";

/** The masters whose part in a plan is to be given up, as the refusal of a replacement names them; none when it says something else. */
export function skipsNamed(refusal: string): readonly string[] {
  return [...refusal.matchAll(/plan\/skip \{"node": "([^"]+)"\}/g)].flatMap(([, node]) => node ?? []);
}

/** True for the answer to a skip after which nothing of the master's removal or replacement is left. */
const isStaying = (answer: string) => /^node "[^"]+" stays: /.test(answer);

/** A plan of other masters may go on by itself: it is given up when it has not gone on for this time. */
const patienceMs = 300_000;

export class LostMasters {
  readonly #world: World;
  readonly #silent: SilentEtcds;
  /** By cluster: masters whose part in a plan was given up. They are replaced after those that are lost. */
  readonly #givenUp = new Map<string, Set<string>>();
  /** By master: why it cannot be replaced now, and since when that is the reason. */
  readonly #refused = new Map<string, { readonly refusal: string; readonly sinceMs: number }>();

  constructor(world: World, silent: SilentEtcds) {
    this.#world = world;
    this.#silent = silent;
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
    // Without a majority nothing can be replaced.
    if (!(await this.#silent.look(name))) return;
    world.checker.removalAsked(name, unit);
    const key = `${name}/${unit}`;
    let refusal = "";
    await world.ask(`replace units/${key}`, async ({ nodes }) => {
      try {
        return await nodes.replace(name, unit, "an operator");
      } catch (error) {
        refusal = messageOf(error);
        throw error;
      }
    });
    const before = this.#refused.get(key);
    const sinceMs = before?.refusal === refusal ? before.sinceMs : world.clock.now();
    this.#refused.set(key, { refusal, sinceMs });
    if (world.clock.now() - sinceMs < patienceMs) return;
    for (const node of skipsNamed(refusal)) await this.#giveUp(name, node, unit);
  }

  /** What is left of a plan for this master, because the plan waits for the lost one. */
  async #giveUp(cluster: string, node: string, lost: string): Promise<void> {
    const { checker, journal } = this.#world;
    const answer = await this.#world.ask(`skip ${cluster}/${node}`, ({ service }) =>
      service.changePlan(cluster, "skip", { node }, "an operator"),
    );
    if (answer === undefined) return;
    journal.note(`${cluster}/${lost} is lost: ${answer}`);
    if (isStaying(answer)) checker.removalGivenUp(cluster, node);
    if (node !== lost) this.#givenUp.set(cluster, (this.#givenUp.get(cluster) ?? new Set()).add(node));
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
