// Looks after the addresses of Services in all clusters that have a pool of them. Clusters without one cost nothing.
import type { Clock, Logger } from "@cke/foundation";
import { readableEntries } from "../../store/readable-entries.ts";
import type { Store, StoreOperation } from "../../store/store.ts";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { unitTaskOf } from "../../workload/records/records.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import type { KubernetesWatches } from "../access/kubernetes-watch.ts";
import { type ClusterRecord, clustersOf } from "../cluster/cluster-record.ts";
import { announcedApi } from "../cluster/cluster-spec.ts";
import { poolOf } from "../network/network-spec.ts";
import { commitForInstance, instanceOf } from "../pki/cluster-instance.ts";
import type { Announcement } from "./announcements.ts";
import { addressesEnd, ClusterAddresses } from "./cluster-addresses.ts";
import { announcedKey, announcedPrefix, putAnnouncements, storedAnnouncements } from "./stored-announcements.ts";

export interface ServiceAddressesParts {
  readonly store: Store;
  readonly client: KubernetesClient;
  readonly watches: KubernetesWatches;
  /** Writes to a cluster's log. */
  readonly tell: (level: "info" | "warning", cluster: string, words: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Work {
  readonly createdAtMs: number;
  readonly end: AbortController;
  problem: string;
}

/** A new leader gives no address of an older cluster before this time is over: what the former one has sent is done or refused by then. */
const settlingMs = 15_000;
const none: readonly Announcement[] = [];
const noWorkers: ReadonlySet<string> = new Set();

export class ServiceAddresses {
  readonly #parts: ServiceAddressesParts;
  readonly #begunAtMs: number;
  readonly #announced = new Map<string, readonly Announcement[]>();
  readonly #works = new Map<string, Work>();
  /** Names of the workers of each cluster with a pool. */
  readonly #workers = new Map<string, ReadonlySet<string>>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(parts: ServiceAddressesParts) {
    this.#parts = parts;
    this.#begunAtMs = parts.clock.now();
  }

  /** Reads the store. */
  async load(present: PresentWorkloads): Promise<void> {
    const created = new Map(clustersOf(present.workloads()).map(({ spec, createdAtMs }) => [spec.name, createdAtMs]));
    for (const [name, { createdAtMs, announced }] of await readableEntries(
      this.#parts.store,
      announcedPrefix,
      storedAnnouncements,
    ))
      if (created.get(name) === createdAtMs) this.#announced.set(name, announced);
  }

  /** Begins and ends the work on clusters. It waits for nothing. */
  tick(present: PresentWorkloads): void {
    if (this.#stopped) return;
    const wanted = new Set<string>();
    for (const cluster of clustersOf(present.workloads())) {
      const { spec, deleting, createdAtMs } = cluster;
      if (deleting || spec.expect !== "RUN" || poolOf(spec).length === 0) continue;
      wanted.add(spec.name);
      const workers = spec.units.filter(({ type }) => type === "node").map(({ name }) => name);
      this.#workers.set(spec.name, new Set(workers));
      const work = this.#works.get(spec.name);
      if (work !== undefined && work.createdAtMs === createdAtMs) continue;
      work?.end.abort(addressesEnd());
      this.#works.delete(spec.name);
      if (hasRunningMaster(cluster, present)) this.#begin(cluster);
    }
    for (const name of this.#workers.keys()) if (!wanted.has(name)) this.#workers.delete(name);
    for (const [name, { end }] of this.#works) {
      if (wanted.has(name)) continue;
      end.abort(addressesEnd());
      this.#works.delete(name);
    }
  }

  /** What the nodes of a cluster are to announce. The same value until it changes. */
  announced(cluster: string): readonly Announcement[] {
    return this.#announced.get(cluster) ?? none;
  }

  /** Why the Services of a cluster cannot be looked after now, in words; "" when they can. */
  problem(cluster: string): string {
    return this.#works.get(cluster)?.problem ?? "";
  }

  /** For a commit that removes the cluster. */
  deleteOperations(cluster: string): readonly StoreOperation[] {
    return this.#announced.has(cluster) ? [{ op: "delete", key: announcedKey(cluster) }] : [];
  }

  /** The cluster is removed. */
  forget(cluster: string): void {
    this.#works.get(cluster)?.end.abort(addressesEnd());
    this.#works.delete(cluster);
    this.#announced.delete(cluster);
  }

  /** The term is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { end } of this.#works.values()) end.abort(addressesEnd());
    await Promise.all(this.#running);
  }

  #begin(cluster: ClusterRecord): void {
    const { client, watches, clock } = this.#parts;
    const { spec, createdAtMs } = cluster;
    const work: Work = { createdAtMs, end: new AbortController(), problem: "" };
    this.#works.set(spec.name, work);
    const addresses = new ClusterAddresses({
      ...{ client, watches, clock, cluster: spec.name, pool: poolOf(spec) },
      reserved: [announcedApi(spec) ?? []].flat(),
      givesFromMs: createdAtMs >= this.#begunAtMs ? 0 : this.#begunAtMs + settlingMs,
      workers: () => this.#workers.get(spec.name) ?? noWorkers,
      announce: async (announced) => await this.#announce(cluster, announced),
      onProblem: (problem) => this.#note(spec.name, work, problem),
    });
    const running = addresses.run(work.end.signal).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #announce(cluster: ClusterRecord, announced: readonly Announcement[]): Promise<void> {
    const instance = instanceOf(cluster);
    const before = this.announced(instance.name);
    if (JSON.stringify(before) === JSON.stringify(announced)) return;
    await commitForInstance(this.#parts.store, instance, [putAnnouncements(instance, announced)]);
    this.#announced.set(instance.name, announced);
    const had = new Set(before.map(({ address }) => address));
    const has = new Set(announced.map(({ address }) => address));
    const words = [
      ...[...has].filter((one) => !had.has(one)).map((one) => `${one} is announced`),
      ...[...had].filter((one) => !has.has(one)).map((one) => `${one} is announced no more`),
    ];
    if (words.length > 0 && words.length <= mostTold) this.#parts.tell("info", instance.name, words.join(", "));
  }

  #note(cluster: string, work: Work, problem: string): void {
    if (problem !== "" && work.problem === "")
      this.#parts.logger.warning("the Services of a cluster cannot be looked after", { cluster, problem });
    work.problem = problem;
  }
}

/** Most addresses in one line of a cluster's log. */
const mostTold = 20;

function hasRunningMaster({ spec }: ClusterRecord, present: PresentWorkloads): boolean {
  const masters = new Set(spec.units.filter(({ type }) => type === "master").map(({ name }) => name));
  return present
    .unitsOf(spec.name)
    .some(({ unit, launch }) => masters.has(unit) && launch && unitTaskOf(launch)?.state === "TASK_RUNNING");
}
