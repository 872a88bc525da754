// Gives floating addresses, keeps them in the specifications of clusters, and lets each follow its pod. Gateways get them with their peers.
import { CkeError, type Clock, type Logger } from "@cke/foundation";
import type { Framework } from "../../framework/loop/framework.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import { type ClusterRecord, clustersOf, isCluster, knownCluster } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import {
  type AskedFloating,
  type FloatingAddress,
  type Followed,
  floatingRecordBytes,
  followed,
  freeAddress,
  givenAlready,
  insideWords,
  isInPool,
  maxFloatingRecordBytes,
  type PodName,
  type SeenPod,
} from "../network/floating-spec.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";
import { common } from "../ranges/range-checks.ts";
import { aliveCluster, askedFor } from "../requests/known-nodes.ts";
import type { FloatingService, FloatingView } from "./floating-service.ts";
import { lookUpPods, podKey } from "./pod-lookups.ts";

export interface FloatingAddressesParts {
  readonly framework: Framework;
  /** The API servers of running clusters. */
  readonly client: KubernetesClient;
  readonly ranges: (spec: ClusterSpec) => ClusterRanges;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pods are asked for their addresses this often. */
const periodMs = 2_000;

const refused = (status: number, message: string) => new CkeError("floating_refused", message, { status });

const viewOf = ({ address, pod, target = "" }: FloatingAddress, problem = ""): FloatingView => ({
  floating_ip: address,
  pod: pod === undefined ? "" : podKey(pod),
  address: target,
  problem,
});

export class FloatingAddresses implements FloatingService {
  readonly #parts: FloatingAddressesParts;
  readonly #end = new AbortController();
  /** Of clusters that are followed: why an address leads to nothing, by address. Of one that was not looked at it is unknown. */
  readonly #problems = new Map<string, ReadonlyMap<string, string>>();
  /** Of clusters whose pods could not be asked for, in the last round. */
  readonly #unasked = new Map<string, string>();
  /** Each cluster is looked at apart: one whose API server is silent delays no other one. */
  readonly #rounds = new Map<string, Promise<void>>();
  #watching: Promise<void> = Promise.resolve();

  constructor(parts: FloatingAddressesParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#watching = this.#watch(this.#end.signal);
  }

  async stop(): Promise<void> {
    this.#end.abort(new CkeError("term_over", "this scheduler leads no longer"));
    await this.#watching;
    await Promise.all(this.#rounds.values());
  }

  list(cluster: string): readonly FloatingView[] {
    const problems = this.#problems.get(cluster);
    const given = knownCluster(this.#ledger, cluster).spec.floatingIps ?? [];
    return given.map((one) => viewOf(one, problems?.get(one.address)));
  }

  async add(name: string, asked: AskedFloating, by: string): Promise<FloatingView> {
    const view = await this.#parts.framework.change(async () => {
      const cluster = aliveCluster(this.#ledger, name);
      const { floatingIps: given = [], uplink } = cluster.spec;
      const pool = uplink?.floatingPool;
      if (pool === undefined)
        throw refused(422, `cluster "${name}" has no pool of floating addresses (uplink.floating_pool)`);
      const { pods } = this.#parts.ranges(cluster.spec);
      if (asked.target !== undefined && !common(pods, `${asked.target}/32`))
        throw refused(422, `address: ${asked.target} is not in ${pods}, the range of the cluster's pods`);
      if (asked.address !== undefined && !isInPool(pool, asked.address))
        throw refused(422, `floating_ip: ${asked.address} is not in ${pool} (uplink.floating_pool)`);
      const taken = givenAlready(given, asked);
      if (taken !== "") throw refused(409, `${insideWords(asked)} gets no floating address: ${taken}`);
      const address = asked.address ?? freeAddress(pool, given);
      if (address === undefined) throw refused(409, `all addresses of ${pool} are given: give one back (DELETE)`);
      const { pod, target } = asked;
      const one = { address, ...(pod === undefined ? {} : { pod }), ...(target === undefined ? {} : { target }) };
      refuseLargeRecord(cluster, [...given, one]);
      await this.#store(cluster, [...given, one]);
      this.#keepProblems(name, new Map([[address, ""]]));
      this.#tell(name, `floating address ${address} is given to ${insideWords(one)}${askedFor(by)}`);
      return viewOf(one);
    });
    if (asked.pod !== undefined) await this.#look(knownCluster(this.#ledger, name), [asked.pod], this.#end.signal);
    return this.list(name).find(({ floating_ip }) => floating_ip === view.floating_ip) ?? view;
  }

  async remove(name: string, address: string, by: string): Promise<void> {
    await this.#parts.framework.change(async () => {
      const cluster = aliveCluster(this.#ledger, name);
      const given = cluster.spec.floatingIps ?? [];
      const rest = given.filter((one) => one.address !== address);
      if (rest.length === given.length) {
        const known = given.map((one) => one.address);
        throw new PartNotFoundError("floating address", `cluster "${name}"`, address, known);
      }
      await this.#store(cluster, rest);
      this.#tell(name, `floating address ${address} is given back${askedFor(by)}`);
    });
  }

  get #ledger() {
    return this.#parts.framework.parts.ledger;
  }

  #tell(cluster: string, words: string): void {
    this.#parts.framework.parts.logs.line("info", cluster, words);
  }

  async #store(cluster: ClusterRecord, floatingIps: readonly FloatingAddress[]): Promise<void> {
    const spec = { ...cluster.spec, floatingIps: [...floatingIps] };
    await this.#ledger.commit({ workload: { ...cluster, spec } });
  }

  /** Never rejects. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const clusters = clustersOf(this.#ledger.workloads()).filter(
        ({ deleting, spec }) => !deleting && spec.expect === "RUN" && podsOf(spec).length > 0,
      );
      const names = new Set(clusters.map(({ spec }) => spec.name));
      for (const known of [this.#problems, this.#unasked])
        for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      for (const cluster of clusters) this.#begin(cluster, signal);
      await this.#parts.clock.sleep(periodMs, signal).catch(() => {});
    }
  }

  /** Looks at all pods of the cluster, if it is not being looked at. */
  #begin(cluster: ClusterRecord, signal: AbortSignal): void {
    const { name } = cluster.spec;
    if (this.#rounds.has(name)) return;
    const round = this.#look(cluster, podsOf(cluster.spec), signal).finally(() => this.#rounds.delete(name));
    this.#rounds.set(name, round);
  }

  /** Never rejects: what cannot be stored now is looked at again. */
  async #look(cluster: ClusterRecord, pods: readonly PodName[], signal: AbortSignal): Promise<void> {
    const { spec } = cluster;
    const lookups = { client: this.#parts.client, cluster: spec.name, range: this.#parts.ranges(spec).pods };
    const seen = await lookUpPods(lookups, pods, signal);
    if (signal.aborted) return;
    try {
      await this.#apply(cluster, (pod) => seen.get(podKey(pod)));
    } catch (error) {
      if (!signal.aborted)
        this.#parts.logger.warning("what floating addresses lead to cannot be stored", { cluster: spec.name, error });
    }
  }

  async #apply({ spec: { name }, createdAtMs }: ClusterRecord, seenOf: (pod: PodName) => SeenPod | undefined) {
    const present = () => {
      const cluster = this.#ledger.workload(name);
      const isSame = cluster !== undefined && isCluster(cluster) && cluster.createdAtMs === createdAtMs;
      return isSame && !cluster.deleting ? cluster : undefined;
    };
    const now = () => followed(present()?.spec.floatingIps ?? [], seenOf);
    if (now().next === present()?.spec.floatingIps) {
      this.#tellProblems(name, now());
      return;
    }
    await this.#parts.framework.change(async () => {
      const cluster = present();
      const seen = now();
      const { next } = seen;
      const given = cluster?.spec.floatingIps;
      if (cluster === undefined || given === undefined) return;
      if (next !== given) await this.#store(cluster, next);
      for (const [index, one] of next.entries())
        if (one !== given[index] && one.target !== undefined)
          this.#tell(name, `floating address ${one.address} leads to ${one.target}, ${insideWords(one)}`);
      this.#tellProblems(name, seen, given);
    });
  }

  /** `before`: what the addresses were; absent where they are the same. */
  #tellProblems(cluster: string, { next, problems, unasked }: Followed, before = next): void {
    const known = this.#problems.get(cluster);
    const wasUnasked = this.#unasked.get(cluster) ?? "";
    if (unasked !== "") this.#unasked.set(cluster, unasked);
    else this.#unasked.delete(cluster);
    if ((unasked === "") !== (wasUnasked === ""))
      this.#tell(
        cluster,
        unasked === ""
          ? "floating addresses follow their pods again"
          : `floating addresses lead where they led, because pods cannot be asked for: ${unasked}`,
      );
    for (const [index, one] of next.entries()) {
      const problem = problems.get(one.address) ?? "";
      const last = known?.get(one.address);
      // A scheduler that takes over does not say again what is so.
      const isNew = one !== before[index] || (last !== undefined && last !== problem);
      if (problem !== "" && isNew && one.target === undefined && unasked === "")
        this.#tell(cluster, `floating address ${one.address} leads to nothing: ${insideWords(one)}: ${problem}`);
    }
    this.#keepProblems(cluster, problems);
  }

  #keepProblems(cluster: string, problems: ReadonlyMap<string, string>): void {
    this.#problems.set(cluster, new Map([...(this.#problems.get(cluster) ?? []), ...problems]));
  }
}

const podsOf = ({ floatingIps = [] }: ClusterSpec) => floatingIps.flatMap(({ pod }) => pod ?? []);

/** Throws a 409 where plans, stops and more nodes of the cluster would have no room any more. */
function refuseLargeRecord(cluster: ClusterRecord, given: readonly FloatingAddress[]): void {
  const bytes = floatingRecordBytes({ ...cluster, spec: { ...cluster.spec, floatingIps: [] } }, given);
  if (bytes <= maxFloatingRecordBytes) return;
  throw refused(
    409,
    `cluster "${cluster.spec.name}" has no room for floating address ${given.length}: what is stored of it would have ${bytes} bytes, and at most ${maxFloatingRecordBytes} are allowed: give one back (DELETE), or use another cluster`,
  );
}
