// Keeps the load balancer's hosts as they are to be: desired state, stored before each call and after it. Calls are made beside everything else, one
// at a time for each vpc, and again with growing pauses when they fail: an outage holds up no node and no delete.
import { Backoff, messageOf } from "@cke/foundation";
import { readableEntries } from "../../store/readable-entries.ts";
import type { StoreOperation } from "../../store/store.ts";
import { WorkloadGoneError } from "../../workload/kinds/kinds.ts";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { type ClusterRecord, clustersOf } from "../cluster/cluster-record.ts";
import { commitForInstance } from "../pki/cluster-instance.ts";
import { exposesByBalancer, type LateMaster, lateCertificates, lateMasters, vipNews, withVip } from "./api-vip.ts";
import type { LoadBalancerParts } from "./load-balancer-parts.ts";
import { type LoadBalancerView, noBalancer } from "./load-balancer-view.ts";
import {
  buryOperations,
  emptyRegistration,
  type Registration,
  registrationKey,
  registrationPrefix,
  storedRegistration,
  storedTombstone,
  type Tombstone,
  tombstoneKey,
  tombstoneOf,
  tombstonePrefix,
} from "./registration.ts";
import { nextStep, type RegisteredCluster, type RegistrationStep } from "./registration-steps.ts";
import type { LoadBalancerClient } from "./spider-client.ts";
import { vpcOf, wantedHosts } from "./wanted-hosts.ts";

interface Vpc {
  readonly backoff: Backoff;
  busy: boolean;
  retryAtMs: number;
  /** Why the last call failed; "" when it did not. */
  problem: string;
}

/** A tombstone that cannot be worked off for so long is given up. */
const tombstoneKeptMs = 14 * 86_400_000;

export class LoadBalancer {
  readonly #parts: LoadBalancerParts;
  readonly #registrations = new Map<string, Registration>();
  readonly #tombstones = new Map<string, Tombstone>();
  readonly #vpcs = new Map<string, Vpc>();
  readonly #working = new Set<Promise<void>>();
  #clusters: readonly ClusterRecord[] = [];
  #present: PresentWorkloads | undefined;
  #stopped = false;

  constructor(parts: LoadBalancerParts) {
    this.#parts = parts;
  }

  /** Reads the store. What is registered of clusters that are gone is to be taken back. */
  async load(present: PresentWorkloads): Promise<void> {
    const { store } = this.#parts;
    this.#see(present);
    for (const [name, one] of await readableEntries(store, registrationPrefix, storedRegistration))
      this.#registrations.set(name, one);
    for (const [, one] of await readableEntries(store, tombstonePrefix, storedTombstone))
      this.#tombstones.set(tombstoneKey(one), one);
  }

  /** Begins what is to be done. It waits for no call. */
  tick(present: PresentWorkloads): void {
    this.#see(present);
    if (this.#parts.client === undefined || this.#stopped) return;
    const names = new Set([
      ...this.#living().flatMap(({ spec }) => vpcOf(spec.network) ?? []),
      ...[...this.#registrations.values(), ...this.#tombstones.values()].map(({ vpc }) => vpc),
    ]);
    for (const name of names) this.#start(name);
  }

  /** Ends what is under way. Nothing is begun any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#parts.client?.close();
    await this.idle();
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#working);
  }

  /** For a commit that removes the cluster: what is still registered is taken back later. */
  deleteOperations(cluster: string): readonly StoreOperation[] {
    const registration = this.#registrations.get(cluster);
    return registration === undefined
      ? []
      : buryOperations(tombstoneOf(cluster, registration, this.#parts.clock.now()));
  }

  /** The cluster is removed, with what `deleteOperations` said. */
  forget(cluster: string): void {
    const registration = this.#registrations.get(cluster);
    if (registration === undefined) return;
    const tombstone = tombstoneOf(cluster, registration, this.#parts.clock.now());
    this.#registrations.delete(cluster);
    this.#tombstones.set(tombstoneKey(tombstone), tombstone);
  }

  /** Masters whose certificates do not name all addresses yet. */
  late({ spec }: Pick<ClusterRecord, "spec">): readonly LateMaster[] {
    const { vip = [], vipSinceMs = {} } = this.#registrations.get(spec.name) ?? {};
    const units = this.#present?.unitsOf(spec.name) ?? [];
    const { certified } = this.#parts;
    return lateMasters({ spec, units }, vip, vipSinceMs, (executorId, address) => certified.has(executorId, address));
  }

  /** Null for a cluster with which no load balancer has to do. */
  view({ spec }: Pick<ClusterRecord, "spec">): LoadBalancerView | null {
    const registration = this.#registrations.get(spec.name);
    const vpc = registration?.vpc ?? vpcOf(spec.network);
    if (registration === undefined && this.#parts.client === undefined) return null;
    const { certified } = this.#parts;
    const { hosts = {}, vip = [] } = registration ?? {};
    const inState = (wanted: string) => Object.keys(hosts).filter((host) => hosts[host] === wanted);
    const buried = [...this.#tombstones.values()].filter(({ cluster }) => cluster === spec.name);
    return {
      vpc: vpc ?? "",
      vip,
      hosts: inState("added").toSorted(),
      adding: inState("adding").toSorted(),
      removing: [...inState("removing"), ...buried.flatMap((one) => one.hosts)].toSorted(),
      problem: this.#problem(vpc),
      certificate_problem: lateCertificates(this.late({ spec }), (executorId) => certified.problem(executorId)),
    };
  }

  #problem(vpc: string | undefined): string {
    if (this.#parts.client === undefined) return noBalancer;
    if (vpc === undefined) return "the name of the network ends with -, so there is no vpc to register its nodes in";
    const { problem = "", retryAtMs = 0 } = this.#vpcs.get(vpc) ?? {};
    return problem === "" ? "" : `${problem}; tried again at ${new Date(retryAtMs).toISOString()}`;
  }

  #see(present: PresentWorkloads): void {
    this.#present = present;
    this.#clusters = clustersOf(present.workloads());
  }

  #living(): readonly ClusterRecord[] {
    return this.#clusters.filter(({ deleting }) => !deleting);
  }

  #vpc(name: string): Vpc {
    const known = this.#vpcs.get(name);
    if (known !== undefined) return known;
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000, random: () => 1 });
    const vpc: Vpc = { backoff, busy: false, retryAtMs: 0, problem: "" };
    this.#vpcs.set(name, vpc);
    return vpc;
  }

  #start(name: string): void {
    const vpc = this.#vpc(name);
    if (vpc.busy || this.#parts.clock.now() < vpc.retryAtMs) return;
    vpc.busy = true;
    const work = this.#work(name, vpc).finally(() => {
      vpc.busy = false;
      this.#working.delete(work);
    });
    this.#working.add(work);
  }

  /** Takes steps until there is none, or until one fails. Never rejects. */
  async #work(name: string, vpc: Vpc): Promise<void> {
    const { client, clock } = this.#parts;
    if (client === undefined) return;
    try {
      for (let step = await this.#next(name); step !== undefined && !this.#stopped; step = await this.#next(name))
        await this.#take(step, client);
      vpc.retryAtMs = 0;
      vpc.backoff.reset();
      if (vpc.problem !== "") this.#tell("info", name, "the load balancer answers again");
      vpc.problem = "";
    } catch (error) {
      // A cluster that was deleted meanwhile has a tombstone, which is next.
      if (error instanceof WorkloadGoneError) return;
      vpc.retryAtMs = clock.now() + vpc.backoff.next();
      const words = `the load balancer does not do what is asked of it: ${messageOf(error)}`;
      if (vpc.problem === "") this.#tell("warning", name, `${words}; it is tried again until it does`);
      vpc.problem = words;
    }
  }

  #tell(level: "info" | "warning", vpc: string, words: string): void {
    this.#parts.logger[level](words, { vpc });
    for (const { spec } of this.#clusters) if (vpcOf(spec.network) === vpc) this.#parts.tell(level, spec.name, words);
  }

  /** Registrations of clusters that are going become tombstones first. */
  async #next(vpc: string): Promise<RegistrationStep | undefined> {
    const { clock, store } = this.#parts;
    const now = clock.now();
    for (const [cluster, registration] of [...this.#registrations]) {
      if (registration.vpc !== vpc || this.#isLiving(cluster, registration)) continue;
      await store.commit(buryOperations(tombstoneOf(cluster, registration, now)));
      this.forget(cluster);
    }
    const tombstones = [...this.#tombstones.values()].filter((one) => one.vpc === vpc);
    return nextStep({ clusters: this.#registered(vpc), tombstones, now });
  }

  #isLiving(cluster: string, { createdAtMs }: Registration): boolean {
    return this.#living().some(({ spec, createdAtMs: own }) => spec.name === cluster && own === createdAtMs);
  }

  #registered(vpc: string): readonly RegisteredCluster[] {
    const units = this.#present?.unitsOf ?? (() => []);
    return this.#living()
      .filter(({ spec }) => vpcOf(spec.network) === vpc)
      .map((cluster) => {
        const { name } = cluster.spec;
        const registration = this.#registrations.get(name) ?? emptyRegistration(vpc, cluster.createdAtMs);
        const records = new Map(units(name).map((record) => [record.unit, record]));
        const isRegistered = (host: string) => ["adding", "added"].includes(registration.hosts[host] ?? "");
        return {
          cluster: name,
          wanted: wantedHosts(cluster, (node) => records.get(node), isRegistered),
          needsVip: exposesByBalancer(cluster.spec),
          registration,
        };
      });
  }

  async #take(step: RegistrationStep, client: LoadBalancerClient): Promise<void> {
    if (step.kind === "bury") return await this.#bury(step, client);
    const { cluster, registration } = step;
    switch (step.kind) {
      case "store":
        return await this.#put(cluster, registration);
      case "add":
        await client.addHosts(registration.vpc, step.hosts);
        await this.#put(cluster, registration);
        return this.#parts.tell("info", cluster, `the load balancer has the hosts ${step.hosts.join(", ")}`);
      case "remove":
        await client.removeHosts(registration.vpc, step.hosts);
        await this.#put(cluster, registration);
        return this.#parts.tell("info", cluster, `the load balancer has no more the hosts ${step.hosts.join(", ")}`);
      case "ask-vip": {
        const vip = await client.vip(registration.vpc);
        await this.#put(cluster, withVip(registration, vip, this.#parts.clock.now()));
        return this.#tellVip(cluster, registration.vip, vip);
      }
    }
  }

  #tellVip(cluster: string, before: readonly string[], vip: readonly string[]): void {
    const spec = this.#living().find((one) => one.spec.name === cluster)?.spec;
    const news = spec && vipNews({ spec, units: this.#present?.unitsOf(cluster) ?? [] }, before, vip);
    if (news !== undefined) this.#parts.tell(news.level, cluster, news.words);
  }

  async #bury(
    { tombstone, hosts, services }: Extract<RegistrationStep, { kind: "bury" }>,
    client: LoadBalancerClient,
  ): Promise<void> {
    const { clock, logger, store } = this.#parts;
    const { vpc, cluster } = tombstone;
    try {
      if (hosts.length > 0) await client.removeHosts(vpc, hosts);
      if (services) await this.#removeServices(vpc, client);
    } catch (error) {
      if (clock.now() - tombstone.sinceMs < tombstoneKeptMs) throw error;
      const fields = { cluster, vpc, hosts, problem: messageOf(error) };
      logger.warning(
        "hosts of a cluster that is gone may still be registered with the load balancer: given up",
        fields,
      );
    }
    await store.commit([{ op: "delete", key: tombstoneKey(tombstone) }]);
    this.#tombstones.delete(tombstoneKey(tombstone));
  }

  /** Services are of a vpc. A cluster may be created in it at any moment, also between two calls. */
  async #removeServices(vpc: string, client: LoadBalancerClient): Promise<void> {
    const isUsed = () =>
      clustersOf(this.#present?.workloads() ?? []).some(
        ({ deleting, spec }) => !deleting && vpcOf(spec.network) === vpc,
      );
    if (isUsed()) return;
    for (const id of await client.services(vpc)) {
      if (isUsed()) return;
      await client.deleteService(vpc, id);
    }
  }

  async #put(cluster: string, registration: Registration): Promise<void> {
    const { createdAtMs } = registration;
    const put = { op: "put", key: registrationKey(cluster), value: registration } as const;
    await commitForInstance(this.#parts.store, { name: cluster, createdAtMs }, [put]);
    this.#registrations.set(cluster, registration);
  }
}
