// Gives floating addresses, keeps them in the specifications of clusters, and lets each follow its pod. Gateways get them with their peers.
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { z } from "zod";
import type { Framework } from "../../framework/loop/framework.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import { type ClusterRecord, clustersOf, isCluster, knownCluster } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import {
  type AskedFloating,
  type FloatingAddress,
  followed,
  freeAddress,
  givenAlready,
  insideWords,
  isInPool,
  type PodName,
} from "../network/floating-spec.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";
import { common } from "../ranges/range-checks.ts";
import { aliveCluster, askedFor } from "../requests/known-nodes.ts";
import type { FloatingService, FloatingView } from "./floating-service.ts";

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
const answerMs = 5_000;

const podSchema = z.object({
  metadata: z.object({ deletionTimestamp: z.string().optional() }),
  status: z.object({ podIP: z.ipv4().optional() }).optional(),
});

const refused = (status: number, message: string) => new CkeError("floating_refused", message, { status });

const viewOf = ({ address, pod, target = "" }: FloatingAddress): FloatingView => ({
  floating_ip: address,
  pod: pod === undefined ? "" : `${pod.namespace}/${pod.name}`,
  address: target,
});

export class FloatingAddresses implements FloatingService {
  readonly #parts: FloatingAddressesParts;
  readonly #end = new AbortController();
  readonly #problems = new Map<string, string>();
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
  }

  list(cluster: string): readonly FloatingView[] {
    return (knownCluster(this.#ledger, cluster).spec.floatingIps ?? []).map(viewOf);
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
      await this.#store(cluster, [...given, one]);
      this.#tell(name, `floating address ${address} is given to ${insideWords(one)}${askedFor(by)}`);
      return viewOf(one);
    });
    await this.#look(knownCluster(this.#ledger, name), this.#end.signal).catch(() => {});
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
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const clusters = clustersOf(this.#ledger.workloads()).filter(
        ({ deleting, spec }) => !deleting && spec.expect === "RUN" && spec.floatingIps?.some(({ pod }) => pod),
      );
      await Promise.all(
        clusters.map(async (cluster) => {
          const { name } = cluster.spec;
          try {
            await this.#look(cluster, signal);
            this.#problems.delete(name);
          } catch (error) {
            this.#note(name, messageOf(error), signal);
          }
        }),
      );
      await clock.sleep(periodMs, signal).catch(() => {});
    }
  }

  /** What fails is logged once: the addresses lead where they led. */
  #note(cluster: string, problem: string, signal: AbortSignal): void {
    if (signal.aborted || this.#problems.has(cluster)) return;
    this.#problems.set(cluster, problem);
    this.#parts.logger.warning("the pods of floating addresses cannot be looked up", { cluster, problem });
  }

  async #look({ spec, createdAtMs }: ClusterRecord, signal: AbortSignal): Promise<void> {
    const pods = (spec.floatingIps ?? []).flatMap(({ pod }) => pod ?? []);
    const found = await Promise.all(
      pods.map(async (pod) => [keyOf(pod), await this.#addressOf(spec.name, pod, signal)] as const),
    );
    const addresses = new Map(found);
    // A pod that was not asked for yet keeps what it has.
    const lookUp = (given: readonly FloatingAddress[]) =>
      followed(given, (pod) => {
        const known = given.find((one) => one.pod !== undefined && keyOf(one.pod) === keyOf(pod))?.target;
        return addresses.has(keyOf(pod)) ? addresses.get(keyOf(pod)) : known;
      });
    const before = spec.floatingIps ?? [];
    if (lookUp(before) === before) return;
    await this.#parts.framework.change(async () => {
      const present = this.#ledger.workload(spec.name);
      if (present === undefined || !isCluster(present) || present.deleting || present.createdAtMs !== createdAtMs)
        return;
      const given = present.spec.floatingIps ?? [];
      const next = lookUp(given);
      if (next === given) return;
      await this.#store(present, next);
      for (const [index, one] of next.entries())
        if (one !== given[index]) this.#tell(spec.name, `floating address ${one.address} leads to ${whereWords(one)}`);
    });
  }

  /** Undefined for a pod that is not there, ends, or has no address yet. */
  async #addressOf(cluster: string, { namespace, name }: PodName, signal: AbortSignal): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    try {
      const answer = await this.#parts.client.request(cluster, { method: "GET", path, signal, timeoutMs: answerMs });
      const { metadata, status } = podSchema.parse(answer);
      return metadata.deletionTimestamp === undefined ? status?.podIP : undefined;
    } catch (error) {
      if (error instanceof KubernetesApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}

const keyOf = ({ namespace, name }: PodName) => `${namespace}/${name}`;
const whereWords = (one: FloatingAddress) =>
  one.target === undefined ? `nothing: ${insideWords(one)} has no address` : `${one.target}, ${insideWords(one)}`;
